"""Recording aside: what a data loader does between two steps is no part of a step's program."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from torchlike.engine.rhythm import Rhythm
from torchlike.engine.trace import Trace, _local

__all__ = ["aside"]


class _Rhythms(threading.local):
    def __init__(self) -> None:
        self.own = Rhythm()


_rhythms = _Rhythms()


@contextmanager
def aside() -> Iterator[None]:
    """Record what happens inside the block into a trace of its own.

    The pending trace goes on after the block as if there had been none. What the block leaves pending is run,
    as a program of its own, when it is read; what nobody holds any more is never run.

    Example:
        >>> import torchlike as torch
        >>> from torchlike.engine import asides
        >>> x = torch.ones(2) + 1
        >>> with asides.aside():
        ...     y = torch.ones(2) * 3
        >>> x + y
        tensor([5., 5.])
    """
    if _local.rhythm.eager:
        yield
        return
    trace, rhythm = _local.trace, _local.rhythm
    _local.rhythm = _rhythms.own
    _local.trace = Trace(_rhythms.own.limit)
    try:
        yield
    finally:
        _local.trace.closed = True
        _local.trace, _local.rhythm = trace, rhythm
