"""Yes-or-no and counted draws: `bernoulli_`, dropout masks, `geometric_`, `multinomial`.

On Intel processors PyTorch hands `bernoulli_(p)` with a number `p`, and with it dropout, to another generator
(MKL's MCG31), whose masks differ from those here. These are the masks of every other processor.
"""

from __future__ import annotations

import math

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.tensors.draw_dtypes import compute_dtype, narrow, not_implemented, numel
from torchlike.tensors.draw_uniform import exponential
from torchlike.tensors.generator import Generator

__all__ = ["bernoulli", "bernoulli_from_array", "dropout_mask", "geometric", "multinomial"]

_UNSIGNED_OR_COMPLEX = frozenset(("uint16", "uint32", "uint64", "complex64", "complex128"))


def bernoulli(generator: Generator, shape: tuple[int, ...], type: dtype, p: float) -> np.ndarray:
    """Ones with probability `p`, else zeros, as `bernoulli_(p)` gives.

    Args:
        generator: where the words come from, two an element.
        shape: the result's shape.
        type: any type but complex ones and uint16, uint32 and uint64.
        p: probability of a one.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: `p` is no probability.
        NotImplementedError: PyTorch has no such kernel for the type.

    Example:
        >>> from torchlike import dtypes
        >>> bernoulli(Generator().manual_seed(0), (4,), dtypes.int64, 0.5).tolist()
        [0, 0, 1, 0]
    """
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    if type.name in _UNSIGNED_OR_COMPLEX:
        raise not_implemented("bernoulli_scalar_cpu_", type)
    return _hits(generator, count, p).reshape(shape).astype(type.np, copy=False)


def _hits(generator: Generator, count: int, p: float) -> np.ndarray:
    # With whole numbers k, `k * 2**-53 < p` says the same as `k < ceil(p * 2**53)`.
    return generator.words53(count) < math.ceil(p * 2.0**53)


def dropout_mask(generator: Generator, shape: tuple[int, ...], p: float) -> np.ndarray:
    """Which elements dropout keeps while training: each with probability `1 - p`.

    Dropout then multiplies by `mask / (1 - p)`. With `p` 0 or 1, or nothing to mask, PyTorch draws nothing.
    The feature dropouts draw one element a channel: `shape` is (N, C, 1, 1), with C alone for unbatched
    input.

    Args:
        generator: where the words come from, two an element.
        shape: the mask's shape.
        p: probability of dropping an element, checked by the caller.

    Returns:
        A boolean array.

    Example:
        >>> dropout_mask(Generator().manual_seed(0), (4,), 0.5).tolist()
        [False, False, True, False]
    """
    if p == 0 or p == 1:
        return np.full(shape, p == 0)
    return _hits(generator, numel(shape), 1 - p).reshape(shape)


def bernoulli_from_array(
    generator: Generator, p: np.ndarray, type: dtype, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """Ones with a probability for each element, as `torch.bernoulli(p)` and `bernoulli_(tensor)` give.

    Args:
        generator: where the words come from: one an element, two if `p` is float64.
        p: floating array of probabilities.
        type: the result's type; `torch.bernoulli(p)` has that of `p`.
        shape: the result's shape, to which `p` is broadcast; that of `p` by default.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: an element of `p` is no probability. As in PyTorch, the elements before it have then
            been drawn.
        NotImplementedError: PyTorch has no such kernel for one of the types.

    Example:
        >>> from torchlike import dtypes
        >>> p = np.array([0.1, 0.9, 0.5], np.float32)
        >>> bernoulli_from_array(Generator().manual_seed(0), p, dtypes.float32).tolist()
        [0.0, 1.0, 1.0]
    """
    shape = p.shape if shape is None else shape
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    if type.name in _UNSIGNED_OR_COMPLEX:
        raise not_implemented("bernoulli_tensor_cpu_self_", type)
    p_type = dtypes.from_numpy(p.dtype)
    if not p_type.is_floating_point:
        raise not_implemented("bernoulli_tensor_cpu_p_", p_type)
    wide = np.broadcast_to(p, shape).astype(compute_dtype(p_type)).reshape(-1)
    valid = (wide >= 0) & (wide <= 1)
    drawn = count if valid.all() else int(np.argmin(valid))
    if p_type is dtypes.float64:
        uniforms = generator.doubles(drawn)
    else:
        words = generator.words32(drawn).astype(np.uint32)
        words &= np.uint32(0xFFFFFF)
        uniforms = words * np.float64(2.0**-24)
    if drawn < count:
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be "
            "improved?  If so, please report an enhancement request to PyTorch.)"
        )
    return (uniforms < wide).reshape(shape).astype(type.np, copy=False)


