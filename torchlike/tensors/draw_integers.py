"""Integer draws: `random_`, `randint`, `randperm`, and the seeds that data loaders draw.

What `torch.utils.data` takes from a generator, in order:

- `random_split(dataset, lengths, generator)`: `permutation(generator, sum(lengths))`; the parts are its
  slices.
- An epoch of `DataLoader`: `loader_seed(generator)`, for its workers, drawn whether it has workers or not.
- Then, with `shuffle=True` and no generator, `RandomSampler` draws `loader_seed(default_generator)`, seeds a
  generator of its own with it and takes `permutation(own, n)`. With a generator it takes
  `permutation(generator, n)` from that one. With replacement it takes `integers(generator, (32,), int64, 0,
  n)` again and again, and a last one for the remainder.
- `SubsetRandomSampler`: `permutation(generator, len(indices))`; `WeightedRandomSampler`: one `multinomial`.
"""

from __future__ import annotations

import warnings

import ml_dtypes
import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.tensors.draw_dtypes import CPP_NAMES, not_implemented, numel
from torchlike.tensors.generator import Generator

__all__ = ["integers", "loader_seed", "permutation"]

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_SIGNIFICANDS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
# From this range on PyTorch takes a 64-bit word an element, which keeps the skew of the remainder small.
_WIDE_RANGE = 1 << 28
_NO_BOUNDS_TYPES = frozenset(("uint16", "uint32", "uint64", "complex64", "complex128"))


def integers(
    generator: Generator, shape: tuple[int, ...], type: dtype, low: int | None = None, high: int | None = None
) -> np.ndarray:
    """Whole numbers spread evenly over a range, as `random_` and `randint` give.

    Args:
        generator: where the words come from: one 32-bit word an element, or a 64-bit one for ranges of 2**28
            and more and for float64 and int64 without bounds.
        shape: the result's shape.
        type: an integer, floating or boolean type.
        low: lower bound, included. Without it, `random_()`: all values of `type` that are not negative, or
            for floating types 0 to 2**digits.
        high: upper bound, excluded. Without it (`random_(low, None)`) the range ends with the type's largest
            whole number; with `low` the least int64 it is all of int64.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: the range is empty or does not fit the type.
        NotImplementedError: PyTorch has no such kernel for the type.

    Example:
        >>> from torchlike import dtypes
        >>> integers(Generator().manual_seed(0), (5,), dtypes.int64, 0, 10).tolist()
        [4, 9, 3, 0, 3]
    """
    count = numel(shape)
    if low is None:
        if count == 0:
            return np.empty(shape, type.np)
        return _unbounded(generator, count, type).reshape(shape)
    if high is None and low == _INT64_MIN:
        if count == 0:
            return np.empty(shape, type.np)
        return _all_64_bits(generator, count, type).reshape(shape)
    if high is not None:
        if not low < high:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            )
        if type.is_floating_point:
            low, high = _representable_low(low, type), _representable_high(high, type)
            if not low < high:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                    f"from={low} >= to={high}"
                )
        last = high - 1
    else:
        low, last = _open_range(low, type)
    _check_range(low, last, type)
    if count == 0:
        return np.empty(shape, type.np)
    return _ranged(generator, count, type, low, last - low + 1).reshape(shape)


def _ranged(generator: Generator, count: int, type: dtype, low: int, span: int) -> np.ndarray:
    if span >= _WIDE_RANGE:
        values = generator.words64(count)
        if span < 2**64:
            values %= np.uint64(span)
        values += np.uint64(low % 2**64)
        return _from_int64(values.view(np.int64), type)
    values32 = generator.words32(count).astype(np.uint32)
    values32 %= np.uint32(span)
    if type is dtypes.int64:
        wide = values32.astype(np.int64)
        if low:
            wide += low
        return wide
    return _from_int64(values32.astype(np.int64) + low, type)


def _from_int64(values: np.ndarray, type: dtype) -> np.ndarray:
    """PyTorch's cast of an int64: the half types are reached through float32."""
    if type.is_floating_point and type.itemsize == 2:
        with np.errstate(over="ignore"):
            return values.astype(np.float32).astype(type.np)
    return values.astype(type.np, copy=False)


