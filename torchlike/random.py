"""`torch.random`: the default generator's seed and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torchlike.devices import device as _device
from torchlike.engine import gpus as _gpus
from torchlike.errors import with_note as _with_note
from torchlike.tensors.generator import default_generator
from torchlike.tensors.sampling import get_rng_state, initial_seed, manual_seed, seed, set_rng_state

__all__ = [
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
    "thread_safe_generator",
]


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Iterator[None]:
    """Put the default generator back, at the end of the block, to where it was at its start.

    Args:
        devices: accelerators whose generators to put back too. They draw from the default one, so this only
            checks that they are there.
        enabled: False makes it do nothing.
        _caller, _devices_kw: the names that PyTorch's warning about many devices shows; there is none here.
        device_type: the kind of the accelerators, "cuda" by default. For "meta" nothing is put back.

    Raises:
        RuntimeError: there is no such kind of device.
        AssertionError: devices are given and there is no GPU.

    Example:
        >>> import torchlike as torch
        >>> with torch.random.fork_rng():
        ...     a = torch.rand(1)
        >>> bool(torch.rand(1) == a)
        True
    """
    kind = "cuda" if device_type is None else _device(device_type).type
    if kind == "meta" or not enabled:
        yield
        return
    if kind == "cpu":
        raise AttributeError("module 'torch.cpu' has no attribute 'get_rng_state'")
    if devices is not None and list(devices) and not _gpus.all():
        raise _with_note(
            AssertionError("Torch not compiled with CUDA enabled"),
            "JAX sees no GPU in this process; leave out devices.",
        )
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


def thread_safe_generator() -> None:
    """The generator of a data loader's worker thread: None, for there are no such threads.

    Example:
        >>> thread_safe_generator() is None
        True
    """
    return None
