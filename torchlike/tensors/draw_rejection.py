"""Draws that take as many uniforms as they happen to need: Poisson, binomial, gamma, Dirichlet.

Each element is sampled on its own, in Python, from double uniforms taken one at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.tensors.draw_dtypes import not_implemented
from torchlike.tensors.generator import Generator

__all__ = ["binomial", "dirichlet", "poisson", "standard_gamma"]

Uniform = Callable[[], float]


def _each(generator: Generator, sample: Callable[[Uniform, int], float], count: int) -> np.ndarray:
    """`sample(uniform, i)` for each element, in float64."""
    out = np.empty(count)

    def draw(uniform: Uniform) -> None:
        for i in range(count):
            out[i] = sample(uniform, i)

    if count:
        generator.stepwise(draw)
    return out


def poisson(generator: Generator, rate: np.ndarray) -> np.ndarray:
    """Counts of events with mean `rate`, as `torch.poisson` gives.

    Args:
        generator: where the words come from.
        rate: floating array, no element negative.

    Returns:
        An array of the shape and type of `rate`.

    Raises:
        RuntimeError: a rate is negative or not a number.
        NotImplementedError: `rate` has no floating type.

    Example:
        >>> poisson(Generator().manual_seed(0), np.array([1.0, 5.0, 50.0], np.float32)).tolist()
        [2.0, 6.0, 49.0]
    """
    type = dtypes.from_numpy(rate.dtype)
    if not rate.size:
        return rate.copy()
    if not type.is_floating_point:
        raise not_implemented("poisson_cpu", type)
    rates = rate.astype(np.float64).ravel().tolist()
    counts = _each(generator, lambda uniform, i: _poisson(rates[i], uniform), len(rates))
    return _rounded(counts, type).reshape(rate.shape)


def _rounded(values: np.ndarray, type: dtype) -> np.ndarray:
    if type.itemsize == 2:
        values = values.astype(np.float32)
    return values.astype(type.np)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)


def _poisson(rate: float, uniform: Uniform) -> float:
    if not rate >= 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    if rate == 0:
        return 0.0
    if rate < 10:
        # Knuth: count uniforms until their product falls below exp(-rate).
        floor = math.exp(-rate)
        count, product = 0, uniform()
        while product > floor:
            count += 1
            product *= uniform()
        return float(count)
    # Transformed rejection with squeeze (Hoermann, 1993).
    root, log_rate = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        accepted = _log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b)
        if accepted <= -rate + k * log_rate - math.lgamma(k + 1.0):
            return float(k)


def standard_gamma(generator: Generator, alpha: np.ndarray) -> np.ndarray:
    """Gamma distributed values of shape parameter `alpha` and scale 1, as `torch._standard_gamma` gives.

    Args:
        generator: where the words come from; a kept normal is used first.
        alpha: float32 or float64 array.

    Returns:
        An array of the shape and type of `alpha`.

    Raises:
        NotImplementedError: another type.

    Example:
        >>> standard_gamma(Generator().manual_seed(0), np.array([2.0])).round(4).tolist()
        [4.5526]
    """
    type = dtypes.from_numpy(alpha.dtype)
    if not alpha.size:
        return alpha.copy()
    if type not in (dtypes.float32, dtypes.float64):
        raise not_implemented("gamma_cpu", type)
    flat = alpha.ravel()
    values = _each(generator, lambda uniform, i: _gamma(flat[i], generator, uniform), len(flat))
    smallest = np.finfo(type.np).smallest_normal
    rounded = values.astype(type.np)
    return np.where(rounded > smallest, rounded, smallest).reshape(alpha.shape)


def _next_normal(generator: Generator, uniform: Uniform) -> float:
    kept = generator.next_normal
    if kept is not None:
        generator.next_normal = None
        return kept
    u1, u2 = uniform(), uniform()
    radius = math.sqrt(-2.0 * math.log1p(-u2))
    angle = 2.0 * math.pi * u1
    generator.next_normal = radius * math.sin(angle)
    return radius * math.cos(angle)


_SQUEEZE = float(np.float32(0.0331))


def _gamma(alpha: np.floating, generator: Generator, uniform: Uniform) -> float:
    """Marsaglia and Tsang (2000); `alpha` keeps its type where PyTorch computes in that type."""
    one = alpha.dtype.type(1)
    scale = 1.0
    if alpha < 1:
        if alpha == 0:
            return 0.0
        scale = math.pow(1 - uniform(), float(one / alpha))
        alpha = alpha + one
    d = float(alpha - alpha.dtype.type(np.float32(1) / np.float32(3)))
    root = 9.0 * d
    c = 1.0 / math.sqrt(root) if root > 0 else math.nan
    while True:
        while True:
            x = _next_normal(generator, uniform)
            y = 1.0 + c * x
            if not y <= 0:
                break
        v = y * y * y
        u = 1 - uniform()
        xx = x * x
        if u < 1.0 - _SQUEEZE * xx * xx:
            return scale * d * v
        if _log(u) < 0.5 * xx + d * (1.0 - v + _log(v)):
            return scale * d * v


def dirichlet(generator: Generator, alpha: np.ndarray) -> np.ndarray:
    """Points of the simplex, Dirichlet distributed over the last axis, as `torch._sample_dirichlet` gives.

    Args:
        generator: where the words come from; a kept normal is used first.
        alpha: float32 or float64 array of concentrations.

    Returns:
        An array of the shape and type of `alpha`, its last axis summing to 1.

    Raises:
        NotImplementedError: another type.

    Example:
        >>> float(dirichlet(Generator().manual_seed(0), np.ones(3)).sum().round(6))
        1.0
    """
    type = dtypes.from_numpy(alpha.dtype)
    if type not in (dtypes.float32, dtypes.float64):
        raise not_implemented("dirichlet", type)
    gamma = standard_gamma(generator, alpha.astype(np.float64))
    # PyTorch adds in the order of its vector units, so a float64 result may differ in the last bit.
    total = gamma.sum(-1, keepdims=True) if gamma.ndim else gamma
    ratio = (gamma / total).astype(type.np)
    below_one = np.nextafter(type.np.type(1), type.np.type(0))
    return np.clip(ratio, np.finfo(type.np).smallest_normal, below_one)


def binomial(generator: Generator, count: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Numbers of successes in `count` trials, as `torch.binomial` gives.

    Args:
        generator: where the words come from.
        count: float32 or float64 array, of whole numbers.
        probability: array of the same shape and type.

    Returns:
        An array of that shape and type; where `probability` is not a number, so is the result.

    Raises:
        ValueError: one of the types is no floating type.
        RuntimeError: the types differ.
        NotImplementedError: a half type.

    Example:
        >>> binomial(Generator().manual_seed(0), np.array([10.0, 100.0]), np.array([0.5, 0.3])).tolist()
        [7.0, 31.0]
    """
    type, other = dtypes.from_numpy(count.dtype), dtypes.from_numpy(probability.dtype)
    for name, given in (("count", type), ("prob", other)):
        if not given.is_floating_point:
            raise ValueError(
                f"binomial only supports floating-point dtypes for {name}, got: {given.legacy_name}"
            )
    if type is not other:
        raise RuntimeError(f"Found dtype {other.legacy_name} but expected {type.legacy_name}")
    if type.itemsize == 2:
        raise not_implemented("binomial_cpu", type)
    counts, probabilities = count.ravel(), probability.ravel()
    values = _each(generator, lambda uniform, i: _binomial(counts[i], probabilities[i], uniform), len(counts))
    return values.astype(type.np).reshape(count.shape)


