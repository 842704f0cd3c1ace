"""Sliding windows: their sizes, and the elements that they show, for convolution, pooling and unfolding."""

from __future__ import annotations

from itertools import product

import jax.numpy as jnp
from jax import lax

__all__ = ["Ints", "Pads", "positions", "shown", "spread"]

Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def spread(values: Ints, dims: int) -> Ints:
    """One value for each of `dims` dimensions from one for all or one for each.

    Example:
        >>> spread((3,), 2)
        (3, 3)
    """
    return tuple(values) * dims if len(values) == 1 else tuple(values)


def positions(kernel: Ints) -> list[Ints]:
    """The indices into a window, row by row.

    Example:
        >>> positions((2, 2))
        [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    return list(product(*map(range, kernel)))


def shown(x, kernel: Ints, strides: Ints, pads: Pads, dilation: Ints, fill: float = 0) -> list:
    """Per position in the window, the elements that all windows have there.

    Args:
        x: an array whose last dimensions the window slides over, one for each element of `kernel`.
        kernel, strides, dilation: the window's size, how far it moves, and the distance of its elements.
        pads: how much is added before and after each dimension; a negative amount is cut off.
        fill: what is added.

    Returns:
        An array of the output's shape for each of `positions(kernel)`.
    """
    lead = x.ndim - len(kernel)
    if any(map(any, pads)):
        amounts = [(0, 0, 0)] * lead + [(a, b, 0) for a, b in pads]
        x = lax.pad(x, jnp.asarray(fill, x.dtype), amounts)
    sizes = x.shape[lead:]
    outs = [
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(sizes, kernel, strides, dilation, strict=True)
    ]
    parts = []
    for index in positions(kernel):
        starts = [i * d for i, d in zip(index, dilation, strict=True)]
        limits = [i + (o - 1) * s + 1 for i, o, s in zip(starts, outs, strides, strict=True)]
        parts.append(
            lax.slice(x, (*(0,) * lead, *starts), (*x.shape[:lead], *limits), (*(1,) * lead, *strides))
        )
    return parts
