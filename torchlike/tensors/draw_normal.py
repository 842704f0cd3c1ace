"""Normal draws: `normal_`, `randn`, `torch.normal` with tensors, `log_normal_`.

PyTorch has two ways to draw them. Sixteen or more contiguous elements are filled with uniforms and then
turned into normals eight pairs at a time; for float32 that is done by the Cephes polynomials for logarithm,
sine and cosine in fused AVX2 arithmetic, which `_box_muller32` repeats rounding for rounding. Fewer elements,
or elements that do not lie contiguously, are drawn one by one in double precision with the C library's
functions, the second of each pair kept for the next draw.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.tensors.draw_dtypes import narrow, not_implemented, numel
from torchlike.tensors.draw_uniform import libm, unit_floats
from torchlike.tensors.fused_arithmetic import fma64
from torchlike.tensors.generator import Generator

__all__ = ["log_normal", "normal", "normal_from_arrays"]

_BLOCK = 16
_HALF_BLOCK = np.dtype("V32")
# Temporaries of a float64 pass over this many pairs stay in a core's second-level cache.
_CHUNK_PAIRS = 1 << 15


def normal(
    generator: Generator,
    shape: tuple[int, ...],
    type: dtype,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    contiguous: bool = True,
) -> np.ndarray:
    """Normally distributed values, as `normal_` and `randn` give.

    Args:
        generator: where the words come from.
        shape: the result's shape.
        type: a floating type, or a complex one, whose real and imaginary parts are drawn alternately with
            `std / sqrt(2)` each.
        mean: the distribution's mean.
        std: its standard deviation, not negative.
        contiguous: whether the tensor to be filled lies contiguously. If it does not, PyTorch draws its
            elements one by one in memory order, whatever their number.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: `std` is negative.
        NotImplementedError: `type` is an integer type.

    Example:
        >>> from torchlike import dtypes
        >>> normal(Generator().manual_seed(0), (2,), dtypes.float32).tolist()
        [1.5409960746765137, -0.293428897857666]
    """
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    if type.is_complex:
        parts = normal(
            generator, (*shape, 2), type.to_real(), mean, std / math.sqrt(2.0), contiguous=contiguous
        )
        return parts.view(type.np).reshape(shape)
    if not type.is_floating_point:
        raise not_implemented("normal_kernel_cpu", type)
    if count < _BLOCK or not contiguous:
        return narrow(_one_by_one(generator, count, float(mean), float(std)), type).reshape(shape)
    with np.errstate(over="ignore", invalid="ignore"):
        if type is dtypes.float64:
            values = _filled64(generator, count, float(mean), float(std))
        elif type is dtypes.float32:
            values = _filled32(generator, count, mean, std)
        else:
            values = _filled_half(generator, count, mean, std, type)
    return values.reshape(shape)


def _filled32(generator: Generator, count: int, mean: float, std: float) -> np.ndarray:
    uniforms = unit_floats(generator, count)
    whole = count - count % _BLOCK
    out = np.empty(count, np.float32)
    _box_muller32(uniforms[:whole], mean, std, out[:whole])
    if whole != count:
        # A ragged end overwrites the last sixteen elements with a draw of their own.
        _box_muller32(unit_floats(generator, _BLOCK), mean, std, out[-_BLOCK:])
    return out


def _filled_half(generator: Generator, count: int, mean: float, std: float, type: dtype) -> np.ndarray:
    whole = count - count % _BLOCK
    wide = np.empty(count, np.float32)
    _box_muller32(unit_floats(generator, whole), mean, std, wide[:whole])
    if whole != count:
        _box_muller32(unit_floats(generator, _BLOCK), mean, std, wide[-_BLOCK:])
    return wide.astype(type.np)


def _filled64(generator: Generator, count: int, mean: float, std: float) -> np.ndarray:
    uniforms = generator.doubles(count)
    whole = count - count % _BLOCK
    out = np.empty(count)
    out[:whole] = _box_muller64(uniforms[:whole], mean, std)
    if whole != count:
        out[-_BLOCK:] = _box_muller64(generator.doubles(_BLOCK), mean, std)
    return out


def _box_muller64(uniforms: np.ndarray, mean: float, std: float) -> np.ndarray:
    blocks = uniforms.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2.0 * libm(math.log, (1.0 - blocks[:, 0]).ravel()))
    angle = (2.0 * math.pi * blocks[:, 1]).ravel()
    out = np.empty_like(blocks)
    out[:, 0] = (radius * libm(math.cos, angle)).reshape(-1, _BLOCK // 2)
    out[:, 1] = (radius * libm(math.sin, angle)).reshape(-1, _BLOCK // 2)
    return _scaled(out.reshape(-1), mean, std)


def _scaled(values: np.ndarray, mean: float, std: float) -> np.ndarray:
    """`values * std + mean` in float64, rounded once."""
    if mean == 0.0:
        if std == 1.0:
            return values + mean
        with np.errstate(over="ignore", invalid="ignore"):
            return values * std + mean
    if std == 1.0:
        return values + mean
    return fma64(values, std, mean)


class _Workspace(threading.local):
    """Arrays for one chunk of pairs, kept from call to call: fresh ones cost more than the arithmetic."""

    def __init__(self) -> None:
        self.wide, self.sum, self.term = (np.empty(_CHUNK_PAIRS) for _ in range(3))
        self.floats = [np.empty(_CHUNK_PAIRS, np.float32) for _ in range(7)]


_workspace = _Workspace()


def _box_muller32(uniforms: np.ndarray, mean: float, std: float, out: np.ndarray) -> None:
    """Normals from float32 uniforms, in blocks of 16: u1 in the first half, u2 in the second.

    The first half becomes `sqrt(-2 log(1 - u1)) cos(2 pi u2)`, the second the same with sine.
    """
    mean32, std32 = np.float32(mean), np.float32(std)
    half = _BLOCK // 2
    step = _CHUNK_PAIRS * 2
    for start in range(0, len(uniforms), step):
        blocks = uniforms[start : start + step].reshape(-1, 2, half)
        target = out[start : start + step].reshape(-1, 2, half)
        count = len(blocks) * half
        radius, angle, cosine = (a[:count] for a in _workspace.floats[:3])
        _copy_halves(radius, blocks[:, 0])
        _copy_halves(angle, blocks[:, 1])
        np.subtract(np.float32(1), radius, out=radius)
        angle *= np.float32(2 * math.pi)
        _radius32(radius)
        _sine_cosine32(angle, cosine)
        sine = angle
        cosine *= radius
        sine *= radius
        for position, values in ((0, cosine), (1, sine)):
            if std32 == 1:
                values += mean32
            else:
                _fused(values, std32, mean32, values)
            _copy_halves(target[:, position], values)


def _copy_halves(target: np.ndarray, source: np.ndarray) -> None:
    """Copy eight floats at a time, as items of 32 bytes; NumPy is slow on rows this short."""
    np.copyto(_as_halves(target), _as_halves(source))


def _as_halves(values: np.ndarray) -> np.ndarray:
    if values.ndim == 1:
        return values.view(_HALF_BLOCK)
    return values.view(_HALF_BLOCK)[:, 0]


def _fused(
    a: np.ndarray, b: np.ndarray | np.float32, c: np.ndarray | np.float32, out: np.ndarray
) -> np.ndarray:
    """`a * b + c` of float32 values, rounded once, into `out`.

    The product is exact in float64, so one float64 addition and the rounding to float32 remain. These differ
    from a single rounding only where the float64 sum is inexact and falls midway between two float32 values,
    about once in 2**29 inexact sums.
    """
    product, term = _workspace.sum[: len(a)], _workspace.term[: len(a)]
    product[...] = a
    term[...] = b
    product *= term
    term[...] = c
    product += term
    out[...] = product
    return out


_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_LOG_COEFFICIENTS = [
    float(np.float32(c))
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
]
_LN2_LOW, _LN2_HIGH = np.float32(-2.12194440e-4), np.float32(0.693359375)


def _radius32(u: np.ndarray) -> None:
    """Turn float32 `u` in (0, 1] into `sqrt(-2 log(u))`.

    Cephes' logf: `u = m * 2**e` with `m` between sqrt(1/2) and sqrt(2), and with `x = m - 1`
    `log(u) = x - x**2 / 2 + x**3 p(x) + e log(2)`, log(2) in a high and a low part.
    """
    z, y, e, e_low = (a[: len(u)] for a in _workspace.floats[3:])
    bits, exponent, shifted = u.view(np.int32), z.view(np.int32), y.view(np.int32)
    np.subtract(bits, _SQRT_HALF_BITS, out=exponent)
    exponent >>= 23
    e[...] = exponent
    bits -= np.left_shift(exponent, 23, out=shifted)
    x = u
    x -= np.float32(1)
    np.multiply(x, x, out=z)
    wide = _workspace.wide[: len(u)]
    wide[...] = x
    _polynomial32(wide, _LOG_COEFFICIENTS, y)
    y *= x
    _fused(y, z, np.multiply(e, _LN2_LOW, out=e_low), y)
    z *= np.float32(0.5)
    y -= z
    x += y
    # The high part of log(2) has nine bits, so its product with `e` is exact and the sum is as if fused.
    e *= _LN2_HIGH
    x += e
    x *= np.float32(-2)
    np.sqrt(x, out=x)


_FOUR_OVER_PI = np.float32(1.27323954473516)
_QUARTER_PI_PARTS = (np.float32(-0.78515625), np.float32(-2.4187564849853515625e-4))
_QUARTER_PI_REST = np.float32(-3.77489497744594108e-8)
_COSINE_COEFFICIENTS = [
    float(np.float32(c)) for c in (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
]
_SINE_COEFFICIENTS = [float(np.float32(c)) for c in (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)]
_SIGN = np.int32(-(2**31))


def _sine_cosine32(angle: np.ndarray, cosine: np.ndarray) -> None:
    """Turn float32 angles in [0, 2 pi] into their sines, and put their cosines into `cosine`.

    Cephes' sinf and cosf: the angle less the nearest even multiple j of pi/4 goes into a polynomial for sine
    and one for cosine; j tells which is which, and the signs.
    """
    z, product, multiple, turns = (a[: len(angle)] for a in _workspace.floats[3:])
    j = turns.view(np.int32)
    j[...] = np.multiply(angle, _FOUR_OVER_PI, out=product)
    j += 1
    j &= -2
    multiple[...] = j
    x = angle
    for part in _QUARTER_PI_PARTS:
        x += np.multiply(multiple, part, out=product)  # exact products: the parts are short and j at most 8
    _fused(multiple, _QUARTER_PI_REST, x, x)
    np.multiply(x, x, out=z)
    wide, value, term = (a[: len(angle)] for a in (_workspace.wide, _workspace.sum, _workspace.term))
    wide[...] = z
    _polynomial32(wide, _COSINE_COEFFICIENTS, cosine)
    cosine *= z
    value[...] = cosine
    value *= wide
    value -= np.multiply(wide, 0.5, out=term)
    cosine[...] = value
    cosine += np.float32(1)
    sine = product
    _polynomial32(wide, _SINE_COEFFICIENTS, sine)
    sine *= z
    value[...] = sine
    wide[...] = x
    value *= wide
    value += wide
    sine[...] = value
    # Exchange the two where j is 2 modulo 4, then flip signs: bit 2 of j is sine's, bit 2 of j + 2 cosine's.
    sine_bits, cosine_bits, swap, scratch = (a.view(np.int32) for a in (sine, cosine, z, multiple))
    np.left_shift(j, 30, out=swap)
    swap >>= 31
    swap &= np.bitwise_xor(sine_bits, cosine_bits, out=scratch)
    cosine_bits ^= swap
    np.bitwise_xor(sine_bits, swap, out=angle.view(np.int32))
    np.left_shift(j, 29, out=scratch)
    scratch &= _SIGN
    sine_bits = angle.view(np.int32)
    sine_bits ^= scratch
    j += 2
    j <<= 29
    j &= _SIGN
    cosine_bits ^= j


def _polynomial32(wide: np.ndarray, coefficients: list[float], out: np.ndarray) -> None:
    """Horner's scheme in float32 with fused steps, the highest coefficient first.

    Args:
        wide: the float32 argument, held in float64.
        coefficients: the float32 coefficients.
        out: where the float32 result goes.
    """
    value = _workspace.sum[: len(wide)]
    np.multiply(wide, coefficients[0], out=value)
    value += coefficients[1]
    for coefficient in coefficients[2:]:
        out[...] = value
        value[...] = out
        value *= wide
        value += coefficient
    out[...] = value


def _pairs(generator: Generator, count: int) -> Iterator[float]:
    """Standard normals one by one; the second of a pair left over stays with the generator."""
    if count and generator.next_normal is not None:
        kept, generator.next_normal = generator.next_normal, None
        yield kept
        count -= 1
    if count <= 0:
        return
    words = generator.words32(2 * (count + count % 2)).tolist()
    for high1, low1, high2, low2 in zip(words[0::4], words[1::4], words[2::4], words[3::4], strict=True):
        u1 = ((high1 & 0x1FFFFF) << 32 | low1) * 2.0**-53
        u2 = ((high2 & 0x1FFFFF) << 32 | low2) * 2.0**-53
        radius = math.sqrt(-2.0 * math.log1p(-u2))
        angle = 2.0 * math.pi * u1
        count -= 2
        if count < 0:
            generator.next_normal = radius * math.sin(angle)
            yield radius * math.cos(angle)
        else:
            yield radius * math.cos(angle)
            yield radius * math.sin(angle)


def _one_by_one(generator: Generator, count: int, mean: float, std: float) -> np.ndarray:
    with generator.lock:
        values = np.array(list(_pairs(generator, count)))
    return _scaled(values, mean, std)


def log_normal(
    generator: Generator, shape: tuple[int, ...], type: dtype, mean: float = 1.0, std: float = 2.0
) -> np.ndarray:
    """Values whose logarithm is normally distributed, as `log_normal_` gives.

    Args:
        generator: where the words come from; the elements are drawn one by one, in pairs.
        shape: the result's shape.
        type: a floating type.
        mean: mean of the logarithm.
        std: its standard deviation, positive.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: `std` is not positive.
        NotImplementedError: `type` is no floating type.

    Example:
        >>> from torchlike import dtypes
        >>> log_normal(Generator().manual_seed(0), (1,), dtypes.float64, 0.0, 1.0).round(3).tolist()
        [4.669]
    """
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    if not type.is_floating_point:
        raise not_implemented("log_normal_cpu", type)
    logarithms = _one_by_one(generator, count, float(mean), float(std))
    with np.errstate(over="ignore"):
        values = libm(_exp, logarithms) if type is dtypes.float64 else np.exp(logarithms)
    return narrow(values, type).reshape(shape)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def normal_from_arrays(
    generator: Generator, mean: np.ndarray | float, std: np.ndarray | float, type: dtype
) -> np.ndarray:
    """Normal values with a mean or a standard deviation for each element, as `torch.normal` gives.

    Args:
        generator: where the words come from.
        mean: means; an array, or a number when `std` is an array.
        std: standard deviations, none negative; broadcast against `mean`.
        type: the result's type: that of `mean` if it is a tensor, else that of `std`.

    Returns:
        An array of the broadcast shape.

    Raises:
        RuntimeError: a standard deviation is negative or complex, or the shapes do not broadcast.

    Example:
        >>> from torchlike import dtypes
        >>> generator, mean = Generator().manual_seed(0), np.zeros(2, np.float32)
        >>> normal_from_arrays(generator, mean, 1.0, dtypes.float32).tolist()
        [1.5409960746765137, -0.293428897857666]
    """
    if not isinstance(std, np.ndarray):
        shape = np.shape(mean)
        return _in_place(np.add, normal(generator, shape, type, 0.0, std), np.asarray(mean))
    if std.dtype.kind == "c":
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if std.size and not std.min() >= 0:
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shape = _broadcast(np.shape(mean), std.shape)
    values = _in_place(np.multiply, normal(generator, shape, type), std)
    return _in_place(np.add, values, np.asarray(mean, None if isinstance(mean, np.ndarray) else type.np))


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(a), len(b))
    left, right = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    for axis in reversed(range(rank)):
        if left[axis] != right[axis] and 1 not in (left[axis], right[axis]):
            raise RuntimeError(
                f"The size of tensor a ({left[axis]}) must match the size of tensor b ({right[axis]}) at "
                f"non-singleton dimension {axis}"
            )
    return np.broadcast_shapes(a, b)


def _in_place(operation: np.ufunc, values: np.ndarray, other: np.ndarray) -> np.ndarray:
    """`values.add_(other)` or `values.mul_(other)`: in the promoted type, rounded to that of `values`.

    As everywhere in PyTorch, an operand without dimensions does not raise the precision within a category.
    """
    type, other_type = dtypes.from_numpy(values.dtype), dtypes.from_numpy(other.dtype)
    scalar = other.ndim == 0 and values.ndim > 0 and other_type.category <= type.category
    promoted = type if scalar else dtypes.promote_types(type, other_type)
    compute = np.float32 if promoted.itemsize == 2 else promoted.np
    return operation(values.astype(compute), other.astype(compute)).astype(type.np)
