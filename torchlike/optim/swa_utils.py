"""Averages of the parameters that a training passes through."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from torchlike import dtypes
from torchlike.autograd.modes import no_grad
from torchlike.nn.batchnorm import _BatchNorm
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.optim.lr_scheduler.scheduler import LRScheduler, for_each_group, warn_outside_of_step
from torchlike.optim.optimizer import Optimizer
from torchlike.tensors.tensor import Tensor

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _can_lerp(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """The exponential average, `a = decay * a + (1 - decay) * p`, of lists of tensors in place.

    Raises:
        ValueError: if `decay` is not between 0 and 1.
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(averaged: list, current: list, _: Any) -> None:
        for mean, param in zip(averaged, current, strict=True):
            if _can_lerp(averaged[0]):
                mean.lerp_(param, 1 - decay)
            else:
                mean.copy_(mean * decay + param * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable:
    """The equal average, `a = a + (p - a) / (n + 1)`, of lists of tensors in place."""

    @no_grad()
    def swa_update(averaged: list, current: list, num_averaged: Any) -> None:
        for mean, param in zip(averaged, current, strict=True):
            if _can_lerp(averaged[0]):
                mean.lerp_(param, 1 / (num_averaged + 1))
            elif isinstance(num_averaged, Tensor):
                mean.addcdiv_(param - mean, num_averaged + 1)
            else:
                mean.add_(param - mean, alpha=1.0 / (num_averaged + 1))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """The exponential average, `decay * a + (1 - decay) * p`, of one tensor.

    Raises:
        ValueError: if `decay` is not between 0 and 1.
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        return decay * averaged + (1 - decay) * current

    return ema_update


def get_swa_avg_fn() -> Callable:
    """The equal average, `a + (p - a) / (n + 1)`, of one tensor."""

    @no_grad()
    def swa_update(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        return averaged + (current - averaged) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are the average of those that `update_parameters` was shown.

    Args:
        model: is copied.
        device: where the copy is to be.
        avg_fn: `avg_fn(average, parameter, n)` gives the new average.
        multi_avg_fn: `multi_avg_fn(averages, parameters, n)` writes them. Without either, all count the same.
        use_buffers: average the buffers too; else they are copied.

    Raises:
        AssertionError: if both functions are given.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html.

    Example:
        >>> import torchlike as torch
        >>> model = torch.nn.Linear(1, 1, bias=False)
        >>> averaged = torch.optim.swa_utils.AveragedModel(model)
        >>> for x in (1.0, 2.0, 6.0):
        ...     _ = torch.nn.init.constant_(model.weight, x)
        ...     averaged.update_parameters(model)
        >>> averaged.module.weight.item()
        3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable | None = None,
        multi_avg_fn: Callable | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", torch.tensor(0, dtype=dtypes.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged copy gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's parameters into the average."""
        own: Iterable = self.module.parameters()
        shown: Iterable = model.parameters()
        if self.use_buffers:
            own, shown = chain(own, self.module.buffers()), chain(shown, model.buffers())
        pairs = [
            (mean.detach(), param.detach().to(mean.device)) for mean, param in zip(own, shown, strict=False)
        ]
        if self.n_averaged == 0:
            for mean, param in pairs:
                mean.copy_(param)
        elif self.multi_avg_fn is None:
            average = self.avg_fn or get_swa_avg_fn()
            for mean, param in pairs:
                mean.copy_(average(mean, param, self.n_averaged.to(mean.device)))
        else:
            alike: dict[Any, list] = {}
            for mean, param in pairs:
                alike.setdefault((mean.device, mean.dtype), []).append((mean, param))
            for (device, _), some in alike.items():
                means, params = zip(*some, strict=True)
                self.multi_avg_fn(list(means), list(params), self.n_averaged.to(device))
        if not self.use_buffers:
            for mean, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
                mean.detach().copy_(buffer.detach().to(mean.device))
        self.n_averaged += 1


@no_grad()
def update_bn(loader: Iterable, model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch normalizations anew.

    Args:
        loader: the batches; of one that is a list or a tuple, the first element is the model's input.
        model: whose they are.
        device: where batches are to be moved.
    """
    layers = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    was_training = model.training
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    for batch in loader:
        if isinstance(batch, (list, tuple)):
            batch = batch[0]
        model(batch if device is None else batch.to(device))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From each group's learning rate to `swa_lr` in `anneal_epochs` steps, then constant.

    Args:
        optimizer: see `LRScheduler`.
        swa_lr: a number, or a list with one for each group.
        anneal_epochs: the number of steps.
        anneal_strategy: `"cos"` or `"linear"`.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: if another strategy, a negative number or a list of another length is given.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.swa_utils.SWALR(optimizer, 0.25, anneal_epochs=2, anneal_strategy="linear")
        >>> for epoch in range(3):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5]
        1 [0.375]
        2 [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = for_each_group("swa_lr", optimizer, swa_lr)
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """How much of the way is done when `t` of the steps are."""
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list:
        """Work out the learning rate of each group; for `step` to call."""
        warn_outside_of_step(self)
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        steps = max(1, self.anneal_epochs)
        before = self.anneal_func(max(0, min(1, (step - 1) / steps)))
        now = self.anneal_func(max(0, min(1, step / steps)))
        rates = []
        for group in self.optimizer.param_groups:
            final = group["swa_lr"]
            first = final if before == 1 else (group["lr"] - before * final) / (1 - before)
            rates.append(final * now + first * (1 - now))
        return rates
