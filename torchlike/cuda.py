"""`torch.cuda`: JAX's GPU where this process has one, else what PyTorch says without one."""

from __future__ import annotations

from typing import Any

from torchlike import names as _lookup
from torchlike.devices import device as _device
from torchlike.engine import dispatch, gpus
from torchlike.errors import missing, with_note

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "init",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "memory_allocated",
    "memory_reserved",
    "synchronize",
]


def is_available() -> bool:
    """Whether JAX sees a GPU.

    Example:
        >>> import torchlike as torch
        >>> device = "cuda" if torch.cuda.is_available() else "cpu"
    """
    return bool(gpus.all())


def device_count() -> int:
    """How many GPUs JAX sees."""
    return len(gpus.all())


def init() -> None:
    """Check that there is a GPU.

    Raises:
        AssertionError: there is none, in PyTorch's words.
    """
    if not gpus.all():
        raise with_note(
            AssertionError("Torch not compiled with CUDA enabled"),
            "JAX sees no GPU in this process; install jax[cuda12] or jax[cuda13], or use device='cpu'.",
        )


def is_initialized() -> bool:
    """Whether a GPU is in use: as soon as there is one."""
    return is_available()


def current_device() -> int:
    """The index of the GPU that `device='cuda'` means: the first."""
    init()
    return 0


def _index(device: Any) -> int:
    if device is None:
        return 0
    return device if isinstance(device, int) else (_device(device).index or 0)


def get_device_name(device: Any = None) -> str:
    """The name of a GPU.

    Args:
        device: an index or device; None is the first.
    """
    init()
    return gpus.name(_index(device))


def synchronize(device: Any = None) -> None:
    """Run what is pending and wait for all of it."""
    init()
    dispatch()
    gpus.wait(_index(device))


def memory_allocated(device: Any = None) -> int:
    """Bytes of arrays on a GPU; 0 without one."""
    return gpus.bytes_in_use(_index(device)) if gpus.all() else 0


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes of arrays that were on a GPU at once; 0 without one."""
    return gpus.peak_bytes(_index(device)) if gpus.all() else 0


def memory_reserved(device: Any = None) -> int:
    """Bytes that JAX's allocator holds on a GPU; 0 without one."""
    return gpus.bytes_reserved(_index(device)) if gpus.all() else 0


def empty_cache() -> None:
    """Nothing: JAX's allocator keeps its pool and has no call to give it back; no value depends on it."""


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether a GPU is there; XLA has bfloat16 on all that it supports."""
    return is_available()


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator. Without a GPU there is none, and PyTorch does nothing.

    Raises:
        NotImplementedError: there is a GPU; tensors on it are drawn from the default generator of the CPU.
    """
    if gpus.all():
        raise missing(
            "torch.cuda.manual_seed", "torch.manual_seed, whose generator tensors on the GPU are drawn from"
        )


def manual_seed_all(seed: int) -> None:
    """`manual_seed` for every GPU."""
    manual_seed(seed)


def __getattr__(name: str) -> Any:
    raise _lookup.lacking("torch.cuda", name)
