"""`torch.accelerator`: the GPU that JAX sees, by whatever name; without one, what PyTorch says without one."""

from __future__ import annotations

from typing import Any

from torchlike import cuda as _cuda
from torchlike import names as _lookup
from torchlike.devices import device as _device

__all__ = [
    "current_accelerator",
    "current_device_index",
    "device_count",
    "empty_cache",
    "is_available",
    "max_memory_allocated",
    "memory_allocated",
    "memory_reserved",
    "synchronize",
]


def is_available() -> bool:
    """Whether there is an accelerator.

    Example:
        >>> import torchlike as torch
        >>> device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
    """
    return _cuda.is_available()


def current_accelerator(check_available: bool = False) -> _device | None:
    """The accelerator's device, without an index.

    Args:
        check_available: asks for one that can be used; JAX shows no others.

    Returns:
        The device, or None where there is none.

    Example:
        >>> import torchlike as torch
        >>> device = torch.accelerator.current_accelerator() or torch.device("cpu")
    """
    return _device("cuda") if _cuda.is_available() else None


def device_count() -> int:
    """How many accelerators there are; 0 without one."""
    return _cuda.device_count()


def _check() -> None:
    if not _cuda.is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")


def current_device_index() -> int:
    """The index of the accelerator in use.

    Raises:
        RuntimeError: there is none.
    """
    _check()
    return _cuda.current_device()


def synchronize(device: Any = None, /) -> None:
    """Wait for everything that the accelerator was given.

    Args:
        device: which; the one in use by default.

    Raises:
        RuntimeError: there is none.
    """
    _check()
    _cuda.synchronize(device)


def empty_cache() -> None:
    """Give memory that is held for later back to the system.

    Raises:
        RuntimeError: there is no accelerator.
    """
    _check()
    _cuda.empty_cache()


def memory_allocated(device_index: Any = None, /) -> int:
    """The bytes that tensors take.

    Args:
        device_index: which device; the one in use by default.

    Raises:
        RuntimeError: there is no accelerator.
    """
    _check()
    return _cuda.memory_allocated(device_index)


def max_memory_allocated(device_index: Any = None, /) -> int:
    """The most bytes that tensors have taken.

    Args:
        device_index: which device; the one in use by default.

    Raises:
        RuntimeError: there is no accelerator.
    """
    _check()
    return _cuda.max_memory_allocated(device_index)


def memory_reserved(device_index: Any = None, /) -> int:
    """The bytes that are taken from the device, in use or not.

    Args:
        device_index: which device; the one in use by default.

    Raises:
        RuntimeError: there is no accelerator.
    """
    _check()
    return _cuda.memory_reserved(device_index)


def __getattr__(name: str) -> Any:
    raise _lookup.lacking("torch.accelerator", name)
