"""Sizes of windows and paddings: one number for every dimension, or one for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["Size1", "Size2", "Size3", "ntuple", "repeated_in_reverse"]

Size1 = int | tuple[int]
Size2 = int | tuple[int, int]
Size3 = int | tuple[int, int, int]


def ntuple(value: Any, n: int) -> tuple:
    """`value` as it is if it is iterable, else `n` times.

    Example:
        >>> ntuple(3, 2), ntuple([1, 2], 2)
        ((3, 3), (1, 2))
    """
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def repeated_in_reverse(sizes: Iterable[int], n: int) -> tuple[int, ...]:
    """Each size `n` times, the last dimension first, as `F.pad` wants its padding.

    Example:
        >>> repeated_in_reverse((1, 2), 2)
        (2, 2, 1, 1)
    """
    return tuple(size for size in reversed(tuple(sizes)) for _ in range(n))
