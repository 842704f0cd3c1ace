"""Copies in another dtype, device or memory format: `to`, `type`, `float()` and its kin, `clone`, `contiguous`."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.autograd.nodes import Edge, Node, Variable
from torchlike.autograd.operator_nodes import leave_node
from torchlike.devices import device
from torchlike.dtypes import dtype
from torchlike.engine import Entry, Value, aval, platform
from torchlike.operators import declaration
from torchlike.tensors import dispatch, layouts
from torchlike.tensors.attributes import method
from torchlike.tensors.composite import composite
from torchlike.tensors.host_memory import settled
from torchlike.tensors.placement import place
from torchlike.tensors.queries import type_string
from torchlike.tensors.storage import contiguous_strides
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["converted"]

_identities: dict[object, Entry] = {}


def _copy(t: Tensor, strides: tuple[int, ...] | None, name: str) -> Tensor:
    """A tensor with a storage of its own and the same values: values never change, so nothing is copied."""
    value = settled(t._value())
    made = wrap(value)
    if strides is not None:
        made._geometry = (strides, 0)
        made._storage.strides = strides
    edge = t._edge
    if edge is not None and state.enabled:
        entry = _identities.get(value.aval)
        if entry is None:
            entry = _identities[value.aval] = Entry("clone", lambda x: (x,), (value.aval,))
        made._edge = Edge(leave_node(entry, name, (value,), (edge,)), 0)
    if state.inference:
        made._inference = True
    return made


def transfer(value: Value, on: device) -> Value:
    """The value on another device; what is pending is run first."""
    to = aval(value.aval.shape, value.aval.dtype, on)
    return Value(to, platform.put(np.asarray(value.get()), on))


class ToCopyBackward0(Node):
    """The way back of a copy to another device."""

    __slots__ = ("home",)

    def __init__(self, edge: Edge, home: device) -> None:
        Node.__init__(self, (edge,))
        self.home = home

    def apply(self, grads: list, create_graph: bool) -> list:
        if not create_graph:
            return [transfer(grads[0], self.home)]
        moved = transfer(grads[0].value, self.home)
        edge = grads[0].edge
        node = None if edge is None else Edge(ToCopyBackward0(edge, grads[0].value.aval.device), 0)
        return [Variable(moved, node)]


def _moved(t: Tensor, on: device) -> Tensor:
    value: Value = t._value()
    made = wrap(transfer(value, on))
    if t._geometry is not None:
        strides = layouts.format_strides(None, t.shape, t._geometry[0])
        if strides is not None:
            made._geometry = (strides, 0)
            made._storage.strides = strides
    if t._edge is not None and state.enabled:
        made._edge = Edge(ToCopyBackward0(t._edge, t.device), 0)
    return made


def converted(
    t: Tensor,
    to: dtype | None = None,
    on: device | None = None,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """The tensor itself where nothing changes, else a copy.

    Args:
        t: what to convert.
        to: the dtype wanted, or None.
        on: the device wanted, or None.
        copy: copy in any case.
        memory_format: the order in memory wanted; None keeps it.
    """
    found = t
    if on is not None and on != t.device:
        found = _moved(found, on)
    if to is not None and to is not found.dtype:
        found = dispatch.call(declaration.get("_cast"), (found, to))
    if memory_format is not None and memory_format is not layouts.preserve_format:
        strides = layouts.format_strides(memory_format, found.shape, found.stride())
        if found.stride() != (strides or contiguous_strides(found.shape)):
            return _copy(found, strides, "ToCopyBackward0")
    if found is t and copy:
        return _copy(t, layouts.format_strides(memory_format, t.shape, t.stride()), "ToCopyBackward0")
    return found


@composite("clone(Tensor self, *, memory_format? memory_format=None) -> Tensor")
def clone(self, memory_format):
    strides = None
    if self._geometry is not None or memory_format is not None:
        strides = layouts.format_strides(memory_format, self.shape, self.stride())
    self._gradient_edge()
    return _copy(self, strides, "CloneBackward0")


@composite("contiguous(Tensor self, *, memory_format? memory_format=None) -> Tensor", namespaces=())
def contiguous(self, memory_format):
    if memory_format is None or memory_format is layouts.contiguous_format:
        if self._geometry is None or self.is_contiguous():
            return self
        strides = None
    else:
        if memory_format is layouts.preserve_format:
            raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
        if self.is_contiguous(memory_format=memory_format):
            return self
        strides = layouts.format_strides(memory_format, self.shape, self.stride())
    self._gradient_edge()
    return _copy(self, strides, "CloneBackward0")


@composite(
    "to.device(Tensor self, device? device=None, dtype? dtype=None, bool non_blocking=False, bool copy=False, *,"
    " memory_format? memory_format=None) -> Tensor",
    namespaces=(),
)
def to_device(self, device, dtype, non_blocking, copy, memory_format):
    # XLA's transfers never block the caller, so `non_blocking` asks for what is done anyway.
    self._gradient_edge()
    return converted(self, dtype, None if device is None else place(device), copy, memory_format)


@composite(
    "to.dtype(Tensor self, dtype dtype, bool non_blocking=False, bool copy=False, *, memory_format? "
    "memory_format=None) -> Tensor",
    namespaces=(),
)
def to_dtype(self, dtype, non_blocking, copy, memory_format):
    self._gradient_edge()
    return converted(self, dtype, None, copy, memory_format)


@composite(
    "to.other(Tensor self, Tensor other, bool non_blocking=False, bool copy=False, *, memory_format? "
    "memory_format=None) -> Tensor",
    namespaces=(),
)
def to_other(self, other, non_blocking, copy, memory_format):
    self._gradient_edge()
    return converted(self, other.dtype, other.device, copy, memory_format)


@composite("type_as(Tensor self, Tensor other) -> Tensor", namespaces=())
def type_as(self, other):
    self._gradient_edge()
    return converted(self, other.dtype, other.device)


@composite("cpu(Tensor self, *, memory_format? memory_format=None) -> Tensor", namespaces=())
def cpu(self, memory_format):
    self._gradient_edge()
    return converted(self, None, device("cpu"), False, memory_format)


@composite(
    "cuda(Tensor self, device? device=None, bool non_blocking=False, *, memory_format? memory_format=None) -> Tensor",
    namespaces=(),
)
def cuda(self, device, non_blocking, memory_format):
    self._gradient_edge()
    return converted(self, None, place(_CUDA if device is None else device), False, memory_format)


_CUDA = device("cuda")


def _declare_shorthand(name: str, to: dtype) -> None:
    @composite(f"{name}(Tensor self, *, memory_format? memory_format=None) -> Tensor", namespaces=())
    def shorthand(self, memory_format):
        self._gradient_edge()
        return converted(self, to, None, False, memory_format)


for _name, _to in (
    ("float", dtypes.float32),
    ("double", dtypes.float64),
    ("half", dtypes.float16),
    ("bfloat16", dtypes.bfloat16),
    ("long", dtypes.int64),
    ("int", dtypes.int32),
    ("short", dtypes.int16),
    ("char", dtypes.int8),
    ("byte", dtypes.uint8),
    ("bool", dtypes.bool_),
    ("cfloat", dtypes.complex64),
    ("cdouble", dtypes.complex128),
):
    _declare_shorthand(_name, _to)

_BY_STRING = {f"torch.{d.legacy_name}Tensor": d for d in dtypes.ALL_DTYPES}


@method("type")
def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The tensor's kind as a string, or a copy of another kind.

    Args:
        dtype: a dtype, a typed constructor (`torch.LongTensor`) or its name; None asks for the name.
        non_blocking: XLA's transfers never block.

    Raises:
        ValueError: no such kind.
        TypeError: `dtype` is something else.

    Example:
        >>> import torchlike as torch
        >>> torch.ones(1).type()
        'torch.FloatTensor'
    """
    if dtype is None:
        return type_string(self)
    self._gradient_edge()
    if isinstance(dtype, dtypes.dtype):
        return converted(self, dtype)
    if isinstance(dtype, str):
        on = "cpu"
        if dtype.startswith("torch.cuda."):
            dtype, on = dtype.replace("torch.cuda.", "torch.", 1), "cuda"
        found = dtypes.get_default_dtype() if dtype == "torch.Tensor" else _BY_STRING.get(dtype)
        if found is None:
            raise ValueError(f"invalid type: '{dtype}'")
        return converted(self, found, place(device(on)))
    kind = getattr(dtype, "dtype", None)
    if isinstance(dtype, type) and isinstance(kind, dtypes.dtype):
        return converted(self, kind)
    if dtype is Tensor:
        return converted(self, dtypes.get_default_dtype())
    raise TypeError("dtype must be a type, str, or dtype object")
