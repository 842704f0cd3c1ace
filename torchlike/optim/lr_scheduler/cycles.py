"""Schedules of cycles, in which the momentum falls where the learning rate rises."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from functools import partial
from typing import Any

from torchlike.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    for_each_group,
    put,
    rounded,
    warn_outside_of_step,
)
from torchlike.optim.optimizer import Optimizer, ParamGroup

__all__ = ["CyclicLR", "OneCycleLR"]


def _set_momentum(scheduler: CyclicLR | OneCycleLR, group: ParamGroup, momentum: float) -> None:
    if scheduler.use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def _begin_momentum(
    scheduler: CyclicLR | OneCycleLR, base_momentum: Any, max_momentum: Any, last_epoch: int
) -> tuple[list, list]:
    """Begin to cycle the momentum, which is the first of the betas if the optimizer has such.

    Returns:
        The least and the largest momentum of each group.

    Raises:
        ValueError: if the optimizer has no momentum.
    """
    optimizer = scheduler.optimizer
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
    scheduler.use_beta1 = "betas" in optimizer.defaults
    least = for_each_group("base_momentum", optimizer, base_momentum)
    largest = for_each_group("max_momentum", optimizer, max_momentum)
    if last_epoch == -1:
        for group, low, high in zip(optimizer.param_groups, least, largest, strict=True):
            _set_momentum(scheduler, group, high)
            group["max_momentum"] = high
            group["base_momentum"] = low
    return least, largest


class CyclicLR(LRScheduler):
    """Up from `base_lr` to `max_lr` and down again, over and over, by a step at every batch.

    `lr = base_lr + (max_lr - base_lr) * h * scale`, `h` going linearly from 0 to 1 and back in a cycle. The
    scale is 1, `1 / 2**(cycle - 1)` or `gamma**iteration`, by `mode`. Smith (2017),
    https://arxiv.org/abs/1506.01186.

    Args:
        optimizer: see `LRScheduler`.
        base_lr: the least learning rate, or a list with one for each group.
        max_lr: the largest, likewise.
        step_size_up: the steps on the way up.
        step_size_down: those on the way down, if they are not as many.
        mode: `"triangular"`, `"triangular2"` or `"exp_range"`: which scale.
        gamma: as in the formula.
        scale_fn: another scale: a function of the cycle's number or of the iteration's.
        scale_mode: `"cycle"` or `"iterations"`: which of them `scale_fn` takes.
        cycle_momentum: let the momentum (the first of the betas) go from `max_momentum` to `base_momentum`
            and back.
        base_momentum, max_momentum: numbers, or lists with one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        TypeError: if `optimizer` is none.
        ValueError: if `mode` is unknown, a list not of the groups' number, or there is no momentum to cycle.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5, momentum=0.9)
        >>> scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, 0.25, 0.75, step_size_up=2)
        >>> for batch in range(5):
        ...     print(batch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.25]
        1 [0.5]
        2 [0.75]
        3 [0.5]
        4 [0.25]
    """

    use_beta1: bool

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for rate, group in zip(base_lrs, optimizer.param_groups, strict=True):
                put(group, "lr", rate)
        self.max_lrs = for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        down = float(step_size_down) if step_size_down is not None else up
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_ref: Callable[[float], float]
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        self._init_scale_fn()
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = _begin_momentum(
                self, base_momentum, max_momentum, last_epoch
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _init_scale_fn(self) -> None:
        if self._scale_fn_custom is not None:
            return
        if self.mode == "triangular":
            self._scale_fn_ref = _full
            self.scale_mode = "cycle"
        elif self.mode == "triangular2":
            self._scale_fn_ref = _halved
            self.scale_mode = "cycle"
        elif self.mode == "exp_range":
            self._scale_fn_ref = partial(_power, self.gamma)
            self.scale_mode = "iterations"

    def scale_fn(self, x: float) -> float:
        """The scale of a cycle or of an iteration."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return self._scale_fn_ref(x)

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`, and set the momentum; for `step` to call."""
        warn_outside_of_step(self)
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale_at = cycle if self.scale_mode == "cycle" else self.last_epoch
        rates = [
            base + rounded((largest - base) * height * self.scale_fn(scale_at))
            for base, largest in zip(self.base_lrs, self.max_lrs, strict=True)
        ]
        if self.cycle_momentum:
            momentums = [
                largest - (largest - base) * height * self.scale_fn(scale_at)
                for base, largest in zip(self.base_momentums, self.max_momentums, strict=True)
            ]
            for group, momentum in zip(self.optimizer.param_groups, momentums, strict=True):
                _set_momentum(self, group, momentum)
        return rates

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and the scale; if that is an object, its attributes."""
        state = super().state_dict()
        state.pop("_scale_fn_ref", None)
        fn = state.pop("_scale_fn_custom")
        is_object = fn is not None and not isinstance(fn, types.FunctionType)
        state["_scale_fn_custom"] = fn.__dict__.copy() if is_object else None
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` gave; a scale that is a function stays."""
        attributes = state_dict["_scale_fn_custom"]
        super().load_state_dict(
            {key: value for key, value in state_dict.items() if key != "_scale_fn_custom"}
        )
        if attributes is not None:
            self._scale_fn_custom.__dict__.update(attributes)
        self._init_scale_fn()


def _full(cycle: float) -> float:
    return 1.0


def _halved(cycle: float) -> float:
    return 1 / 2.0 ** (cycle - 1)


def _power(gamma: float, iteration: float) -> float:
    return gamma**iteration


class OneCycleLR(LRScheduler):
    """Up from `max_lr / div_factor` to `max_lr`, then down to `max_lr / div_factor / final_div_factor`.

    The momentum goes down and up meanwhile. One step is one batch. Smith and Topin (2019),
    https://arxiv.org/abs/1708.07120.

    Args:
        optimizer: see `LRScheduler`.
        max_lr: the largest learning rate, or a list with one for each group.
        total_steps: the number of steps of the cycle; else it is `epochs * steps_per_epoch`.
        epochs, steps_per_epoch: see `total_steps`.
        pct_start: which part of the cycle goes up.
        anneal_strategy: `"cos"`, along half a wave of the cosine, or `"linear"`.
        cycle_momentum: let the momentum (the first of the betas) go from `max_momentum` to `base_momentum`
            and back.
        base_momentum, max_momentum: numbers, or lists with one for each group.
        div_factor, final_div_factor: as in the formula.
        three_phase: come down to where it began as fast as it went up, and then to the end.
        last_epoch: see `LRScheduler`.

    Raises:
        TypeError: if `optimizer` is none.
        ValueError: if the number of steps is missing or not positive, another argument not as said, or there
            is no momentum to cycle; by `step()`, after the last step.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.5, momentum=0.9)
        >>> scheduler = torch.optim.lr_scheduler.OneCycleLR(
        ...     optimizer, 1.0, total_steps=5, pct_start=0.6, anneal_strategy="linear", div_factor=2.0
        ... )
        >>> for batch in range(4):
        ...     print(batch, scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"])
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5] 0.95
        1 [0.75] 0.8999999999999999
        2 [1.0] 0.85
        3 [0.5000249999999999] 0.8999999999999999
    """

    use_beta1: bool

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        if total_steps is not None:
            if total_steps <= 0 or not isinstance(total_steps, int):
                raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
            self.total_steps = total_steps
        elif epochs is not None and steps_per_epoch is not None:
            if not isinstance(epochs, int) or epochs <= 0:
                raise ValueError(f"Expected positive integer epochs, but got {epochs}")
            if not isinstance(steps_per_epoch, int) or steps_per_epoch <= 0:
                raise ValueError(f"Expected positive integer steps_per_epoch, but got {steps_per_epoch}")
            self.total_steps = epochs * steps_per_epoch
        else:
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        last = self.total_steps - 1
        up = _phase(float(pct_start * self.total_steps) - 1, "initial_lr max_lr max_momentum base_momentum")
        if three_phase:
            self._schedule_phases = [
                up,
                _phase(
                    float(2 * pct_start * self.total_steps) - 2,
                    "max_lr initial_lr base_momentum max_momentum",
                ),
                _phase(last, "initial_lr min_lr max_momentum max_momentum"),
            ]
        else:
            self._schedule_phases = [up, _phase(last, "max_lr min_lr base_momentum max_momentum")]
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in _ANNEALING:
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        rates = for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, largest in zip(optimizer.param_groups, rates, strict=True):
                group["initial_lr"] = largest / div_factor
                group["max_lr"] = largest
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            _begin_momentum(self, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list:
        """Work out the learning rate of each group at `last_epoch`, and set the momentum; for `step` to call."""
        warn_outside_of_step(self)
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is {self.total_steps}"
            )
        start = 0.0
        phase = self._schedule_phases[0]
        for phase in self._schedule_phases:
            if step <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            start = phase["end_step"]
        part = (step - start) / (phase["end_step"] - start)
        anneal = _ANNEALING[self._anneal_func_type]
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(anneal(group[phase["start_lr"]], group[phase["end_lr"]], part))
            if self.cycle_momentum:
                momentum = anneal(group[phase["start_momentum"]], group[phase["end_momentum"]], part)
                _set_momentum(self, group, momentum)
        return rates


def _phase(end_step: float, options: str) -> dict[str, Any]:
    """A part of the cycle: where it ends, and which options of a group it goes between."""
    names = ("start_lr", "end_lr", "start_momentum", "end_momentum")
    return {"end_step": end_step, **dict(zip(names, options.split(), strict=True))}


def _along_a_cosine(start: Any, end: Any, part: float) -> Any:
    return end + rounded((start - end) / 2.0 * (math.cos(math.pi * part) + 1))


def _along_a_line(start: Any, end: Any, part: float) -> Any:
    return rounded((end - start) * part) + start


_ANNEALING: dict[str, Callable[[Any, Any, float], Any]] = {"cos": _along_a_cosine, "linear": _along_a_line}
