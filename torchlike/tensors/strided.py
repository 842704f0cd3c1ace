"""Geometry by hand: `as_strided` on whatever a tensor shows, and changes of a tensor's own shape in place."""

from __future__ import annotations

from math import prod
from typing import Any

from torchlike.autograd.modes import state
from torchlike.autograd.nodes import Variable
from torchlike.autograd.operator_nodes import differentiate
from torchlike.engine import record
from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.operators.declaration import Operator
from torchlike.tensors import dispatch, writes
from torchlike.tensors.composite import composite
from torchlike.tensors.dispatch import call_view
from torchlike.tensors.forbidden_writes import check_edge
from torchlike.tensors.storage import ViewStep, contiguous_strides
from torchlike.tensors.tensor import Tensor
from torchlike.tensors.writes import check_writable

__all__ = ["as_strided", "change_shape"]

_AS_STRIDED = declaration.get("_as_strided")
_AGAIN = declaration.get("_strided_again")


def _check(t: Tensor, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> None:
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )
    if any(n < 0 for n in size):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}"
        )
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    held = t._storage.value.aval
    itemsize = t.dtype.itemsize
    needed = 0
    if prod(size):
        needed = (1 + offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))) * itemsize
    if needed > held.nbytes:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize {itemsize} "
            f"requiring a storage size of {needed} are out of bounds for storage of size {held.nbytes}"
        )


def as_strided(t: Tensor, size: tuple[int, ...], stride: tuple[int, ...], offset: int | None) -> Tensor:
    """A view of a tensor's storage with strides and offset given by hand.

    Args:
        t: the tensor whose storage it is.
        size: the shape.
        stride: the strides, none negative.
        offset: where it begins; None for where `t` does.

    Raises:
        RuntimeError: the storage is too small, or the arguments do not fit one another.
    """
    if offset is None:
        offset = t.storage_offset()
    size, stride = tuple(size), tuple(stride)
    _check(t, size, stride, offset)
    own = t._value()
    storage = t._storage
    whole = storage.value
    if whole.aval.dtype is not t.dtype:
        raise missing("torch.as_strided on a view of another dtype than its memory's", "clone() before it")
    key = (whole.aval, size, stride, offset, storage.strides)
    entry = _AS_STRIDED.entry(key)
    made = dispatch.view_of(t, ViewStep(_AS_STRIDED, key, entry), record(entry, (whole,))[0])
    # The step begins at the storage itself, whatever part of it `t` shows.
    assert made._view is not None
    made._view = made._view[-1:]
    made._geometry = None if offset == 0 and stride == contiguous_strides(size) else (stride, offset)
    edge = t._gradient_edge()
    if edge is not None and state.enabled:
        check_edge(edge)
        if t._view is None:
            made._edge = differentiate(entry, [Variable(own, edge)], "AsStridedBackward0")[0].edge
        else:
            again = (own.aval, t.stride(), t.storage_offset(), size, stride, offset, whole.aval.shape.numel())
            once_more = _AGAIN.entry(again)
            made._edge = differentiate(once_more, [Variable(own, edge)], "AsStridedBackward0")[0].edge
    return made


def change_shape(t: Tensor, op: Operator, args: tuple) -> Tensor:
    """Apply a view operator to a tensor in place: only what it shows of its memory changes.

    Args:
        t: the tensor.
        op: the view operator, one that shows every element once.
        args: its arguments after the tensor.
    """
    check_writable(t, t.requires_grad)
    made = call_view(op, (t, *args))
    _become(t, made)
    return t


def _become(t: Tensor, made: Tensor) -> None:
    """Let `t` show what its view `made` shows."""
    if t._base is None and t._root is None:
        # Views of `t` made earlier go on referring to it as it was.
        root: Any = object.__new__(Tensor)
        for name in ("_storage", "_view", "_cached", "_seen", "_geometry", "_counter", "_inference"):
            if name in t.__dict__:
                setattr(root, name, t.__dict__[name])
        if not t.is_leaf:
            root._edge = t._edge
        t._root = root
    if t._root is not None:
        t._root_edge = t._root._edge
    t._view, t._cached, t._seen = made._view, made._cached, made._seen
    t._geometry = made._geometry
    if made._edge is not None and state.enabled:
        t._edge = made._edge
    writes.bump(t)
    # To PyTorch this was a write: the graph of every view begins anew.
    t._storage.writes += 1
    if state.enabled or t._root is not None:
        t._seen, t._derived_at = t._storage.writes, t._version


@composite("as_strided_(Tensor self, int[] size, int[] stride, int? storage_offset=None) -> Tensor")
def as_strided_in_place(self, size, stride, storage_offset):
    check_writable(self, self.requires_grad)
    if self.requires_grad and state.enabled:
        raise missing("torch.Tensor.as_strided_ on a tensor that requires grad", "torch.as_strided")
    _become(self, as_strided(self, size, stride, storage_offset))
    return self
