"""The checks of a kernel, and of what stands in for an operator."""

from __future__ import annotations

from typing import Any
from unittest import SkipTest

import torchlike as torch
from torchlike.operators.declaration import KERNELS, OPERATORS, Operator
from torchlike.operators.kernels import PLATFORMS
from torchlike.plugin.register import Registration
from torchlike.plugin.testing.agreement import difference, elements
from torchlike.plugin.testing.calls import Call, operator_calls, tensors_in
from torchlike.plugin.testing.operator_checks import function_of
from torchlike.tensors.tensor import Tensor

__all__ = ["KernelChecks"]

_DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64)


class KernelChecks:
    """The checks of one kernel, each a method; what they say begins with its name.

    Args:
        made: the kernel.
        beside: the plugin's operators, by name; their samples serve for kernels of theirs.
    """

    def __init__(self, made: Registration, beside: dict[str, Registration]) -> None:
        self._made = made
        self._name = f"kernel '{made.claim.name}'"
        self._of, _, self._platform = made.claim.name.rpartition("@")
        own = beside.get(self._of)
        self._samples = Registration("kernel", made.claim, made.samples or (own.samples if own else None))

    def operator(self) -> None:
        """There is an operator that it is for, with a function that it can stand in for."""
        claims = OPERATORS.claims(self._of)
        if not claims:
            raise AssertionError(f"{self._name} is for an operator that nobody provides")
        if not isinstance(claims[0].value, Operator):
            raise AssertionError(f"{self._name} is for an operator that is made of others")

    def values(self) -> None:
        """It gives what the operator's own function gives, in each dtype that the operator takes."""
        taken = False
        for call, dtype in self._calls():
            own, found = self._both(call, dtype, lambda call: tensors_in(call.on(function_of(self._of))))
            taken |= own is not None
            self._compare(call, own, found, "")
        if not taken:
            raise AssertionError(f"{self._name}: its samples are no calls of the operator '{self._of}'")

    def gradients(self) -> None:
        """Its gradient is that of the operator's own function."""
        for call, dtype in self._calls():
            if not dtype.is_floating_point:
                continue
            own, found = self._both(call, dtype, self._gradients)
            self._compare(call, own, found, " as its gradient")

    def _gradients(self, call: Call) -> list[Any]:
        inputs = [t for t in call.tensors() if t.requires_grad]
        through = [t for t in tensors_in(call.on(function_of(self._of))) if t.requires_grad]
        if not inputs or not through:
            return []
        total = sum((t * t.conj()).real.double().sum() for t in through)
        return list(torch.autograd.grad(total, inputs, allow_unused=True))

    def _device(self) -> str:
        on = PLATFORMS[self._platform]
        if on == "cpu" or (on == "cuda" and torch.cuda.is_available()):
            return on
        raise SkipTest(f"{self._name} is for {self._platform}, which this machine has not")

    def _calls(self) -> list[tuple[Call, Any]]:
        self.operator()
        self._device()
        op = OPERATORS.find(self._of)
        KERNELS.remove([self._made.claim])
        try:
            calls = operator_calls(self._samples, op.schema, function_of(self._of))
        finally:
            KERNELS.add([self._made.claim])
        return [(call, dtype) for call in calls for dtype in _DTYPES]

    def _both(self, sample: Call, dtype: Any, results: Any) -> tuple[list[Any] | None, list[Any]]:
        """Results without the kernel, None where the operator does not take the dtype, and with it."""

        def change(t: Tensor) -> Tensor:
            made = t.detach().to(self._device(), copy=True)
            return (3 * made).round().to(dtype) if made.is_floating_point() else made

        def call() -> Call:
            if dtype.is_floating_point:
                return sample.of(dtype, requires_grad=True, device=self._device())
            return sample.changed(change)

        KERNELS.remove([self._made.claim])
        try:
            own = [None if t is None else elements(t) for t in results(call())]
        except Exception:
            return None, []
        finally:
            KERNELS.add([self._made.claim])
        try:
            return own, [None if t is None else elements(t) for t in results(call())]
        except Exception as error:
            raise AssertionError(
                f"{self._name} raises {type(error).__name__} for {sample} in {dtype}, which the operator takes: {error}"
            ) from error

    def _compare(self, call: Call, own: list[Any] | None, found: list[Any], what: str) -> None:
        told = None if own is None else difference(found, own, loosely=3)
        if told:
            raise AssertionError(
                f"{self._name} gives{what} something else than the operator for {call}: {told}"
            )
