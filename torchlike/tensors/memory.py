"""Storages as users see them: `data`, `data_ptr`, `untyped_storage`, `set_`, `resize_`, sharing.

There is no address to give away, so `data_ptr` is a number that only says which elements are the same memory.
"""

from __future__ import annotations

from itertools import count
from math import prod
from typing import Any
from weakref import ref

import numpy as np

from torchlike.autograd.modes import state
from torchlike.autograd.nodes import Edge
from torchlike.autograd.saved import hidden
from torchlike.devices import device
from torchlike.engine import from_host
from torchlike.errors import missing
from torchlike.tensors import writes
from torchlike.tensors.attributes import method
from torchlike.tensors.composite import composite
from torchlike.tensors.dispatch import NotImplementedNode
from torchlike.tensors.host_memory import refuse_resizing
from torchlike.tensors.storage import Counter, Storage
from torchlike.tensors.tensor import Tensor, alias

__all__ = ["UntypedStorage"]

# Far enough apart that no two storages of real programs overlap.
_SPACING = 1 << 44
_addresses = count(1)


def _address(storage: Storage) -> int:
    if storage.address == 0:
        storage.address = next(_addresses) * _SPACING
    return storage.address


@method()
def data_ptr(self: Tensor) -> int:
    """A number that is equal for tensors whose first elements are the same memory, and 0 for empty tensors.

    It is no address: JAX owns the memory.
    """
    if self.shape.numel() == 0:
        return 0
    return _address(self._storage) + self.storage_offset() * self.dtype.itemsize


class UntypedStorage:
    """The memory of a tensor and of its views, as bytes.

    Example:
        >>> import torchlike as torch
        >>> x = torch.zeros(2, 3)
        >>> x.untyped_storage().nbytes(), x[0].untyped_storage().data_ptr() == x.data_ptr()
        (24, True)
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def device(self) -> device:
        """Where the memory is."""
        return self._storage.value.aval.device

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._storage.value.aval.nbytes

    size = __len__ = nbytes

    def data_ptr(self) -> int:
        """A number that is unique to the storage, 0 if it is empty."""
        return _address(self._storage) if self.nbytes() else 0

    def _bytes(self) -> np.ndarray:
        value = self._storage.value
        array = value.numpy()
        if self._storage.strides is not None:
            order = sorted(range(array.ndim), key=lambda i: -self._storage.strides[i])  # type: ignore[index]
            array = array.transpose(order)
        return np.ascontiguousarray(array).reshape(-1).view(np.uint8)

    def tolist(self) -> list[int]:
        """The bytes as ints."""
        return self._bytes().tolist()

    def __getitem__(self, index: Any) -> Any:
        found = self._bytes()[index]
        return found.tolist()

    def is_shared(self) -> bool:
        """Whether other processes see the memory: never."""
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and other._storage is self._storage

    def __hash__(self) -> int:
        return id(self._storage)

    def __repr__(self) -> str:
        lines = "\n".join(f" {b}" for b in self.tolist())
        return f"{lines}\n[torch.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"


@method()
def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory of the tensor and of its views."""
    return UntypedStorage(self._storage)


@method()
def storage(self: Tensor) -> Any:
    """PyTorch's typed storage, which it has deprecated; not there."""
    raise missing("torch.Tensor.storage", "torch.Tensor.untyped_storage")


def data(self: Tensor) -> Tensor:
    """The same memory outside the graph, with a version counter of its own.

    Writes to it are not seen by the checks of the backward pass; `detach` is the safe way.
    """
    hidden.writes = True
    t = alias(self)
    t._counter = Counter()
    return t


def set_data(self: Tensor, other: Tensor) -> None:
    if not isinstance(other, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(other).__name__}")
    if self._edge is not None and other.dtype.category < 2:
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    counter = self._counter or _FormerCounter(self._storage)
    adopt(self, other)
    self._counter = counter


class _FormerCounter(Counter):
    """The version counter that a tensor keeps when it is given other memory: that of its former storage.

    The views of that memory count with it, for as long as there are any; it does not keep the memory.
    """

    __slots__ = ("_storage", "_version")

    def __init__(self, storage: Storage) -> None:
        self._storage = ref(storage)
        self._version = storage.version
        self.writer = storage.writer

    @property
    def version(self) -> int:
        storage = self._storage()
        if storage is not None:
            self._version = storage.version
        return self._version

    @version.setter
    def version(self, version: int) -> None:
        self._version = version
        storage = self._storage()
        if storage is not None:
            storage.version = version


