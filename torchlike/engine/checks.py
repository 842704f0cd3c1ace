"""Deferred checks: a flag computed in the trace whose truth is an error, read at the next sync.

JAX clamps an index that is out of range; PyTorch raises. Where the indices are pending, the flag makes sure that the
error comes no later than the first value that anyone reads.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from torchlike.engine.values import Value

__all__ = ["add", "verify"]

# Flags not read yet, oldest first: the flag's value, and what makes the exception from the offending data.
_pending: list[tuple[Value, Callable[[], Exception | None]]] = []
# Reading a ready flag costs a microsecond, so they are swept once there are a few.
_SWEEP = 64


def add(flag: Value, error: Callable[[], Exception | None]) -> None:
    """Raise `error()` at the next sync if `flag` turns out true.

    Args:
        flag: a boolean scalar, pending or not.
        error: makes the exception; it must hold the text and the place of the call. None where another error of the
            same call was raised before.
    """
    _pending.append((flag, error))
    if len(_pending) > _SWEEP:
        verify(only_ready=True)


def verify(only_ready: bool = False) -> None:
    """Raise the error of the first pending flag that is true, and forget those that are not.

    Args:
        only_ready: look only at flags already computed, so as to wait for nothing.
    """
    if not _pending:
        return
    waiting = []
    checks, _pending[:] = _pending[:], []
    for position, (flag, error) in enumerate(checks):
        array = flag.array
        if only_ready and (array is None or not getattr(array, "is_ready", lambda: True)()):
            waiting.append((flag, error))
            continue
        if bool(np.asarray(flag.get())) and (found := error()) is not None:
            _pending[:0] = waiting + checks[position + 1 :]
            raise found
    _pending[:0] = waiting
