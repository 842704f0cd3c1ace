"""`Stepwise`: what optimizers share whose state counts the steps of each parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import enable_grad
from torchlike.engine import Value, from_host
from torchlike.errors import missing
from torchlike.nn.declared import torch
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import Optimizer, ParamGroup, check_fused, rounds, with_gradient
from torchlike.tensors.host_memory import settled
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.writes import write

__all__ = ["Stepwise", "check_betas", "check_lr", "check_not_negative", "check_one_element"]

_DEVICES = ["cuda", "xpu", "hpu", "privateuseone"]


class Stepwise(Optimizer):
    """Base class of optimizers that count the steps of each parameter.

    All parameters of a group that have taken the same steps are updated by one operator: it takes their values, the
    shared ones, which are of no dimensions, and the hyperparameters, and gives all but the last anew.
    """

    # The operator: see `Update`.
    _operator: ClassVar[Update]
    # State of no dimensions that parameters which began together have in common, and what it is at first.
    _shared: ClassVar[dict[str, float]] = {"step": 0.0}
    # Options that checkpoints of older versions lack.
    _added: ClassVar[dict[str, Any]] = {
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
    }
    # What PyTorch says that `capturable` needs on a device, and whether it takes XLA's: without `foreach`, with.
    _captured = ("params and state_steps", "params and state_steps")
    _on_xla = (True, False)

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        """The names of a parameter's own state, in order."""
        raise NotImplementedError

    def _numbers(self, group: ParamGroup, params: list) -> list:
        """The hyperparameters, as inputs of the operator."""
        raise NotImplementedError

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        """What the operator is compiled for."""
        raise NotImplementedError

    def _check(self, group: ParamGroup, params: list) -> None:
        """Raise for parameters that cannot be updated."""

    def _first(self, group: ParamGroup, param: Any) -> dict[str, Any]:
        """A parameter's own state before its first step."""
        return {name: torch.zeros_like(param) for name in self._names(group, param)}

    def _first_shared(self, group: ParamGroup) -> dict[str, float]:
        return self._shared

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._is_joined = False
        for group in self.param_groups:
            for option, default in self._added.items():
                group.setdefault(option, default)
            for param in group["params"]:
                own = self.state.get(param) or {}
                for name in own.keys() & self._shared.keys():
                    # Checkpoints of older versions have numbers there.
                    if not isinstance(own[name], Tensor):
                        own[name] = torch.tensor(float(own[name]), dtype=_count_dtype(group))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient.

        Args:
            closure: computes the loss and its gradients anew.

        Returns:
            What the closure gave.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            params = with_gradient(group["params"])
            if not params:
                continue
            if group.get("capturable"):
                self._refuse_capturable(params[0], group)
            self._check(group, params)
            numbers = self._numbers(group, params)
            switches = self._switches(group)
            for part in rounds(params):
                for shared, rows in self._together(group, part).values():
                    self._update(group, shared, rows, numbers, switches)
        return loss

    def _begin(self, group: ParamGroup, params: list) -> None:
        """Make the state of parameters that have none."""
        values = {
            name: from_host(np.full((), first, _count_dtype(group).np))
            for name, first in self._first_shared(group).items()
        }
        for param in params:
            if group.get("fused"):
                check_fused(param)
            self.state[param].update({name: wrap(value) for name, value in values.items()})
            self.state[param].update(self._first(group, param))

    def _together(
        self, group: ParamGroup, params: list
    ) -> dict[tuple[int, ...], tuple[list[Value], list[tuple[Any, dict]]]]:
        """The parameters with their state by their shared values, with state made for those that have none.

        Parameters that have taken the same steps share one value for their count, so that a program has one
        count to advance and not one for each of them.
        """
        rows = [(param, self.state[param]) for param in params]
        if new := [param for param, state in rows if not state]:
            self._begin(group, new)
        if not getattr(self, "_is_joined", True):
            self._join()
        parts: dict[tuple[int, ...], tuple[list[Value], list[tuple[Any, dict]]]] = {}
        for row in rows:
            shared = [row[1][name]._value() for name in self._shared]
            key = tuple([id(value) for value in shared])
            part = parts.get(key)
            if part is None:
                parts[key] = shared, [row]
            else:
                part[1].append(row)
        return parts

    def _join(self) -> None:
        """After loading: let shared values that are equal be one."""
        joined: dict[tuple, list[Value]] = {}
        for state in filter(None, self.state.values()):
            counts = [state[name] for name in self._shared]
            values = [count._value() for count in counts]
            key = tuple([(value.aval, float(value.numpy())) for value in values])
            values = joined.setdefault(key, [settled(value) for value in values])
            for count, value in zip(counts, values, strict=True):
                count._storage.value = value
        self._is_joined = True

    def _update(
        self,
        group: ParamGroup,
        shared: list[Value],
        rows: list[tuple[Any, dict]],
        numbers: list,
        switches: dict[str, Any],
    ) -> None:
        written = [(param, *[state[name] for name in self._names(group, param)]) for param, state in rows]
        values = [
            (own[0]._value(), own[0].grad._value(), *[tensor._value() for tensor in own[1:]])
            for own in written
        ]
        results = iter(self._operator(values, [*shared, *numbers], **switches))
        for name in self._shared:
            value = next(results)
            for _, state in rows:
                write(state[name], value, None)
        for own in written:
            for tensor in own:
                write(tensor, next(results), None)

    def _refuse_capturable(self, param: Any, group: ParamGroup) -> None:
        kind = bool(group["foreach"])
        devices = [*_DEVICES, "xla"] if self._on_xla[kind] else _DEVICES
        if param.device.type not in devices:
            raise AssertionError(
                f"If capturable=True, {self._captured[kind]} must be on supported devices: {devices}."
            )
        name = type(self).__name__
        raise missing(
            f"torch.optim.{name}(capturable=True)", "the same without it: a step is one program anyway"
        )


def _count_dtype(group: ParamGroup) -> Any:
    is_double = not group.get("fused") and dtypes.get_default_dtype() is dtypes.float64
    return dtypes.float64 if is_double else dtypes.float32


def check_one_element(lr: Any) -> None:
    """Raise PyTorch's error for a learning rate that is a tensor of another size."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def check_lr(lr: Any) -> None:
    """Raise PyTorch's errors for a learning rate."""
    check_one_element(lr)
    if not 0.0 <= lr:
        raise ValueError(f"Invalid learning rate: {lr}")


def check_not_negative(**options: Any) -> None:
    """Raise PyTorch's errors for negative options, in the order given."""
    for name, value in options.items():
        if not 0.0 <= value:
            raise ValueError(f"Invalid {'epsilon' if name == 'eps' else name} value: {value}")


def check_betas(betas: Any) -> None:
    """Raise PyTorch's errors for the betas of Adam and its kind."""
    for i in (0, 1):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
