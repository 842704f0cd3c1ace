"""Dimension arguments: negative ones counted from the end, and PyTorch's errors for bad ones."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["wrap_dim", "wrap_dims"]


def wrap_dim(dim: int, ndim: int) -> int:
    """The dimension that `dim` names in a tensor of `ndim` dimensions.

    A zero-dimensional tensor counts as having one.

    Raises:
        IndexError: there is no such dimension.

    Example:
        >>> wrap_dim(-1, 3)
        2
    """
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim + n if dim < 0 else dim


def wrap_dims(dims: Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The dimensions that a reduction's `dim` names; all of them for None and for an empty sequence.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: one appears twice.
    """
    if dims is None or len(dims) == 0:
        return tuple(range(ndim))
    wrapped = []
    for dim in dims:
        d = wrap_dim(dim, ndim)
        if d in wrapped:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        wrapped.append(d)
    return () if ndim == 0 else tuple(wrapped)