method("data")(property(data, set_data))


def adopt(t: Tensor, source: Tensor) -> None:
    """Make `t` show the memory that `source` shows."""
    hidden.writes = True
    if source._view is None:
        t._view = None
    else:
        t._cached = source._value()
        t._view = source._view
        t._seen = source._seen
    t._storage = source._storage
    t._geometry = source._geometry
    t._root = None


@composite("set_.source_Tensor(Tensor self, Tensor source) -> Tensor", namespaces=())
def set_tensor(self, source):
    _check_settable(self, source)
    edges = (self._gradient_edge(), source._gradient_edge())
    adopt(self, source)
    writes.bump(self)
    _leave_the_graph(self, edges)
    return self


@composite(
    "set_.source_Tensor_storage_offset(Tensor self, Tensor source, int storage_offset, int[] size, int[] stride=[])"
    " -> Tensor",
    namespaces=(),
)
def set_tensor_geometry(self, source, storage_offset, size, stride):
    _check_settable(self, source)
    edges = (self._gradient_edge(), source._gradient_edge())
    adopt(self, source.detach().as_strided(size, stride or _contiguous(size), storage_offset))
    writes.bump(self)
    _leave_the_graph(self, edges)
    return self


@composite("set_(Tensor self) -> Tensor", namespaces=())
def set_nothing(self):
    edge = self._gradient_edge()
    self._view = self._geometry = self._root = None
    self._storage = Storage(from_host(np.empty(0, self.dtype.np), self.device))
    _leave_the_graph(self, (edge,))
    return self


def _leave_the_graph(t: Tensor, edges: tuple[Edge | None, ...]) -> None:
    """Give a tensor that was set the node of an operator without a gradient: its backward pass raises.

    Args:
        t: the tensor.
        edges: where the gradients of what took part would go.
    """
    found = tuple([e for e in edges if e is not None])
    if found and state.enabled and t._base is None:
        t._edge = Edge(NotImplementedNode("set_", found), 0)


def _contiguous(size):
    from torchlike.tensors.storage import contiguous_strides

    return contiguous_strides(size)


def _check_settable(self: Tensor, source: Tensor) -> None:
    if source.dtype is not self.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {_LONG_NAMES.get(source.dtype.name, source.dtype.name)} to a tensor of type "
            f"{_LONG_NAMES.get(self.dtype.name, self.dtype.name)}"
        )
    writes.check_writable(self, self.requires_grad)


_LONG_NAMES = {
    "float32": "float",
    "float64": "double",
    "int64": "long int",
    "int32": "int",
    "bool": "bool",
}


@composite("resize_(Tensor self, int[] size, *, any memory_format=None) -> Tensor", namespaces=())
def resize_(self, size, memory_format):
    if self._edge is not None and state.enabled:
        raise RuntimeError("cannot resize variables that require grad")
    if memory_format is not None:
        raise missing("torch.Tensor.resize_(memory_format=...)")
    if tuple(size) == tuple(self.shape) and self._geometry is None:
        return self
    if any(n < 0 for n in size):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {list(size)}")
    needed = prod(size)
    if needed + self.storage_offset() <= self._storage.value.aval.shape.numel():
        adopt(self, self.detach().as_strided(size, _contiguous(size), self.storage_offset()))
        writes.bump(self)
        return self
    refuse_resizing(self._storage)
    # The memory grows: what others see of the old memory stays theirs.
    held = UntypedStorage(self._storage)._bytes().view(self.dtype.np)[self.storage_offset() :]
    grown = np.zeros(needed, self.dtype.np)
    grown[: held.size] = held[:needed]
    self._view = self._geometry = self._root = None
    version = self._version
    self._storage = Storage(from_host(grown.reshape(size), self.device))
    self._versions().version = version + 1
    return self


@composite("resize_as_(Tensor self, Tensor the_template, *, any memory_format=None) -> Tensor", namespaces=())
def resize_as_(self, the_template, memory_format):
    if memory_format is not None:
        raise missing("torch.Tensor.resize_as_(memory_format=...)")
    return self.resize_(the_template.shape)


@method()
def share_memory_(self: Tensor) -> Tensor:
    """Not there: other processes cannot see JAX's memory."""
    raise missing("torch.Tensor.share_memory_", "torch.multiprocessing, which sends copies")


@method()
def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """Refused on the CPU as in PyTorch without an accelerator; JAX pins the memory of its transfers itself."""
    raise RuntimeError("Cannot access accelerator device when none is available.")