def _binomial(count: np.floating, p: np.floating, uniform: Uniform) -> float:
    if count <= 0 or p <= 0:
        return 0.0
    if p >= 1:
        return float(count)
    if math.isnan(p) or math.isnan(count):
        return math.nan
    if p > 0.5:
        q = count.dtype.type(1.0 - float(p))
        return float(count) - _binomial_below_half(count, q, uniform)
    return _binomial_below_half(count, p, uniform)


def _binomial_below_half(count: np.floating, p: np.floating, uniform: Uniform) -> float:
    if count * p >= 10:
        return _btrs(count, p, uniform)
    log_q = float(count.dtype.type(math.log1p(-float(p))))
    successes, trials = 0.0, 0.0
    while True:
        trials += math.ceil(_log(uniform()) / log_q) if log_q else math.inf
        if trials > count:
            return successes
        successes += 1


def _btrs(count: np.floating, p: np.floating, uniform: Uniform) -> float:
    """Hoermann's transformed rejection; `count` and `p` keep their type where PyTorch uses it."""
    one = count.dtype.type(1)
    deviation = float(np.sqrt(count * p * (one - p)))
    p_wide, n = float(p), float(count)
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p_wide
    c = float(count * p) + 0.5
    v_r = 0.92 - 4.2 / b
    r = float(p / (one - p))
    alpha = (2.83 + 5.1 / b) * deviation
    m = math.floor(float((count + one) * p))
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - abs(u)
        k = float(count.dtype.type(math.floor((2 * a / us + b) * u + c)))
        if k < 0 or k > n:
            continue
        if us >= 0.07 and v <= v_r:
            return k
        v = _log(v * alpha / (a / (us * us) + b))
        bound = (
            (m + 0.5) * math.log((m + 1) / (r * (n - m + 1)))
            + (n + 1) * math.log((n - m + 1) / (n - k + 1))
            + (k + 0.5) * math.log(r * (n - k + 1) / (k + 1))
            + _stirling_tail(m)
            + _stirling_tail(n - m)
            - _stirling_tail(k)
            - _stirling_tail(n - k)
        )
        if v <= bound:
            return k


_TAILS = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)


def _stirling_tail(k: float) -> float:
    """What Stirling's approximation of `log(k!)` leaves out."""
    if k < len(_TAILS):
        return _TAILS[int(k)]
    square = (k + 1) * (k + 1)
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)