def geometric(generator: Generator, shape: tuple[int, ...], type: dtype, p: float) -> np.ndarray:
    """Numbers of trials until the first success, `ceil(log(u) / log(1 - p))`, as `geometric_` gives.

    Args:
        generator: where the words come from, two an element.
        shape: the result's shape.
        type: an integer or floating type.
        p: probability of success, strictly between 0 and 1.

    Returns:
        An array of `shape` and `type`.

    Raises:
        RuntimeError: `p` is not between 0 and 1.
        NotImplementedError: PyTorch has no such kernel for the type.

    Example:
        >>> from torchlike import dtypes
        >>> geometric(Generator().manual_seed(0), (3,), dtypes.int64, 0.5).tolist()
        [1, 1, 2]
    """
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    count = numel(shape)
    if count == 0:
        return np.empty(shape, type.np)
    if type.name in _UNSIGNED_OR_COMPLEX or type is dtypes.bool_:
        raise not_implemented("geometric_cpu", type)
    with np.errstate(divide="ignore"):
        trials = np.ceil(np.log(generator.doubles(count)) / math.log1p(-p))
    return narrow(trials, type).reshape(shape)


_MOST_CATEGORIES = 1 << 24


def multinomial(
    generator: Generator, weights: np.ndarray, num_samples: int, replacement: bool = False
) -> np.ndarray:
    """Indices drawn with probabilities proportional to `weights`, as `torch.multinomial` gives.

    Without replacement, and for one sample, the indices are those of the largest `weights / q`, with `q`
    exponentially distributed. Where several of these quotients are equal, as for more samples than positive
    weights, the lower index comes first; PyTorch's order among such is that of its selection algorithm.

    Args:
        generator: where the words come from: two a sample with replacement, but two a weight for one sample
            or without replacement.
        weights: floating array of shape (C,) or (N, C).
        num_samples: how many indices a row.
        replacement: whether an index may come again.

    Returns:
        An int64 array of shape (num_samples,) or (N, num_samples).

    Raises:
        RuntimeError: the weights or their number are not usable; the text says which.

    Example:
        >>> weights = np.array([0.1, 0.2, 0.7], np.float32)
        >>> multinomial(Generator().manual_seed(0), weights, 4, replacement=True).tolist()
        [2, 2, 2, 2]
    """
    type = dtypes.from_numpy(weights.dtype)
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not type.is_floating_point:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {type.legacy_name}"
        )
    categories = weights.shape[-1]
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > categories:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if categories > _MOST_CATEGORIES:
        raise RuntimeError("number of categories cannot exceed 2^24")
    shape = weights.shape[:-1] + (num_samples,)
    if numel(shape) == 0:
        return np.empty(shape, np.int64)
    wide = weights.astype(compute_dtype(type), copy=False)
    if replacement and num_samples > 1:
        return _with_replacement(generator, np.atleast_2d(wide), num_samples).reshape(shape)
    if not categories:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if not (wide.max() < np.inf and wide.min() >= 0):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (wide.sum(-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    return _by_race(generator, wide, num_samples, type)


def _by_race(generator: Generator, weights: np.ndarray, num_samples: int, type: dtype) -> np.ndarray:
    q = exponential(generator, weights.shape, type).astype(weights.dtype, copy=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (weights / q).astype(type.np).astype(weights.dtype, copy=False)
    if num_samples == 1:
        return np.argmax(score, -1, keepdims=True)
    return np.argsort(-score, -1, kind="stable")[..., :num_samples]


def _with_replacement(generator: Generator, weights: np.ndarray, num_samples: int) -> np.ndarray:
    cumulative = np.cumsum(weights, -1, dtype=weights.dtype)
    faults = _row_faults(weights, cumulative)
    sound = next((i for i, fault in enumerate(faults) if fault), len(faults))
    uniforms = generator.doubles(sound * num_samples).reshape(sound, num_samples)
    if sound < len(faults):
        raise RuntimeError(f"invalid multinomial distribution ({faults[sound]})")
    cumulative /= cumulative[:, -1:].copy()
    cumulative[:, -1] = 1
    return np.stack(
        [np.searchsorted(row, u) for row, u in zip(cumulative.astype(np.float64), uniforms, strict=True)]
    )


def _row_faults(weights: np.ndarray, cumulative: np.ndarray) -> list[str]:
    """What PyTorch says of each row, an empty text of a sound one; it looks at one row after the other."""
    if not weights.shape[1]:
        return ["sum of probabilities <= 0"] * len(weights)
    negative, infinite = ~(weights >= 0), ~np.isfinite(weights)
    if not negative.any() and not infinite.any() and (cumulative[:, -1] > 0).all():
        return [""] * len(weights)
    faults = []
    for row_negative, row_infinite, total in zip(negative, infinite, cumulative[:, -1], strict=True):
        bad = row_negative | row_infinite
        if bad.any():
            entry = "< 0" if row_negative[np.argmax(bad)] else "= infinity or NaN"
            faults.append(f"encountering probability entry {entry}")
        else:
            faults.append("" if total > 0 else "sum of probabilities <= 0")
    return faults
