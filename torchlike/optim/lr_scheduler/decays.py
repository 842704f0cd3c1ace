"""Schedules that multiply the learning rate by a factor, at every step or at some.

They go on from the group's learning rate, so that several schedules can act on one optimizer; the order of
operations is PyTorch's, since the digits of a hundred such steps depend on it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from torchlike.optim.lr_scheduler.scheduler import LRScheduler, of_each_group, warn_outside_of_step
from torchlike.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


class _Decay(LRScheduler):
    """`lr = lr * factor`, the factor being `_factor()`; None leaves the learning rate."""

    def _factor(self) -> float | None:
        raise NotImplementedError

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`; for `step` to call."""
        warn_outside_of_step(self)
        factor = self._factor()
        if factor is None:
            return of_each_group(self.optimizer, "lr")
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class StepLR(_Decay):
    """`lr = lr * gamma` at every `step_size`-th epoch.

    Args:
        optimizer: see `LRScheduler`.
        step_size: after how many epochs the learning rate decays.
        gamma: by what.
        last_epoch: see `LRScheduler`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        >>> for epoch in range(4):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5]
        1 [0.5]
        2 [0.25]
        3 [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return None
        return self.gamma

    def _get_closed_form_lr(self) -> list:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(_Decay):
    """`lr = lr * gamma` at each of the `milestones`.

    Args:
        optimizer: see `LRScheduler`.
        milestones: numbers of epochs; at one that is given n times, the factor is `gamma**n`.
        gamma: by what the learning rate decays.
        last_epoch: see `LRScheduler`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
        >>> for epoch in range(4):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5]
        1 [0.25]
        2 [0.25]
        3 [0.125]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self.last_epoch not in self.milestones:
            return None
        return self.gamma ** self.milestones[self.last_epoch]

    def _get_closed_form_lr(self) -> list:
        milestones = sorted(self.milestones.elements())
        return [base * self.gamma ** bisect_right(milestones, self.last_epoch) for base in self.base_lrs]


class ConstantLR(_Decay):
    """`lr = initial_lr * factor` before epoch `total_iters`, `initial_lr` from then on.

    Args:
        optimizer: see `LRScheduler`.
        factor: between 0 and 1.
        total_iters: for how many epochs.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: if `factor` is not between 0 and 1.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> for epoch in range(3):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.25]
        1 [0.25]
        2 [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else None

    def _get_closed_form_lr(self) -> list:
        return [
            base * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor))
            for base in self.base_lrs
        ]


class LinearLR(_Decay):
    """`lr = initial_lr * f`, f going linearly from `start_factor` to `end_factor` in `total_iters` epochs.

    Args:
        optimizer: see `LRScheduler`.
        start_factor: greater than 0, at most 1.
        end_factor: between 0 and 1.
        total_iters: the number of epochs; afterwards the learning rate stays.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: if a factor is not as said.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> for epoch in range(3):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.25]
        1 [0.375]
        2 [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
            )
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return None
        difference = self.end_factor - self.start_factor
        return 1.0 + difference / (self.total_iters * self.start_factor + (self.last_epoch - 1) * difference)

    def _get_closed_form_lr(self) -> list:
        return [
            base
            * (
                self.start_factor
                + (self.end_factor - self.start_factor)
                * min(self.total_iters, self.last_epoch)
                / self.total_iters
            )
            for base in self.base_lrs
        ]


class ExponentialLR(_Decay):
    """`lr = lr * gamma` at every epoch.

    Args:
        optimizer: see `LRScheduler`.
        gamma: by what the learning rate decays.
        last_epoch: see `LRScheduler`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        return None if self._is_initial else self.gamma

    def _get_closed_form_lr(self) -> list:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(_Decay):
    """`lr = initial_lr * (1 - epoch / total_iters) ** power`, 0 from epoch `total_iters` on.

    Args:
        optimizer: see `LRScheduler`.
        total_iters: the number of epochs.
        power: as in the formula.
        last_epoch: see `LRScheduler`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=2)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float | None:
        if self._is_initial or self.last_epoch > self.total_iters:
            return None
        left = 1.0 - self.last_epoch / self.total_iters
        return (left / (1.0 - (self.last_epoch - 1) / self.total_iters)) ** self.power

    def _get_closed_form_lr(self) -> list:
        passed = min(self.total_iters, self.last_epoch)
        return [base * (1.0 - passed / self.total_iters) ** self.power for base in self.base_lrs]
