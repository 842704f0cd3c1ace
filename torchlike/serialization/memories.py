"""The memory of tensors on its way to a file and back: each storage once, however many tensors share it."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from torchlike import tensors as T
from torchlike.devices import device
from torchlike.dtypes import dtype
from torchlike.engine import Value, from_host
from torchlike.errors import missing
from torchlike.nn import parameter
from torchlike.serialization.global_names import StorageType, special
from torchlike.tensors.copies import restored
from torchlike.tensors.storage import Storage, contiguous_strides
from torchlike.tensors.tensor import Tensor

__all__ = ["Loaded", "Reference", "decoded", "layout_named", "loaded_storage", "reduced", "typed"]


class Reference:
    """A storage where a file is to have its key in its place.

    Attributes:
        storage: the cell.
        dtype: as which the tensor sees it; None for bytes.
    """

    __slots__ = ("storage", "dtype")

    def __init__(self, storage: Storage, dtype: dtype | None) -> None:
        self.storage = storage
        self.dtype = dtype


class Loaded:
    """A storage that was read, whose cell is made for the first tensor of it.

    A cell's value has a shape. If the first tensor is all of the memory, it has that tensor's, which is then no view.

    Args:
        array: the elements in the order of memory.
        on: where they are to be.
        cell: what tensors share, if there is one already.
    """

    __slots__ = ("array", "cell", "_device", "_shape", "_axes")

    def __init__(self, array: np.ndarray, on: device, cell: Storage | None = None) -> None:
        self.array = array
        self.cell = cell
        self._device = on
        # Of the value in the order of memory, and where its dimensions go.
        self._shape: tuple[int, ...] = (-1,)
        self._axes: tuple[int, ...] = (0,)

    def value(self) -> Value:
        """What the cell holds."""
        return from_host(self.array.reshape(self._shape).transpose(self._axes), self._device)

    def fill(self, array: np.ndarray) -> None:
        """Put the elements in place of others."""
        self.array = array
        if self.cell is not None:
            self.cell.value = self.value()
            self.cell.writes += 1

    def tensor(
        self, offset: int, size: tuple[int, ...], stride: tuple[int, ...], requires_grad: bool
    ) -> Tensor:
        """A tensor of this memory."""
        whole = False
        if self.cell is None:
            order = _dense_order(size, stride) if offset == 0 and prod(size) == self.array.size else None
            whole = order is not None
            if order is not None:
                self._shape = tuple([size[i] for i in order])
                self._axes = tuple([order.index(i) for i in range(len(size))])
            self.cell = Storage(self.value())
            # In PyTorch each tensor is given this memory, which counts as a write.
            self.cell.version = 1
            if order is not None and order != sorted(order):
                self.cell.strides = stride
        return restored(None, self.cell, None if whole else size, stride, offset, requires_grad, {})


def _dense_order(size: tuple[int, ...], stride: tuple[int, ...]) -> list[int] | None:
    """The dimensions from the slowest to the fastest, None if the elements do not lie side by side."""
    contiguous = contiguous_strides(size)
    if all(n == 1 or s == c for n, s, c in zip(size, stride, contiguous, strict=True)) or 0 in size:
        return list(range(len(size)))
    order = sorted(range(len(size)), key=lambda i: (-stride[i], size[i] == 1))
    expected = 1
    for i in reversed(order):
        if size[i] != 1 and stride[i] != expected:
            return None
        expected *= size[i]
    return order


def reduced(tensor: Tensor) -> tuple:
    """What a file says of a tensor: a function of PyTorch's and its arguments."""
    fn, args = _plain(tensor)
    state = {k: v for k, v in tensor.__dict__.items() if k not in Tensor.__annotations__ and k != "_root"}
    if type(tensor) is Tensor and not state:
        return fn, args
    return _from_type, (fn, type(tensor), args, state)