def _unbounded(generator: Generator, count: int, type: dtype) -> np.ndarray:
    if type.name in _NO_BOUNDS_TYPES:
        raise not_implemented("random_kernel_cpu", type)
    if type is dtypes.bool_:
        return (generator.words32(count) & np.uint64(1)).astype(np.bool_)
    if type.is_floating_point:
        span = (1 << _SIGNIFICANDS[type.name]) + 1
    else:
        span = int(np.iinfo(type.np).max) + 1
    wide = type in (dtypes.int64, dtypes.float64)
    values = generator.words64(count) if wide else generator.words32(count)
    values %= np.uint64(span)
    return _from_int64(values.view(np.int64), type)


def _all_64_bits(generator: Generator, count: int, type: dtype) -> np.ndarray:
    if type.name in _NO_BOUNDS_TYPES or type in (dtypes.bool_, dtypes.float16):
        raise not_implemented("random_full_64_bits_range_kernel_cpu", type)
    if type not in (dtypes.int64, dtypes.float64, dtypes.float32, dtypes.bfloat16):
        raise RuntimeError(
            "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16"
        )
    return _from_int64(generator.words64(count).view(np.int64), type)


def _open_range(low: int, type: dtype) -> tuple[int, int]:
    if type.is_complex:
        raise RuntimeError("random_from_to_impl handles only integral, floating-point and boolean types")
    if type.is_floating_point:
        last = 1 << _SIGNIFICANDS[type.name]
        low = _representable_low(low, type)
        if not low < last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to "
                f"dtype, but got from={low} > to_inc={last}"
            )
        return low, last
    return low, 1 if type is dtypes.bool_ else int(np.iinfo(type.np).max)


def _as_type(value: int, type: dtype) -> int:
    """`value` after a round trip through a floating type, saturating as the processor's conversion does."""
    rounded = float(_from_int64(np.array([value], np.int64), type)[0])
    if not -(2.0**63) <= rounded < 2.0**63:
        return _INT64_MIN
    return int(rounded)


def _representable_low(low: int, type: dtype) -> int:
    above = _as_type(low + 1, type)
    if above < low:
        magnitude = abs(low + 1).bit_length() - 1
        low = above + (1 << (magnitude - _SIGNIFICANDS[type.name] + 1))
    return low


def _representable_high(high: int, type: dtype) -> int:
    below = _as_type(high - 1, type)
    if below >= high:
        magnitude = abs(high - 1).bit_length() - 1
        high = below - (1 << (magnitude - _SIGNIFICANDS[type.name] + 1))
    return high


def _check_range(low: int, last: int, type: dtype) -> None:
    if type.is_complex:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    least: float
    most: float
    if type.is_floating_point:
        most = float(ml_dtypes.finfo(type.np).max)
        least = -most
    elif type is dtypes.bool_:
        least, most = 0, 1
    elif type is dtypes.uint64:
        least, most = 0, _INT64_MAX
    else:
        least, most = int(np.iinfo(type.np).min), int(np.iinfo(type.np).max)
    bounds = (("from", low), ("to - 1", last))
    for name, bound in bounds:
        if not least <= bound <= most:
            raise RuntimeError(f"{name} is out of bounds for {CPP_NAMES[type.name]}")
    if not type.is_floating_point:
        return
    digits = _SIGNIFICANDS[type.name]
    for name, bound in bounds:
        if not -(1 << digits) <= bound <= 1 << digits:
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                f"{CPP_NAMES[type.name]} can support discrete uniform distribution only within this range. "
                "This warning will become an error in version 1.7 release, please fix the code in advance",
                UserWarning,
                stacklevel=2,
            )


def loader_seed(generator: Generator) -> int:
    """The seed that a `DataLoader` or a `RandomSampler` draws: one `int64` of `random_()`.

    Example:
        >>> loader_seed(Generator().manual_seed(0))
        900450186894289455
    """
    return int(generator.words64(1)[0]) % 2**63


