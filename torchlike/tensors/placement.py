"""Where a new tensor goes: the `device=` argument, the default device, and what this process does not have."""

from __future__ import annotations

from typing import Any

from torchlike.devices import CPU, as_device, device
from torchlike.engine import platform
from torchlike.errors import missing

__all__ = ["get_default_device", "place", "set_default_device"]

_default: device = CPU


def set_default_device(device: Any) -> None:
    """Set where factories without a `device` put their tensors.

    Args:
        device: a device, its string, or None for the CPU.

    Example:
        >>> import torchlike as torch
        >>> torch.set_default_device("cpu")
        >>> torch.ones(1).device
        device(type='cpu')
    """
    global _default
    _default = CPU if device is None else place(as_device(device))


def get_default_device() -> device:
    """Where factories without a `device` put their tensors."""
    return _default


def place(on: device | None) -> device:
    """The device meant by a `device=` argument, which this process must have.

    Raises:
        AssertionError: a CUDA device without CUDA.
        NotImplementedError: a kind of device that torchlike does not know.
    """
    if on is None:
        return _default
    if on.type == "cpu":
        return CPU
    if on.type == "cuda":
        if platform.accelerator() is None:
            error = AssertionError("Torch not compiled with CUDA enabled")
            error.add_note("JAX sees no GPU in this process; install jax[cuda12] or use device='cpu'.")
            raise error
        return on if on.index is not None else device("cuda", 0)
    raise missing(f"torch.device('{on.type}')", "torch.device('cpu') or torch.device('cuda')")
