"""Making tensors from data: copied (`tensor`), or in memory that is there already (`from_numpy`, `frombuffer`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.devices import device
from torchlike.dtypes import dtype, get_default_dtype
from torchlike.errors import warn
from torchlike.tensors import nested
from torchlike.tensors.composite import composite
from torchlike.tensors.creation import _refuse_pinning, adopt, holding
from torchlike.tensors.host_memory import sharing
from torchlike.tensors.placement import place
from torchlike.tensors.tensor import Tensor

__all__ = ["from_array", "shared"]


def from_array(array: np.ndarray) -> np.ndarray:
    """Refuse the arrays that PyTorch refuses.

    Raises:
        TypeError: no such dtype.
        ValueError: negative strides, strides of part of an element, or a foreign byte order.
    """
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    dtypes.from_numpy(array.dtype)
    size = array.itemsize
    if any([s % size for s in array.strides]):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the "
            "memory."
        )
    if array.strides and min(array.strides) < 0:
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    return array


def shared(array: np.ndarray, to: dtype | None = None, on: device | None = None) -> Tensor:
    """A tensor in an array's memory, where its dtype and device are those asked for, and else a copy."""
    if not from_array(array).flags.writeable:
        warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
            "writing to this tensor will result in undefined behavior. You may want to copy the array to protect its "
            "data or make it writable before converting it to a tensor. This type of warning will be suppressed for "
            "the rest of this program. (Triggered internally at "
            "/__w/pytorch/pytorch/torch/csrc/utils/tensor_numpy.cpp:213.)",
            once=True,
        )
    return _converted(sharing(array), to, None if on is None else place(on))


def _converted(t: Tensor, to: dtype | None, on: device | None) -> Tensor:
    wanted: dict[str, Any] = {}
    if to is not None and to is not t.dtype:
        wanted["dtype"] = to
    if on is not None and on != t.device:
        wanted["device"] = on
    return t.to(**wanted) if wanted else t


def _from_data(data: Any, to: dtype | None, on: device | None, requires_grad: bool | None) -> Tensor:
    """A tensor with a copy of the data."""
    if isinstance(data, Tensor):
        copied = _converted(data.detach(), to, None if on is None else place(on))
        if copied._storage is data._storage:
            copied = copied.clone()
        if requires_grad:
            if copied.dtype.category < 2:
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            copied.requires_grad = True
        return copied
    if isinstance(data, np.ndarray | np.generic):
        array = from_array(np.asarray(data))
        if to is None or array.dtype == to.np:
            return adopt(array, place(on), requires_grad)
        with np.errstate(invalid="ignore", over="ignore"):
            return adopt(array.astype(to.np), place(on), requires_grad)
    if hasattr(data, "__array_interface__") and not isinstance(data, list | tuple):
        return _from_data(np.asarray(data), to, on, requires_grad)
    array, _ = nested.to_array(data, to)
    return holding(array, place(on), requires_grad)


def _recommend_clone(function: str) -> None:
    warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {function}(sourceTensor).",
    )


