"""PyTorch's type promotion over avals and Python numbers."""

from __future__ import annotations

from collections.abc import Iterable

from torchlike import dtypes
from torchlike.dtypes import dtype, promote_types
from torchlike.engine import BOOL, COMPLEX, FLOAT, INT, Aval

__all__ = ["result_type", "scalar_type"]


def scalar_type(kind: object) -> dtype:
    """The dtype that a Python number of this kind stands for."""
    if kind is FLOAT:
        return dtypes.get_default_dtype()
    if kind is INT:
        return dtypes.int64
    if kind is BOOL:
        return dtypes.bool_
    assert kind is COMPLEX
    return dtypes.get_default_dtype().to_complex()


def _combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    """What tensors with dimensions (`higher`) become when met by something of lower priority."""
    if higher is None or lower is None:
        return higher or lower
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        return promote_types(higher, higher.to_complex()) if lower.is_complex else higher
    if higher.category == 0 or lower.category >= 2:
        return promote_types(higher, lower)
    return higher


def result_type(participants: Iterable[object]) -> dtype:
    """The dtype in which these operands meet.

    Tensors with dimensions rank above zero-dimensional ones, and those above Python numbers; a lower rank
    only matters where it is of a higher category (bool, integer, floating, complex).

    Args:
        participants: an `Aval` per tensor, a scalar kind per Python number.
    """
    dim = zero = number = None
    for p in participants:
        if isinstance(p, Aval):
            if p.shape:
                dim = p.dtype if dim is None else promote_types(dim, p.dtype)
            else:
                zero = p.dtype if zero is None else promote_types(zero, p.dtype)
        else:
            d = scalar_type(p)
            number = d if number is None else promote_types(number, d)
    found = _combine(dim, _combine(zero, number))
    assert found is not None, "promotion needs an operand"
    return found
