"""Arrays to and from other libraries through DLPack, in the same memory where that is the host's."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from torchlike.tensors.attributes import method
from torchlike.tensors.from_data import from_array
from torchlike.tensors.host_memory import sharing
from torchlike.tensors.tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]


class DLDeviceType(IntEnum):
    """Kinds of devices as DLPack numbers them."""

    kDLCPU = 1
    kDLCUDA = 2

    def __repr__(self) -> str:
        return f"<DLDeviceType.{self.name}: {int(self)}>"


def _checked(t: Tensor) -> Tensor:
    if t._gradient_edge() is not None:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return t


@method("__dlpack__")
def __dlpack__(self: Tensor, **options: Any) -> Any:
    """A capsule with the memory of a tensor on the CPU, or a copy of one on an accelerator.

    Args:
        options: DLPack's own: `stream`, `max_version`, `dl_device`, `copy`.
    """
    t = _checked(self)
    if t.device.type == "cpu":
        options.pop("stream", None)
        return t.numpy().__dlpack__(**options)
    return t._value().get().__dlpack__(**options)


@method("__dlpack_device__")
def __dlpack_device__(self: Tensor) -> tuple[DLDeviceType, int]:
    """The kind and index of the device, by DLPack's numbers."""
    if self.device.type == "cpu":
        return (DLDeviceType.kDLCPU, 0)
    return (DLDeviceType.kDLCUDA, self.device.index or 0)


class _Capsule:
    """What `to_dlpack` gives: an object that other libraries' `from_dlpack` take."""

    def __init__(self, t: Tensor) -> None:
        self._t = t

    def __dlpack__(self, **options: Any) -> Any:
        return self._t.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._t.__dlpack_device__()


def to_dlpack(tensor: Tensor) -> Any:
    """An object by which another library takes the tensor's memory.

    Raises:
        BufferError: the tensor requires grad.
    """
    return _Capsule(_checked(tensor))


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor in the memory of another library's array.

    Args:
        ext_tensor: an object with `__dlpack__`.

    Example:
        >>> import numpy as np
        >>> import torchlike as torch
        >>> torch.from_dlpack(np.ones(2)).dtype
        torch.float64
    """
    if isinstance(ext_tensor, Tensor):
        return _checked(ext_tensor).detach()
    return sharing(from_array(np.from_dlpack(ext_tensor)))
