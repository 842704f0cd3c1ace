"""Schedules along half a wave of the cosine."""

from __future__ import annotations

import math

from torchlike.optim.lr_scheduler.scheduler import (
    LRScheduler,
    _enable_get_lr_call,
    of_each_group,
    rounded,
    warn_outside_of_step,
)
from torchlike.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """`lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2`.

    It is worked out from the learning rate before, so that other schedules can act on it too. Loshchilov and
    Hutter (2017), https://arxiv.org/abs/1608.03983.

    Args:
        optimizer: see `LRScheduler`.
        T_max: the number of epochs down to `eta_min`; in as many the learning rate rises again.
        eta_min: the least learning rate.
        last_epoch: see `LRScheduler`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
        >>> for epoch in range(3):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5]
        1 [0.25]
        2 [0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`; for `step` to call."""
        warn_outside_of_step(self)
        if self._is_initial:
            return of_each_group(self.optimizer, "lr")
        epoch, half, least = self.last_epoch, self.T_max, self.eta_min
        groups = self.optimizer.param_groups
        if self._step_count == 1 and epoch > 0:
            return [
                least + (base - least) * (1 + math.cos(epoch * math.pi / half)) / 2 for base in self.base_lrs
            ]
        if (epoch - 1 - half) % (2 * half) == 0:
            # The wave's lowest point, at which the quotient below is 0 / 0.
            return [
                group["lr"] + (base - least) * (1 - math.cos(math.pi / half)) / 2
                for base, group in zip(self.base_lrs, groups, strict=True)
            ]
        factor = (1 + math.cos(math.pi * epoch / half)) / (1 + math.cos(math.pi * (epoch - 1) / half))
        return [rounded(factor * (group["lr"] - least)) + least for group in groups]

    def _get_closed_form_lr(self) -> list:
        cosine = math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * (1 + cosine) / 2 for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """`lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2`, begun anew after `T_i` epochs.

    Loshchilov and Hutter (2017), https://arxiv.org/abs/1608.03983.

    Args:
        optimizer: see `LRScheduler`.
        T_0: the number of epochs to the first restart.
        T_mult: how much longer each round is than the one before.
        eta_min: the least learning rate.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: if `T_0` or `T_mult` is no positive integer, or `eta_min` no number.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5)
        >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
        >>> for epoch in range(3):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5]
        1 [0.25]
        2 [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `T_cur`; for `step` to call."""
        warn_outside_of_step(self)
        cosine = math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * (1 + cosine) / 2 for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the next learning rates.

        Args:
            epoch: go to this epoch, which may be a fraction: `epoch + batch / batches`.

        Raises:
            ValueError: if `epoch` is negative.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur = self.T_cur + 1
            if self.T_cur >= self.T_i:
                self.T_cur = self.T_cur % self.T_i
                self.T_i = self.T_i * self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        elif epoch < self.T_0:
            self.T_i = self.T_0
            self.T_cur = epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            rounds = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**rounds - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**rounds
        self.last_epoch = math.floor(epoch)
        with _enable_get_lr_call(self):
            rates = self.get_lr()
        self._set_rates(rates)
