"""Fused multiply-add for NumPy arrays, to the last bit.

A fused multiply-add computes `a * b + c` and rounds once. PyTorch's CPU kernels are compiled with it, NumPy
has none, and the digits of a random draw depend on where the rounding happens.
"""

from __future__ import annotations

import numpy as np

__all__ = ["fma64"]


_SPLIT = 134217729.0  # 2**27 + 1, Veltkamp's constant for a 53-bit significand


def _two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knuth's sum: `s + e == a + b` exactly, `s` the rounded sum."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Dekker's product: `p + e == a * b` exactly, `p` the rounded product."""
    p = a * b
    t = a * _SPLIT
    a_high = t - (t - a)
    a_low = a - a_high
    t = b * _SPLIT
    b_high = t - (t - b)
    b_low = b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def fma64(a: np.ndarray | float, b: np.ndarray | float, c: np.ndarray | float) -> np.ndarray:
    """`a * b + c` of float64 values, rounded once (Boldo and Melquiond, 2008).

    The sum of the two low parts is rounded to odd, which keeps the final rounding from being a second one.

    Args:
        a, b, c: float64 arrays or scalars. Where an intermediate overflows, the result is the unfused one.

    Returns:
        A float64 array of the broadcast shape.

    Example:
        >>> tiny = 2.0**-30
        >>> float(fma64(1 + tiny, 1 + tiny, -1.0) - 2 * tiny) == 2.0**-60
        True
    """
    a, b, c = np.broadcast_arrays(np.asarray(a, np.float64), b, c)
    with np.errstate(over="ignore", invalid="ignore"):
        total = _fused_sum(a, b, c)
        return np.where(np.isfinite(total), total, a * b + c)[()]


def _fused_sum(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    product, product_low = _two_product(a, b)
    middle, low = _two_sum(c, product_low)
    high, high_low = _two_sum(product, middle)
    rest, error = (np.atleast_1d(part) for part in _two_sum(low, high_low))
    to_odd = ((rest.view(np.int64) & 1) == 0) & (error != 0)
    if to_odd.any():
        towards = np.where(error > 0, np.inf, -np.inf)
        rest = np.where(to_odd, np.nextafter(rest, towards), rest)
    return high + rest.reshape(np.shape(high))
