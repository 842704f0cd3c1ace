"""Writing whole tensors: `copy_`, `fill_`, `zero_`, `fill_diagonal_`, and the functions that write a part of a copy."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike.autograd.modes import state
from torchlike.engine import ScalarKind
from torchlike.errors import warn
from torchlike.operators import declaration
from torchlike.operators.declaration import broadcast_shape
from torchlike.tensors import dispatch, layouts, views
from torchlike.tensors.arguments import type_name
from torchlike.tensors.composite import composite
from torchlike.tensors.host_memory import settled
from torchlike.tensors.overflow import element
from torchlike.tensors.tensor import Tensor
from torchlike.tensors.writes import (
    bump,
    call_inplace,
    check_disjoint,
    check_no_overlap,
    check_unread,
    check_writable,
    write,
)

__all__ = ["copy_into"]

_get = declaration.get
_COPY, _FILL, _FILL_ITEM, _FILL_TENSOR, _ZERO = (
    _get(n) for n in ("_copy", "_fill", "_fill_item", "_fill_tensor", "_zero")
)


def copy_into(t: Tensor, src: Tensor) -> Tensor:
    """Write a tensor's elements, broadcast and cast, into another."""
    check_unread(t, (t, src))
    shape, theirs = t.shape, src.shape
    if theirs != shape:
        both = broadcast_shape(tuple(shape), tuple(theirs))
        if both != shape:
            raise RuntimeError(
                f"output with shape {list(shape)} doesn't match the broadcast shape {list(both)}"
            )
    edge = t._gradient_edge()
    needs_grad = state.enabled and (edge is not None or src._gradient_edge() is not None)
    if src._storage is t._storage:
        if not needs_grad and _is_same_data(t, src):
            check_writable(t, False)
            bump(t)
            return t
        check_disjoint(t, src, False)
    check_no_overlap(t)
    if src.dtype.is_complex and not t.dtype.is_complex:
        warn("Casting complex values to real discards the imaginary part")
    if src.device != t.device:
        src = src.to(t.device)
    if not needs_grad or t.dtype.category < 2:
        check_writable(t, needs_grad)
        value = settled(src._value())
        if value.aval is not t._value().aval:
            value = dispatch.record(_COPY.entry((t._value().aval, value.aval)), (t._value(), value))[0]
        write(t, value, None)
        return t
    return call_inplace(_COPY, (t, src))


def _is_same_data(t: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one storage show the same elements alike."""
    return (
        t.shape == other.shape
        and t.dtype is other.dtype
        and t.stride() == other.stride()
        and t.storage_offset() == other.storage_offset()
    )


@composite("copy_(Tensor self, any src, bool non_blocking=False) -> Tensor", namespaces=())
def copy_(self, src, non_blocking):
    if isinstance(src, Tensor):
        return copy_into(self, src)
    if isinstance(src, int | float | complex | np.number | np.bool_):
        return fill_scalar(self, src)
    raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type_name(src)}")


def fill_scalar(t: Tensor, value: Any, item: bool = False) -> Tensor:
    """Write one number to every element.

    Args:
        t: the tensor.
        value: the number.
        item: as `x[...] = value` does it, which PyTorch names otherwise in the graph.
    """
    if not isinstance(value, int | float | complex):
        value = value.item()
    element(value, t.dtype)
    if isinstance(value, complex) and not t.dtype.is_complex:
        value = value.real
    return call_inplace(_FILL_ITEM if item else _FILL, (t, value))


@composite("fill_.Tensor(Tensor self, Tensor value) -> Tensor")
def fill_tensor_(self, value):
    if value.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
        )
    return call_inplace(_FILL_TENSOR, (self, value.to(self.device)))


@composite("fill_(Tensor self, Scalar value) -> Tensor")
def fill_(self, value):
    return fill_scalar(self, value)


@composite("fill(Tensor self, Scalar value) -> Tensor", method=False)
def fill(self, value):
    return fill_scalar(self.clone(), value)


@composite("zero_(Tensor self) -> Tensor")
def zero_(self):
    return call_inplace(_ZERO, (self,))


@composite("fill_diagonal_(Tensor self, Scalar fill_value, bool wrap=False) -> Tensor", namespaces=())
def fill_diagonal_(self, fill_value, wrap):
    shape = self.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) != 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    strides = self.stride()
    length = min(shape)
    step = sum(strides)
    diagonal = self.as_strided((length,), (step,))
    fill_scalar(diagonal, fill_value)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:
        rows, columns = shape
        count = (rows * columns + columns) // (columns + 1)
        offset = self.storage_offset() + strides[0] * (columns + 1)
        fill_scalar(self.as_strided((count - length,), (step,), offset), fill_value)
    return self


# -- a copy with a part replaced --------------------------------------------------------------------------------------


def _with_part(name: str, self: Tensor, src: Tensor, shown: Tensor) -> Tensor:
    """A copy of a tensor in which the part that a view shows is `src`."""
    if shown.shape != src.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, slice size = "
            f"{list(shown.shape)}"
        )
    assert shown._view is not None
    step = shown._view[-1]
    made = dispatch.call(_get(f"_{name}"), (self, src.to(self.dtype), *shown_arguments(step)))
    dispatch.set_elementwise_geometry(made, [self])
    return made


def shown_arguments(step: Any) -> tuple:
    """The arguments of a view operator, numbers among them."""
    left = iter(step.numbers)
    return tuple([next(left) if isinstance(k, ScalarKind) else k for k in step.key[1:]])


@composite("select_scatter(Tensor self, Tensor src, int dim, int index) -> Tensor")
def select_scatter(self, src, dim, index):
    return _with_part("select_scatter", self, src, views.select(self.detach(), dim, index))


@composite(
    "slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor"
)
def slice_scatter(self, src, dim, start, end, step):
    return _with_part("slice_scatter", self, src, views.slice_(self.detach(), dim, start, end, step))


@composite("diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor")
def diagonal_scatter(self, src, offset, dim1, dim2):
    return _with_part("diagonal_scatter", self, src, views.diagonal(self.detach(), offset, dim1, dim2))


@composite(
    "as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None) -> Tensor"
)
def as_strided_scatter(self, src, size, stride, storage_offset):
    copied = self.detach().clone(memory_format=layouts.contiguous_format)
    shown = copied.as_strided(size, stride, storage_offset)
    return _with_part("as_strided_scatter", self, src, shown)
