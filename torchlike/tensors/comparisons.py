"""Comparisons that give a Python bool, and the forms of `where` that are no operator."""

from __future__ import annotations

from typing import Any

from torchlike.operators import declaration
from torchlike.tensors import binding, dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []


def _call(name: str, *args: Any) -> Any:
    return dispatch.call(declaration.get(name), args)


def _truth(t: Tensor) -> bool:
    return bool(t._value().numpy())


@composite("equal(Tensor self, Tensor other) -> bool")
def equal(self: Tensor, other: Tensor) -> bool:
    if self.device != other.device:
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{self.device} and {other.device}!"
        )
    if self.shape != other.shape:
        return False
    return self is other and self.dtype.category < 2 or _truth(_call("all", _call("eq", self, other)))


@composite(
    "allclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool"
)
def allclose(self: Tensor, other: Tensor, rtol: float, atol: float, equal_nan: bool) -> bool:
    return _truth(_call("all", _call("isclose", self, other, rtol, atol, equal_nan)))


@composite("where.condition(Tensor condition) -> Tensor[]", method=False)
def where_condition(condition: Tensor) -> Any:
    return binding.namespace("torch")["nonzero"](condition, as_tuple=True)


@composite("where.method(Tensor self, Tensor condition, Tensor|Scalar other) -> Tensor", namespaces=())
def where_method(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    return _call("where", condition, self, other)
