"""Memory that tensors share with NumPy and whoever else knows its address.

XLA's arrays never change and NumPy's may at any time, unseen. So what a shared storage holds is the memory itself: what
is read of it is copied when an operator is recorded, and what is written to it is computed at once and put there.
`HostStorage` is a `Storage` in which `value` and `writes` are properties, so other storages pay nothing for it, and a
storage becomes one, and an ordinary one again, by its `__class__`: the latter as soon as nobody else has the memory.
"""

from __future__ import annotations

import sys
from itertools import count
from typing import Any
from weakref import getweakrefcount, ref

import numpy as np

from torchlike import dtypes
from torchlike.autograd.saved import hidden
from torchlike.engine import Aval, Value, aval, from_host
from torchlike.engine.values import is_traced, same_bits
from torchlike.operators import declaration
from torchlike.tensors.geometry import is_dense
from torchlike.tensors.storage import Storage, ViewStep, contiguous_strides, write_through
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["HostStorage", "live", "refuse_resizing", "settled", "shared_array", "sharing"]

Geometry = tuple[tuple[int, ...], int] | None


class Memory:
    """A block of the host's memory.

    Attributes:
        block: its bytes, in one dimension. What `block.base` is owns the memory, where it is one of NumPy's arrays.
        aval: of the storage.
        geometry: of the storage.
        former: what the storage held before it was shared, None if nothing or something else was written since.
    """

    __slots__ = ("block", "aval", "geometry", "former")

    def __init__(
        self, block: np.ndarray, aval: Aval, geometry: Geometry, former: Value | None = None
    ) -> None:
        self.block = block
        self.aval = aval
        self.geometry = geometry
        self.former = former

    def array(self, aval: Aval, geometry: Geometry) -> np.ndarray:
        """What lies in the memory, as elements of this shape and dtype."""
        dtype = aval.dtype
        if 0 in aval.shape:
            # Where nothing begins may be behind the end.
            return np.empty(aval.shape, dtype.np)
        if geometry is None:
            return np.ndarray(aval.shape, dtype.np, self.block)
        strides, offset = geometry
        size = dtype.itemsize
        return np.ndarray(
            tuple(aval.shape), dtype.np, self.block, offset * size, tuple([s * size for s in strides])
        )

    def whole(self) -> np.ndarray:
        """All of it, in the storage's shape."""
        return self.array(self.aval, self.geometry)

    def is_ours(self) -> bool:
        """Whether nothing else can reach the memory."""
        # An array keeps the owner of its memory alive, as do its views and whatever it exports.
        block = self.block
        return sys.getrefcount(block.base) == _ALONE and _owns(block.base) and not getweakrefcount(block.base)


def _owns(array: Any) -> bool:
    return type(array) is np.ndarray and array.flags.owndata


def _references() -> int:
    """What `sys.getrefcount` says of an owner that only its block refers to."""
    block = np.empty(1, np.uint8)[:]
    return sys.getrefcount(block.base)


_ALONE = _references()
_ticks = count(-1, -1)
# Up to so many bytes, looking whether anything has changed takes less than putting that off.
_SMALL = 1 << 14
# A storage's own attribute, under the property: the last value that was read of all of it, or None.
_last: Any = Storage.__dict__["value"]


class HostStorage(Storage):
    """A storage of memory that others know of. Its `host` is the memory."""

    __slots__ = ()

    @property
    def value(self) -> Value:
        """All of it as it is when an operator that reads it is recorded."""
        host = self.host
        if host.is_ours():
            self._retire()
            return self.value
        last = _last.__get__(self)
        if (
            last is not None
            and host.aval.nbytes <= _SMALL
            and same_bits(host.whole(), np.asarray(last.array))
        ):
            return last
        return _to_read(host, host.aval, host.geometry, self)

    @value.setter
    def value(self, new: Value) -> None:
        host = self.host
        if host.is_ours() or not host.block.flags.writeable:
            # PyTorch leaves undefined what a write to memory does that is not to be written to: it stays with us.
            self._become_ordinary(new)
        else:
            host.whole()[...] = new.numpy()
            host.former = None

    @property
    def writes(self) -> int:
        """Another number each time: whoever reads has to look anew."""
        if self.host.is_ours():
            self._retire()
            return self.writes
        return next(_ticks)

    @writes.setter
    def writes(self, count: int) -> None:
        pass

    def region(self, aval: Aval, geometry: Geometry) -> Value:
        """What a view shows."""
        return _to_read(self.host, aval, geometry, None)

    def shows(self, t: Any, value: Value) -> bool:
        host, array = self.host, value.array
        if host.is_ours() or array is None or is_traced(array) or value.aval is not _aval(t):
            return False
        return same_bits(host.array(value.aval, t._geometry), np.asarray(array))

    def part(self, t: Any) -> Value:
        return self.region(t._cached.aval, t._geometry)

    def put(self, t: Tensor, new: Value, steps: tuple[ViewStep, ...]) -> None:
        """Write to the part that a view shows."""
        host = self.host
        if host.block.flags.writeable:
            host.array(new.aval, t._geometry)[...] = new.numpy()
            host.former = None
        else:
            self._retire()
            self.value = write_through(self.value, new, steps)

    def _retire(self) -> None:
        """Become an ordinary storage, with what lies in the memory now."""
        host = self.host
        last = host.former or _last.__get__(self)
        ours, array = host.is_ours(), host.whole()
        if last is None or not same_bits(array, np.asarray(last.array)):
            array = np.require(array, requirements=("C", "A")) if ours else array.copy(order="C")
            last = from_host(array, host.aval.device)
        self._become_ordinary(last)

    def _become_ordinary(self, value: Value) -> None:
        self.__class__ = Storage  # type: ignore[assignment]
        self.value = value
        # Views read before then are out of date.
        self.writes += 1
        del self.host


