"""Draws that take one uniform an element: `uniform_`, `exponential_`, `cauchy_`.

Every function draws in the memory order of a contiguous tensor and takes as many words from the generator as
PyTorch does, so that the draws after it agree as well.
"""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.tensors.draw_dtypes import CPP_NAMES, compute_dtype, narrow, not_implemented, numel
from torchlike.tensors.fused_arithmetic import fma64
from torchlike.tensors.generator import Generator

__all__ = ["cauchy", "exponential", "libm", "uniform", "unit_floats"]

_LOW_24 = np.uint32(0xFFFFFF)


def libm(function: object, values: np.ndarray) -> np.ndarray:
    """Apply a function of `math` to each element.

    NumPy's vector functions and the C library differ in the last bit here and there, and PyTorch calls the C
    library in these kernels.
    """
    return np.array(list(map(function, values.tolist())), np.float64)  # type: ignore[call-overload]


def unit_floats(generator: Generator, count: int) -> np.ndarray:
    """The next `count` float32 uniforms on [0, 1), multiples of 2**-24 that take one 32-bit word each."""
    words = generator.words32(count).astype(np.uint32)
    words &= _LOW_24
    floats = words.view(np.int32).astype(np.float32)
    floats *= np.float32(2.0**-24)
    return floats


def uniform(
    generator: Generator, shape: tuple[int, ...], type: dtype, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """Values spread evenly over [low, high): `low + (high - low) * u`, as `uniform_` and `rand` give.

    Args:
        generator: where the words come from: one for float32 and the half types, two for float64.
        shape: the result's shape.
        type: a floating type, or a complex one, whose real and imaginary parts are drawn alternately.
        low: lower bound, included.
        high: upper bound, excluded.

    Returns:
        An array of `shape` and `type`.

    Raises:
        NotImplementedError: `type` is an integer type.
        RuntimeError: the bounds are in the wrong order, not representable, or too far apart.

    Example:
        >>> from torchlike import dtypes
        >>> uniform(Generator().manual_seed(0), (2,), dtypes.float32).tolist()
        [0.49625658988952637, 0.7682217955589294]
    """
    if type.is_complex:
        if numel(shape) == 0:
            return np.empty(shape, type.np)
        parts = uniform(generator, (*shape, 2), type.to_real(), low, high)
        return parts.view(type.np).reshape(shape)
    if not type.is_floating_point:
        raise not_implemented("check_uniform_bounds", type)
    if not (low == 0.0 and high == 1.0):
        _check_bounds(low, high, type)
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    return _uniform(generator, count, type, float(low), float(high)).reshape(shape)


def _uniform(generator: Generator, count: int, type: dtype, low: float, high: float) -> np.ndarray:
    if type is dtypes.float64:
        values = generator.doubles(count)
        if low != 0.0:
            values = fma64(values, high - low, low)
        elif high != 1.0:
            values *= high
    elif low == 0.0 and high == 1.0:
        values = unit_floats(generator, count)
        if type is dtypes.float32:
            return values
    else:
        low32, high32 = np.float32(low), np.float32(high)
        words = generator.words32(count).astype(np.uint32)
        words &= _LOW_24
        wide = words * (2.0**-24 * np.float64(high32 - low32))
        wide += np.float64(low32)
        values = wide.astype(np.float32)
    values = values.astype(type.np, copy=False)
    # Rounding can reach the excluded bound.
    first, last = np.array([low, high], compute_dtype(type)).astype(type.np)
    values[values == last] = first
    return values


def _check_bounds(low: float, high: float, type: dtype) -> None:
    limit = float(ml_dtypes.finfo(type.np).max)
    for name, bound in (("from", low), ("to", high)):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {CPP_NAMES[type.name]}")
    if not low <= high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
        )
    if not high - low <= limit:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{type.legacy_name}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def exponential(generator: Generator, shape: tuple[int, ...], type: dtype, rate: float = 1.0) -> np.ndarray:
    """Exponentially distributed values, `-log(1 - u) / rate`, as `exponential_` gives.

    Args:
        generator: where the words come from, two an element.
        shape: the result's shape.
        type: a floating type.
        rate: PyTorch's `lambd`.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: `rate` is not positive, or `type` is no floating type.

    Example:
        >>> from torchlike import dtypes
        >>> round(float(exponential(Generator().manual_seed(0), (1,), dtypes.float32)[0]), 4)
        3.5083
    """
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    if not type.is_floating_point:
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating "
            f"point but you specified {type.legacy_name}"
        )
    uniforms = -generator.doubles(count)
    logarithms = libm(math.log1p, uniforms) if type is dtypes.float64 else np.log1p(uniforms)
    with np.errstate(over="ignore"):
        return narrow(-1.0 / rate * logarithms, type).reshape(shape)


def cauchy(
    generator: Generator, shape: tuple[int, ...], type: dtype, median: float = 0.0, sigma: float = 1.0
) -> np.ndarray:
    """Values of a Cauchy distribution, `median + sigma * tan(pi * (u - 0.5))`, as `cauchy_` gives.

    Args:
        generator: where the words come from, two an element.
        shape: the result's shape.
        type: a floating type.
        median: the distribution's centre.
        sigma: its scale, positive.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: `sigma` is not positive, or `type` is no floating type.

    Example:
        >>> from torchlike import dtypes
        >>> cauchy(Generator().manual_seed(0), (2,), dtypes.float32).shape
        (2,)
    """
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    if not type.is_floating_point:
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point "
            f"but you specified {CPP_NAMES[type.name]}"
        )
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    angles = math.pi * (generator.doubles(count) - 0.5)
    if type is dtypes.float64:
        values = fma64(libm(math.tan, angles), float(sigma), float(median))
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.tan(angles) * sigma + median
    return narrow(np.asarray(values), type).reshape(shape)