@composite(
    "tensor(any? data, *, dtype? dtype=None, device? device=None, bool pin_memory=False, bool requires_grad=False)"
    " -> Tensor",
    method=False,
)
def tensor(data, dtype, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    if isinstance(data, Tensor):
        _recommend_clone("torch.tensor")
        device = device or data.device
    return _from_data(data, dtype, device, requires_grad)


@composite("as_tensor(any? data, dtype? dtype=None, device? device=None) -> Tensor", method=False)
def as_tensor(data, dtype, device):
    if isinstance(data, Tensor):
        return _converted(data, dtype, None if device is None else place(device))
    if isinstance(data, np.ndarray):
        return shared(data, dtype, device)
    return _from_data(data, dtype, device, False)


@composite(
    "asarray(any? obj, *, dtype? dtype=None, device? device=None, bool? copy=None, bool requires_grad=False) -> Tensor",
    method=False,
)
def asarray(obj, dtype, device, copy, requires_grad):
    if copy is False and isinstance(obj, np.generic):
        raise RuntimeError(
            "can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. "
        )
    whole = obj if isinstance(obj, Tensor) else _as_memory(obj, dtype)
    if whole is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return _from_data(obj, dtype, device, requires_grad)
    if copy:
        return _from_data(whole, dtype, device, requires_grad)
    found = _converted(whole, dtype, None if device is None else place(device))
    if found is not whole and copy is False:
        raise _not_aliased(whole, found)
    if requires_grad and not found.requires_grad:
        if found.dtype.category < 2:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return found.detach().requires_grad_()
    return found if requires_grad or not found.requires_grad else found.detach()


def _as_memory(obj: Any, to: dtype | None) -> Tensor | None:
    """A tensor in the memory of an object, or None if that does not give it away."""
    if isinstance(obj, np.generic) or (isinstance(obj, np.ndarray) and obj.ndim == 0):
        # To PyTorch a number, in memory of its own.
        return sharing(from_array(np.array(obj)))
    if isinstance(obj, np.ndarray):
        return shared(obj)
    if hasattr(obj, "__dlpack__"):
        return shared(np.from_dlpack(obj))
    try:
        memoryview(obj)
    except TypeError:
        return None
    # Bytes without a type of their own.
    return _of_buffer(obj, to or get_default_dtype(), -1, 0)


def _not_aliased(t: Tensor, wanted: Tensor) -> ValueError:
    if t.device != wanted.device:
        return ValueError(f"can't alias tensor from device '{t.device}' to '{wanted.device}'.")
    return ValueError(
        f"can't alias tensor with dtype '{t.dtype.legacy_name}' into dtype '{wanted.dtype.legacy_name}'."
    )


@composite("from_numpy(any? ndarray) -> Tensor", method=False)
def from_numpy(ndarray):
    if not isinstance(ndarray, np.ndarray):
        kind = type(ndarray)
        name = kind.__name__ if not isinstance(ndarray, np.generic) else f"numpy.{kind.__name__}"
        raise TypeError(f"expected np.ndarray (got {name})")
    return shared(ndarray)


@composite(
    "frombuffer(any buffer, *, dtype dtype, int count=-1, int offset=0, bool requires_grad=False) -> Tensor",
    method=False,
)
def frombuffer(buffer, dtype, count, offset, requires_grad):
    t = _of_buffer(buffer, dtype, count, offset)
    return t.requires_grad_() if requires_grad else t


def _of_buffer(buffer: Any, dtype: dtype, count: int, offset: int) -> Tensor:
    length = memoryview(buffer).nbytes
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )
    size = dtype.itemsize
    if count < 0:
        if (length - offset) % size:
            raise ValueError(
                f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element "
                f"size ({size})"
            )
        count = (length - offset) // size
    elif offset + count * size > length:
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must not be greater than "
            f"actual buffer length ({length} bytes)"
        )
    if memoryview(buffer).readonly:
        warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can "
            "write to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the "
            "buffer to protect its data or make it writable before converting it to a tensor. This type of warning "
            "will be suppressed for the rest of this program. (Triggered internally at "
            "/__w/pytorch/pytorch/torch/csrc/utils/tensor_new.cpp:1556.)",
            once=True,
        )
    return sharing(np.frombuffer(buffer, np.uint8, count * size, offset).view(dtype.np))


@composite(
    "new_tensor(Tensor self, any? data, *, dtype? dtype=None, device? device=None, bool pin_memory=False,"
    " bool requires_grad=False) -> Tensor",
    namespaces=(),
)
def new_tensor(self, data, dtype, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    if isinstance(data, Tensor):
        _recommend_clone("tensor.new_tensor")
        dtype = dtype or data.dtype
    return _from_data(data, dtype or self.dtype, device or self.device, requires_grad)