def _plain(tensor: Tensor) -> tuple:
    typed = tensor.dtype.name not in _UNTYPED
    reference = Reference(tensor._storage, tensor.dtype if typed else None)
    # A tuple of each tensor's own: a pickle would refer from one to the other.
    shape = tensor.storage_offset(), tuple(tensor.shape), tuple([*tensor.stride()]), tensor.requires_grad
    if typed:
        return _tensor, (reference, *shape, OrderedDict())
    return _tensor_of_bytes, (reference, *shape, OrderedDict(), tensor.dtype)


# The dtypes that came after PyTorch's storages had lost theirs.
_UNTYPED = frozenset(
    "uint16 uint32 uint64 float8_e5m2 float8_e4m3fn float8_e5m2fnuz float8_e4m3fnuz float8_e8m0fnu complex32".split()
)


@special("torch._utils", "_rebuild_tensor_v2")
def _tensor(
    storage: Loaded,
    storage_offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    if metadata:
        raise missing(f"loading a tensor with {', '.join(map(str, metadata))}")
    return storage.tensor(storage_offset, tuple(size), tuple(stride), requires_grad)


@special("torch._utils", "_rebuild_tensor")
def _tensor_without_grad(storage: Loaded, storage_offset: int, size: tuple, stride: tuple) -> Tensor:
    return storage.tensor(storage_offset, tuple(size), tuple(stride), False)


@special("torch._utils", "_rebuild_tensor_v3")
def _tensor_of_bytes(
    storage: Loaded,
    storage_offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: Any,
    dtype: dtype,
    metadata: Any = None,
) -> Tensor:
    if storage.cell is None and storage.array.dtype != dtype.np:
        storage.array = storage.array.view(dtype.np)
    return _tensor(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata)


special("torch._utils", "_rebuild_parameter")(parameter.rebuilt)
special("torch._utils", "_rebuild_parameter_with_state")(parameter.rebuilt_with_state)


@special("torch._tensor", "_rebuild_from_type_v2")
def _from_type(fn: Any, new_type: type, args: tuple, state: Any) -> Any:
    made = fn(*args)
    if type(made) is not new_type:
        made = made.as_subclass(new_type)
    set_state = getattr(new_type, "__setstate__", None)
    if set_state is not None:
        made.__setstate__(state)
        return made
    return _with_state(made, state)


def _with_state(made: Any, state: Any) -> Any:
    """Give an object the attributes that its state tells, those of its slots too."""
    attributes, slots = state if isinstance(state, tuple) else (state, {})
    for name, value in {**(attributes or {}), **(slots or {})}.items():
        setattr(made, name, value)
    return made


@special("torch.serialization", "_get_layout")
def layout_named(name: str) -> Any:
    """A layout by its name, `torch.strided`."""
    return getattr(T, name.removeprefix("torch."))


def loaded_storage(array: np.ndarray, kind: Any, order: str, place_for: Callable, location: str) -> Loaded:
    """A storage as it was read.

    Args:
        array: its bytes.
        kind: a `StorageType`, or `UntypedStorage` for bytes.
        order: of the bytes in a number, `"little"` or `"big"`.
        place_for: the function that gives elements, by where they were, their place.
        location: where they were.
    """
    return place_for(typed(array, kind, order), decoded(location))


def typed(array: np.ndarray, kind: Any, order: str) -> np.ndarray:
    """The elements that some bytes are."""
    if not isinstance(kind, StorageType):
        return array
    elements = array.view(kind.dtype.np)
    if order == sys.byteorder:
        return elements
    part = elements.itemsize // 2 if elements.dtype.kind == "c" else elements.itemsize
    return array.view(f"u{part}").byteswap().view(kind.dtype.np)


def decoded(name: str | bytes) -> str:
    """A name of a file's own, which is bytes where Python 2 wrote it and `encoding="bytes"` was asked for."""
    return name.decode("ascii") if isinstance(name, bytes) else name
