"""What a workload is: one training or inference loop, and the same in hand-written JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Workload"]


@dataclass(frozen=True)
class Workload:
    """A loop to time.

    Args:
        name: what the command line calls it.
        title: what the table calls it.
        loop: called with the module that stands for ``torch``; a generator that yields once an iteration. It
            is written as in any tutorial: a generator's names live on to the next iteration as a script's do.
        jax_loop: the same work as a jitted step written by hand.
        block: iterations between two readings of the clock; the yielded tensor is read at the end of each.
        stretch: iterations of the first stretch, timed from the start with everything that it compiles.
    """

    name: str
    title: str
    loop: Callable[[Any], Iterator[Any]]
    jax_loop: Callable[[], Iterator[Any]]
    block: int = 50
    stretch: int = 0