class _Reading:
    """Stands in a value for a trace while its elements are still in shared memory: running it copies them.

    Attributes:
        host: the memory.
        geometry: which part of it.
        storage: of which it is all, or None.
        value: the value.
    """

    __slots__ = ("host", "geometry", "storage", "value")

    def __init__(self, host: Memory, geometry: Geometry, storage: HostStorage | None, value: Value) -> None:
        self.host = host
        self.geometry = geometry
        self.storage = storage
        self.value = ref(value)

    def flush(self) -> None:
        """Give the value its array."""
        value = self.value()
        if value is None or value.array is not None:
            return
        array = self.host.array(value.aval, self.geometry)
        storage = self.storage
        last = None
        if storage is not None and storage.__class__ is HostStorage and storage.host is self.host:
            # Most memory is only read: what was read before may be there still, and on its device already.
            last = _last.__get__(storage)
            _last.__set__(storage, value)
        if last is not None and same_bits(array, np.asarray(last.array)):
            value.array, value.uses, value.bounds = last.array, last.uses, last.bounds
        else:
            value.array = array.copy(order="C")
        value.trace = None


def _to_read(host: Memory, aval: Aval, geometry: Geometry, storage: HostStorage | None) -> Value:
    value = Value(aval)
    value.trace = _Reading(host, geometry, storage, value)
    value.shared = True
    return value


def refuse_resizing(storage: Storage) -> None:
    """Raise PyTorch's error for a change of the size of shared memory."""
    if storage.__class__ is not Storage and storage.writes < 0:
        raise RuntimeError("Trying to resize storage that is not resizable")


def settled(value: Value) -> Value:
    """The value itself, read from shared memory by now: for whoever keeps it without recording an operator."""
    if value.trace.__class__ is _Reading:
        value.get()
    return value


def live(t: Tensor) -> np.ndarray | None:
    """A tensor's elements where they lie, if in shared memory, to be read at once; else None."""
    storage = t._storage
    # Whether it still is shared shows when it is asked.
    if storage.__class__ is Storage or storage.writes >= 0:
        return None
    return storage.host.array(_aval(t), t._geometry)


def _aval(t: Tensor) -> Aval:
    return t._storage.host.aval if t._view is None else t._cached.aval


# -- out --------------------------------------------------------------------------------------------------------------


def shared_array(t: Tensor) -> np.ndarray:
    """The memory of a tensor on the CPU as a NumPy array; from then on each sees what is written to the other."""
    if not t.shape.numel():
        return np.empty(t.shape, t.dtype.np)
    storage = t._storage
    if storage.__class__ is Storage:
        _share(storage)
    return storage.host.array(_aval(t), t._geometry)


def _share(storage: Storage) -> None:
    hidden.writes = True
    value = storage.value
    array = value.numpy()
    geometry = None if storage.strides is None else (storage.strides, 0)
    host = Memory(np.empty(value.aval.nbytes, np.uint8)[:], value.aval, geometry, value)
    host.whole()[...] = array
    storage.host = host
    storage.__class__ = HostStorage
    # Not `value`: others must not read its array, which a program may take over once nobody holds the value itself.
    _last.__set__(storage, None)


# -- in ---------------------------------------------------------------------------------------------------------------


def sharing(array: np.ndarray) -> Tensor:
    """A tensor on the CPU of an array's memory.

    Args:
        array: of a dtype and with strides that PyTorch takes.
    """
    hidden.writes = True
    dtype = dtypes.from_numpy(array.dtype)
    shape = array.shape
    if 0 in shape:
        return wrap(from_host(np.empty(shape, array.dtype)))
    size = array.itemsize
    strides = tuple([s // size for s in array.strides])
    contiguous = strides == contiguous_strides(shape)
    # A storage holds a block. Where an array leaves gaps, that is all from the first element to the last.
    dense = contiguous or is_dense(shape, strides)
    span = array.size if dense else 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    block = _block(array, span * size)
    own = aval(shape, dtype)
    held = own if dense else aval((span,), dtype)
    # The value is put in its place with the memory.
    t = wrap(Value(held))
    storage: Any = t._storage
    if not contiguous:
        t._geometry = (strides, 0)
        if dense:
            storage.strides = strides
    storage.host = Memory(block, held, t._geometry if dense else None)
    storage.__class__ = HostStorage
    _last.__set__(storage, None)
    if not dense:
        op = declaration.get("_as_strided")
        key = (held, shape, strides, 0, None)
        t._view = (ViewStep(op, key, op.entry(key)),)
        t._cached = storage.region(own, t._geometry)
    return t


def _block(array: np.ndarray, nbytes: int) -> np.ndarray:
    """The bytes from an array's first element on."""
    owner: Any = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if _owns(owner) and (owner.flags.c_contiguous or owner.flags.f_contiguous):
        start = 0 if owner is array else _address(array) - _address(owner)
        block = np.ndarray(nbytes, np.uint8, owner if owner.flags.c_contiguous else owner.T, start)
    else:
        first = array[(slice(0, 1),) * array.ndim] if array.ndim else array
        block = np.lib.stride_tricks.as_strided(first.reshape(1).view(np.uint8), (nbytes,), (1,))
    if not array.flags.writeable:
        block.flags.writeable = False
    return block


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
