"""Schedules by a function of the user's."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from torchlike.optim.lr_scheduler.scheduler import LRScheduler, of_each_group, warn_outside_of_step
from torchlike.optim.optimizer import Optimizer

__all__ = ["LambdaLR", "MultiplicativeLR"]


class _ByFunctions(LRScheduler):
    """One function for each group; `state_dict` has the attributes of those that are objects."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        count = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            self.lr_lambdas = [lr_lambda] * count
        elif len(lr_lambda) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
        else:
            self.lr_lambdas = list(lr_lambda)
        self._check()
        super().__init__(optimizer, last_epoch)

    def _check(self) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and the functions; of those that are objects, their attributes."""
        state = super().state_dict()
        del state["lr_lambdas"]
        state["lr_lambdas"] = [
            None if isinstance(fn, types.FunctionType) else fn.__dict__.copy() for fn in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` gave; the functions themselves stay."""
        attributes = state_dict["lr_lambdas"]
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for i, own in enumerate(attributes):
            if own is not None:
                self.lr_lambdas[i].__dict__.update(own)


class LambdaLR(_ByFunctions):
    """`lr = initial_lr * lr_lambda(epoch)`.

    Args:
        optimizer: see `LRScheduler`.
        lr_lambda: a function of the epoch's number, or a list with one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: if there are not as many functions as groups.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`; for `step` to call."""
        warn_outside_of_step(self)
        return [base * fn(self.last_epoch) for fn, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_ByFunctions):
    """`lr = lr * lr_lambda(epoch)`.

    Args:
        optimizer: see `LRScheduler`.
        lr_lambda: a function of the epoch's number, or a list with one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: if there are not as many functions as groups.
        TypeError: if one of them cannot be called.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _check(self) -> None:
        for fn in self.lr_lambdas:
            if not callable(fn):
                raise TypeError(f"lr_lambda should be a function, but got {type(fn).__name__}")

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`; for `step` to call."""
        warn_outside_of_step(self)
        if self._is_initial:
            return of_each_group(self.optimizer, "lr")
        return [
            group["lr"] * fn(self.last_epoch)
            for fn, group in zip(self.lr_lambdas, self.optimizer.param_groups, strict=True)
        ]
