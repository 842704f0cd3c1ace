"""Fused multiply-add for NumPy arrays, to the last bit.

A fused multiply-add computes `a * b + c` and rounds once. PyTorch's CPU kernels are compiled with it, NumPy has
none, and the digits of a random draw depend on where the rounding happens.
"""

from __future__ import annotations

import numpy as np

__all__ = ["fma32", "fma64"]


def fma32(a: np.ndarray, b: np.ndarray | np.float32, c: np.ndarray | np.float32) -> np.ndarray:
    """`a * b + c` of float32 values, rounded once.

    The product of two float32 values is exact in float64, so one float64 addition and the rounding to float32
    remain. The two roundings differ from one only where the float64 sum is inexact and falls on the middle between
    two float32 values, about once in 2**29 inexact sums.

    Args:
        a: float32 array.
        b: float32 array or scalar.
        c: float32 array or scalar.

    Returns:
        A float32 array of the broadcast shape.

    Example:
        >>> import numpy as np
        >>> tiny = np.float32(2.0**-12)
        >>> float(fma32(np.array([1 + tiny]), 1 + tiny, np.float32(-1))[0] - 2 * tiny) == 2.0**-24
        True
    """
    t = np.multiply(a, b, dtype=np.float64)
    t += c
    return t.astype(np.float32)


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
    product, product_low = _two_product(a, b)
    middle, low = _two_sum(c, product_low)
    high, high_low = _two_sum(product, middle)
    rest, error = _two_sum(low, high_low)
    rest = np.array(rest, ndmin=1)
    even = (rest.view(np.int64) & 1) == 0
    lost = np.atleast_1d(error) != 0
    step = even & lost
    if step.any():
        towards = np.where(np.atleast_1d(error) > 0, np.inf, -np.inf)
        rest = np.where(step, np.nextafter(rest, towards), rest)
    total = high + rest.reshape(np.shape(high))
    return np.where(np.isfinite(total), total, a * b + c)[()]
