"""Copies of whole tensors: `copy.deepcopy` and `pickle`, which keep shared memory shared."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike.devices import device
from torchlike.engine import from_host
from torchlike.tensors.attributes import method
from torchlike.tensors.host_memory import settled
from torchlike.tensors.memory import adopt
from torchlike.tensors.storage import Storage
from torchlike.tensors.tensor import Tensor

__all__ = ["restored"]


@method("__deepcopy__")
def __deepcopy__(self: Tensor, memo: dict) -> Tensor:
    found = memo.get(id(self))
    if found is not None:
        return found
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001"
        )
    value = settled(self._value())
    storage = memo.get(id(self._storage))
    if storage is None:
        storage = Storage(settled(self._storage.value))
        storage.strides = self._storage.strides
        memo[id(self._storage)] = storage
    made: Any = object.__new__(type(self))
    made._storage = storage
    if self._view is not None:
        made._view, made._cached, made._seen = self._view, value, storage.writes
    made._geometry = self._geometry
    made._inference = self._inference
    if self._edge is not None:
        made.requires_grad = True
    if self._grad is not None:
        from copy import deepcopy

        made._grad = deepcopy(self._grad, memo)
    for name, kept in self.__dict__.items():
        if name not in _OWN:
            from copy import deepcopy

            made.__dict__[name] = deepcopy(kept, memo)
    memo[id(self)] = made
    return made


# Attributes of the mechanism; whatever else a tensor carries is its user's.
_OWN = frozenset(name for name in Tensor.__annotations__) | {"_root"}


def _restored_storage(array: np.ndarray, on: str, strides: tuple[int, ...] | None) -> Storage:
    storage = Storage(from_host(np.array(array), device(on)))
    storage.strides = strides
    return storage


def _reduce_storage(self: Storage) -> tuple:
    # Pickle writes a storage once, however many tensors share it.
    value = self.value
    return (_restored_storage, (value.numpy(), str(value.aval.device), self.strides))


Storage.__reduce__ = _reduce_storage  # type: ignore[assignment, method-assign]


def restored(
    cls: type | None,
    storage: Storage,
    size: tuple[int, ...] | None,
    stride: tuple[int, ...],
    offset: int,
    requires_grad: bool,
    attributes: dict,
) -> Tensor:
    """A tensor of a storage: all of it if `size` is None, else the part that `size`, `stride` and `offset` tell."""
    made: Any = object.__new__(Tensor if cls is None else cls)
    made._storage = storage
    if size is not None:
        adopt(made, made.as_strided(size, stride, offset))
    elif storage.strides is not None:
        made._geometry = (storage.strides, 0)
    if requires_grad:
        made.requires_grad = True
    made.__dict__.update(attributes)
    return made


@method("__reduce_ex__")
def __reduce_ex__(self: Tensor, protocol: int) -> tuple:
    storage, size = self._storage, None
    if self._view is not None:
        if self.dtype is storage.value.aval.dtype:
            size = tuple(self.shape)
        else:
            # A view in another dtype than its memory's: what it shows goes alone.
            storage = Storage(settled(self._value()))
    attributes = {k: v for k, v in self.__dict__.items() if k not in _OWN}
    return (
        restored,
        (
            None if type(self) is Tensor else type(self),
            storage,
            size,
            self.stride(),
            self.storage_offset(),
            self.requires_grad,
            attributes,
        ),
    )
