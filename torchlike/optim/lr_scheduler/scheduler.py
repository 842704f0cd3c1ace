"""`LRScheduler`: what every schedule has around its formula."""

from __future__ import annotations

import functools
import math
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torchlike.nn.declared import torch
from torchlike.optim.optimizer import Optimizer, ParamGroup
from torchlike.tensors.tensor import Tensor

__all__ = [
    "EPOCH_DEPRECATION_WARNING",
    "LRScheduler",
    "check_optimizer",
    "for_each_group",
    "of_each_group",
    "put",
    "rounded",
    "warn_outside_of_step",
]

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being "
    "deprecated where possible. Please use `scheduler.step()` to step the "
    "scheduler. During the deprecation, if epoch is different from None, the "
    "closed form is used instead of the new chainable form, where available. "
    "Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)


class LRScheduler:
    """Base class of the schedules: `step()` gives every parameter group its next learning rate.

    A subclass defines `get_lr`, and `_get_closed_form_lr` if it has a formula for any epoch.

    Args:
        optimizer: whose learning rates are to be set.
        last_epoch: how many steps were taken already, less one; -1 begins. To go on from a checkpoint, the
            groups need the `initial_lr` that a first scheduler has left there.

    Attributes:
        optimizer: as given.
        base_lrs: each group's `initial_lr`.
        last_epoch: the number of the last step.

    Raises:
        TypeError: if `optimizer` is none.
        KeyError: if `last_epoch` is given and a group has no `initial_lr`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html.

    Example:
        >>> import torchlike as torch
        >>> class Halving(torch.optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [lr * 0.5**self.last_epoch for lr in self.base_lrs]
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.8)
        >>> scheduler = Halving(optimizer)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.4]
    """

    optimizer: Optimizer
    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copy(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0.\n"
                    "This typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly loaded the "
                    "optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )
        self.base_lrs = of_each_group(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        with _set(self, "_is_initial"):
            self.step()

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` gave."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list:
        """The learning rates that the last step has set, copies where they are tensors."""
        return self._last_lr

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`; for `step` to call."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Set the next learning rates; call it after the optimizer's `step`.

        Args:
            epoch: deprecated: go to this epoch, by the closed formula where there is one.

        Warns:
            UserWarning: if the first step comes before one of the optimizer's, or `epoch` is given.
        """
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warnings.warn(
                    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
                    "initialization. Please, make sure to call `optimizer.step()` before "
                    "`lr_scheduler.step()`. See more details at "
                    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
                    UserWarning,
                    stacklevel=2,
                )
            elif not getattr(self.optimizer, "_opt_called", False):
                warnings.warn(
                    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. "
                    "In PyTorch 1.1.0 and later, you should call them in the opposite order: "
                    "`optimizer.step()` before `lr_scheduler.step()`.  Failure to do this "
                    "will result in PyTorch skipping the first value of the learning rate schedule. "
                    "See more details at "
                    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
                    UserWarning,
                    stacklevel=2,
                )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with _enable_get_lr_call(self):
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                closed_form = getattr(self, "_get_closed_form_lr", self.get_lr)
                rates = closed_form()
        self._set_rates(rates)

    def _set_rates(self, rates: list) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, "lr", rate)
        self._last_lr = of_each_group(self.optimizer, "lr")


class _LRScheduler(LRScheduler):
    """The base class by its old name."""


@contextmanager
def _set(scheduler: LRScheduler, flag: str) -> Iterator[LRScheduler]:
    """The flag is True within."""
    setattr(scheduler, flag, True)
    try:
        yield scheduler
    finally:
        setattr(scheduler, flag, False)


def _enable_get_lr_call(scheduler: LRScheduler) -> Any:
    """Within, `get_lr` does not warn. Schedules written after PyTorch's import this."""
    return _set(scheduler, "_get_lr_called_within_step")


def warn_outside_of_step(scheduler: LRScheduler) -> None:
    """Warn of a call of `get_lr` that is not `step`'s."""
    if not scheduler._get_lr_called_within_step:
        warnings.warn(
            "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
            UserWarning,
            stacklevel=3,
        )


def _note_steps(optimizer: Optimizer) -> None:
    """Have the optimizer's `step` leave a mark, by which a scheduler sees that it has been called."""
    step = optimizer.step
    if hasattr(step, "_wrapped_by_lr_sched"):
        return
    to = weakref.ref(optimizer)
    function = step.__func__  # type: ignore[attr-defined]

    @functools.wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        optimizer: Any = to()
        optimizer._opt_called = True
        return function(optimizer, *args, **kwargs)

    noting._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = noting  # type: ignore[method-assign]


def check_optimizer(optimizer: Any) -> None:
    """Raise PyTorch's error for what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def of_each_group(optimizer: Optimizer, key: str) -> list:
    """An option of each group, copies where they are tensors."""
    return [_copy(group[key]) for group in optimizer.param_groups]


def for_each_group(name: str, optimizer: Optimizer, value: Any) -> list:
    """An argument that may be one for all groups, as a list with one for each."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        value = [value] * count
    elif len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {count}."
        )
    return [_copy(one) for one in value]


def rounded(product: Any) -> Any:
    """A product that is to be added to: of tensors, XLA would fuse both, and PyTorch rounds in between."""
    return torch.where(product == product, product, math.nan) if isinstance(product, Tensor) else product


def put(group: ParamGroup, key: str, value: Any) -> None:
    """Set an option of a group: a tensor is written to, a number replaced."""
    held = group[key]
    if isinstance(held, Tensor):
        held.fill_(value.squeeze() if isinstance(value, Tensor) and value.dim() != 0 else value)
    else:
        group[key] = value