def permutation(generator: Generator, n: int, type: dtype = dtypes.int64) -> np.ndarray:
    """The numbers 0 to n - 1 in random order, as `randperm` gives.

    Args:
        generator: where the words come from: n - 1 of 32 bits, or n of 64 bits from about 2**27.7 numbers on.
        n: how many numbers.
        type: the result's type, an integer or floating type that holds n - 1.

    Returns:
        An array of n elements.

    Raises:
        RuntimeError: `n` is negative or too large for the type.
        NotImplementedError: PyTorch has no such kernel for the type.

    Example:
        >>> permutation(Generator().manual_seed(0), 5).tolist()
        [4, 0, 1, 3, 2]
    """
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    _check_permutation(n, type)
    if n >= (2**32 - 1) // 20:
        return _inside_out(generator, n).astype(type.np)
    if n < 2:
        return np.zeros(n, type.np)
    words = generator.words32(n - 1).astype(np.uint32)
    targets = (words % np.arange(n, 1, -1, dtype=np.uint32)).astype(np.int64)
    targets += np.arange(n - 1)
    order = _swapped(targets) if n < _FEW else _swapped_at_once(targets)
    return _from_int64(order, type)


_FEW = 2000


def _swapped(targets: np.ndarray) -> np.ndarray:
    """Swap each position `i` with `targets[i]`, in turn."""
    order = list(range(len(targets) + 1))
    for i, target in enumerate(targets.tolist()):
        order[i], order[target] = order[target], order[i]
    return np.array(order)


def _swapped_at_once(targets: np.ndarray) -> np.ndarray:
    """`_swapped`, without a loop over the positions.

    Swap `i` takes what lies at its target for good and leaves there what lay at `i`. So what lay at `k` when
    its turn came had been left by the last earlier swap that aimed at `k`, or was `k` itself; and what swap
    `i` takes had been left by the swap before it that aimed at the same place, or was that place's own
    number.
    """
    steps = len(targets)
    places = np.arange(steps + 1)
    latest, earlier = _aims(targets)
    # What lies at k when its turn comes: follow the chain of swaps back to a place that none aimed at. A swap
    # of a place with itself comes last of all that aim there and moves nothing.
    idle = targets == places[:-1]
    latest[:-1][idle] = earlier[idle]
    origin = np.where(latest < 0, places, latest)
    while True:
        further = origin[origin]
        if np.array_equal(further, origin):
            break
        origin = further
    order = np.where(earlier < 0, targets, origin[earlier])
    return np.append(np.where(idle, origin[:-1], order), origin[-1])


def _aims(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last swap that aims at each place, and for each swap the one that aimed there before; or -1."""
    steps = len(targets)
    latest = np.full(steps + 1, -1)
    earlier = np.full(steps, -1)
    swaps = np.arange(steps)
    places = targets
    np.maximum.at(latest, places, swaps)
    last = latest.copy()
    while True:
        older = latest[places] != swaps
        swaps, places = swaps[older], places[older]
        if not len(swaps):
            return last, earlier
        newer = latest[places]
        latest[places] = -1
        np.maximum.at(latest, places, swaps)
        earlier[newer] = latest[places]


def _inside_out(generator: Generator, n: int) -> np.ndarray:
    """PyTorch's other shuffle, for so many numbers that a 32-bit remainder would be skewed."""
    order = np.empty(n, np.int64)
    step = 1 << 20
    for start in range(0, n, step):
        stop = min(start + step, n)
        targets = generator.words64(stop - start) % np.arange(start + 1, stop + 1, dtype=np.uint64)
        for i, target in enumerate(targets.tolist(), start):
            order[i] = order[target] if target != i else i
            order[target] = i
    return order


def _check_permutation(n: int, type: dtype) -> None:
    if type.category == 1 and n - 1 > int(np.iinfo(type.np).max):
        raise RuntimeError(f"value cannot be converted to type {type.name}_t without overflow")
    if type.name in _NO_BOUNDS_TYPES or type is dtypes.bool_:
        raise not_implemented("randperm", type)
    if type.is_floating_point and type is not dtypes.bfloat16:  # bfloat16 repeats numbers unchecked
        digits = _SIGNIFICANDS[type.name]
        if n > (1 << digits) + 1:
            shown = f"2^{digits}+1" if digits > 11 else str((1 << digits) + 1)
            raise RuntimeError(f"n cannot be greater than {shown} for {type.legacy_name} type.")
