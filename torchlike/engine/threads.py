"""How many threads XLA computes with on the CPU, which it asks once, when it starts."""

from __future__ import annotations

import os

import jax

__all__ = ["count", "limit"]


def count() -> int:
    """The number of threads that XLA has started, or will start, for its computations."""
    asked = os.environ.get("NPROC", "")
    if asked.isdigit():
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit(threads: int) -> bool:
    """Let XLA start no more than so many threads.

    Returns:
        False if it has started already, so that nothing changes.
    """
    if jax._src.xla_bridge._backends:
        return threads == count()
    os.environ["NPROC"] = str(threads)
    return True
