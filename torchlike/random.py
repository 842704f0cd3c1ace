"""`torch.random`: the default generator's seed and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

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
]


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, device_type: str = "cuda"
) -> Iterator[None]:
    """Put the default generator back, at the end of the block, to where it was at its start.

    Args:
        devices: accelerators whose generators to put back too; they all draw from the default one.
        enabled: False makes it do nothing.
        device_type: the kind of the accelerators.

    Example:
        >>> import torchlike as torch
        >>> with torch.random.fork_rng():
        ...     a = torch.rand(1)
        >>> bool(torch.rand(1) == a)
        True
    """
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
