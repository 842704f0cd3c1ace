"""JAX's GPUs, as `torch.cuda` asks of them."""

from __future__ import annotations

from functools import cache

import jax

__all__ = ["all", "bytes_in_use", "bytes_reserved", "name", "peak_bytes", "wait"]


@cache
def all() -> tuple[jax.Device, ...]:
    """The GPUs of this process; none if JAX has no such platform."""
    try:
        return tuple(jax.devices("gpu"))
    except RuntimeError:
        return ()


def name(index: int) -> str:
    """A GPU's name."""
    return all()[index].device_kind


def wait(index: int) -> None:
    """Wait until a GPU has done what it was given."""
    jax.device_put(0, all()[index]).block_until_ready()


def _statistic(index: int, key: str) -> int:
    return int((all()[index].memory_stats() or {}).get(key, 0))


def bytes_in_use(index: int) -> int:
    """Bytes of arrays."""
    return _statistic(index, "bytes_in_use")


def peak_bytes(index: int) -> int:
    """The most bytes of arrays at once."""
    return _statistic(index, "peak_bytes_in_use")


def bytes_reserved(index: int) -> int:
    """Bytes that the allocator holds."""
    return _statistic(index, "bytes_reserved") or _statistic(index, "pool_bytes")
