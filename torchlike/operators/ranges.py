"""Whether integers lie in a range."""

from __future__ import annotations

from typing import Any

__all__ = ["Outside", "outside"]


def outside(index: Any, low: int, high: int, ignored: int | None = None) -> Any:
    """Whether any element is not in `low <= i < high`: of a NumPy array or of JAX's.

    Args:
        index: integers.
        low, high: the range.
        ignored: a number that is no index and means something else.
    """
    wrong = (index < low) | (index >= high)
    return (wrong if ignored is None else wrong & (index != ignored)).any()


class Outside:
    """What a `Guard` of an index gives as its `fails`: then the range of the data is looked up only once."""

    def __init__(self, low: int, high: int, ignored: int | None = None) -> None:
        self.low = low
        self.high = high
        self.ignored = ignored

    def __call__(self, index: Any) -> Any:
        return outside(index, self.low, self.high, self.ignored)
