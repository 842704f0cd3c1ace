"""Indices out of range: an error at the call where the indices are there, at the next sync where they are pending."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from torchlike.engine import Aval, Entry, Value, checks, record
from torchlike.engine.values import is_traced
from torchlike.operators.ranges import outside
from torchlike.tensors.host_memory import settled
from torchlike.tensors.tensor import Tensor

__all__ = ["verify"]

_PACKAGE = str(Path(__file__).parent.parent)


def verify(
    index: Tensor, low: int, high: int, error: Callable[[int], Exception], ignored: int | None = None
) -> None:
    """Raise `error(i)` for the first index that is not in `low <= i < high`.

    Args:
        index: integers.
        low, high: the range.
        error: makes the exception.
        ignored: a number that is no index and means something else.
    """
    value = settled(index._value())
    bounds = value.bounds or _look(value)
    if bounds is None:
        if is_traced(value.array):
            # Inside `jax.jit` there is no value to look at; JAX clamps.
            return
        whole = index._storage.value
        outer = whole.bounds or _look(whole)
        if outer is None or whole.aval.dtype is not value.aval.dtype:
            place = _place()
            flag = record(_flag(value.aval, low, high, ignored), (value,))[0]
            checks.add(flag, lambda: _placed(error(_first(value.get(), low, high, ignored)), place))
            return
        # What a view shows is among what its memory holds.
        if outer[0] >= low and outer[1] < high:
            return
        value.get()
        bounds = _look(value, wait=True) or outer
    if (bounds[0] < low or bounds[1] >= high) and value.aval.shape.numel():
        if ignored is None or outside(np.asarray(value.get()), low, high, ignored):
            raise error(_first(value.get(), low, high, ignored))


def _look(value: Value, wait: bool = False) -> tuple[int, int] | None:
    """The least and the greatest element, where they are there to be seen.

    Args:
        value: integers.
        wait: wait for a program that is still computing them.
    """
    array = value.array
    if array is None or is_traced(array):
        return None
    if not wait and not getattr(array, "is_ready", lambda: True)():
        return None
    host = np.asarray(array)
    value.bounds = (int(host.min()), int(host.max())) if host.size else (0, -1)
    return value.bounds


def _first(array: object, low: int, high: int, ignored: int | None) -> int:
    host = np.asarray(array).ravel()
    return int(host[((host < low) | (host >= high)) & (host != ignored)][0])


@lru_cache(maxsize=4096)
def _flag(aval: Aval, low: int, high: int, ignored: int | None) -> Entry:
    return Entry("index_range", lambda index: (outside(index, low, high, ignored),), (aval,))


def _place() -> str:
    """The line of the user's program that is being run."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _placed(error: Exception, place: str) -> Exception:
    error.add_note(f"The index was computed in the program; the call that used it is at {place}.")
    return error
