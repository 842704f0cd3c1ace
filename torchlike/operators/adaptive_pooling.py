"""Pooling to a given size: window i of m reaches from `floor(i * n / m)` to `ceil((i + 1) * n / m)`."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import operator
from torchlike.operators.pooling_checks import not_implemented, raise_dimensions
from torchlike.operators.windows import Ints

__all__: list[str] = []


def _bounds(n: int, out: int) -> tuple[np.ndarray, np.ndarray]:
    i = np.arange(out)
    return i * n // out, -(-(i + 1) * n // out)


def _members(n: int, out: int) -> tuple[np.ndarray, np.ndarray]:
    """Per window the indices of its elements, padded with its last one, and which are real: (out, m)."""
    start, end = _bounds(n, out)
    at = start[:, None] + np.arange((end - start).max(initial=1))
    return np.minimum(at, end[:, None] - 1), at < end[:, None]


def _sums(x, axis: int, out: int):
    n = x.shape[axis]
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    if out and n % out == 0:
        return x.reshape(*before, out, n // out, *after).sum(axis + 1)
    at, real = _members(n, out)
    parts = jnp.take(x, at.reshape(-1), axis).reshape(*before, *at.shape, *after)
    return jnp.where(real.reshape(*at.shape, *(1,) * len(after)), parts, 0).sum(axis + 1)


def _averages(self, output_size: Ints):
    dims = len(output_size)
    y = self if self.dtype in (jnp.float32, jnp.float64) else self.astype(jnp.float32)
    for i in range(1, dims + 1):
        y = _sums(y, y.ndim - i, output_size[-i])
    for i in range(1, dims + 1):
        start, end = _bounds(self.shape[-i], output_size[-i])
        y = y / (end - start).astype(y.dtype).reshape(-1, *(1,) * (i - 1))
    return y.astype(self.dtype)


def _argmax(x, output_size: Ints):
    """The flat index of the first of each window's largest elements, or of its last NaN."""
    dims = len(output_size)
    sizes = x.shape[-dims:]
    flat = jnp.zeros(x.shape, jnp.int64)
    # The last dimension first: of equal elements the first row's first is left over.
    for i in range(1, dims + 1):
        axis, below = x.ndim - i, prod(sizes[dims - i + 1 :])
        members, real = _members(sizes[-i], output_size[-i])
        best: Any = None
        chosen: Any = None
        for m in range(members.shape[1]):
            shape = (-1, *(1,) * (i - 1))
            at = members[:, m]
            part = jnp.take(x, at, axis)
            where = jnp.take(flat, at, axis) + (at * below).reshape(shape)
            if best is None:
                best, chosen = part, where
            else:
                better = ((part > best) | (part != part)) & real[:, m].reshape(shape)
                best, chosen = jnp.where(better, part, best), jnp.where(better, where, chosen)
        x, flat = best, chosen
    return flat


def _maxima(self, output_size: Ints):
    dims = len(output_size)
    lead, sizes = self.shape[:-dims], self.shape[-dims:]
    if 0 in output_size or 0 in lead:
        shape = (*lead, *output_size)
        return jnp.zeros(shape, self.dtype), jnp.zeros(shape, jnp.int64)
    where = _argmax(lax.stop_gradient(self), output_size)
    values = jnp.take_along_axis(self.reshape(*lead, prod(sizes)), where.reshape(*lead, -1), -1)
    return values.reshape(where.shape), where


def _check_not_empty(name: str, input: Aval, dims: int) -> None:
    for i in range(input.ndim - dims, input.ndim):
        if input.shape[i] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has "
                "sizes "
                f"{list(input.shape)} with dimension {i} being empty"
            )


def _check_average(dims: int, input: Aval, output_size: Ints) -> None:
    name = f"adaptive_avg_pool{dims}d"
    kernel = "adaptive_avg_pool3d_cpu" if dims == 3 else "adaptive_avg_pool2d"
    if dims == 1:
        raise_dimensions(name, input)
        if len(output_size) != 1:
            raise RuntimeError(
                f"{name}() argument 'output_size' should contain one int (got {len(output_size)})"
            )
        output_size, name = (1, *output_size), "adaptive_avg_pool2d"
    elif len(output_size) != dims:
        raise RuntimeError(f"{name}: output_size must be {dims}")
    if min(output_size) < 0:
        # PyTorch's own missing space.
        shown = ", ".join(map(str, output_size[:2])) + "".join(f",{n}" for n in output_size[2:])
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {{{shown}}}"
        )
    if input.ndim not in (dims + 1, dims + 2) and (dims > 1):
        raise RuntimeError(
            f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but got {list(input.shape)}"
        )
    _check_not_empty(name, input, dims)
    if input.dtype not in FLOATING:
        raise not_implemented(kernel, input.dtype)


_NODES = {1: "SqueezeBackward1", 2: "AdaptiveAvgPool2DBackward0", 3: "AdaptiveAvgPool3DBackward0"}

for _dims in (1, 2, 3):
    operator(
        f"{'' if _dims == 1 else '_'}adaptive_avg_pool{_dims}d(Tensor self, int[1] output_size) -> Tensor",
        check=partial(_check_average, _dims),
        backward=_NODES[_dims],
        namespaces=("torch", "nn.functional") if _dims == 1 else (),
        method=False,
        out=_dims == 1,
        saves=("self",),
        strides=("lines", "channels_last", "contiguous")[_dims - 1],
    )(_averages)


def _check_mean(input: Aval, dims: int) -> None:
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
            "dtype. "
            f"Got: {input.dtype.legacy_name}"
        )


@operator(
    "_adaptive_mean(Tensor self, int dims) -> Tensor",
    check=_check_mean,
    backward="MeanBackward1",
    namespaces=(),
    method=False,
    out=False,
)
def adaptive_mean(self, dims):
    """The mean over the last dimensions, each kept with size 1: what PyTorch makes of an output size of 1."""
    half = self.dtype in (jnp.bfloat16, jnp.float16)
    y = self.astype(jnp.float32) if half else self
    return y.mean(tuple(range(-dims, 0)), keepdims=True).astype(self.dtype)


def _check_maximum(dims: int, input: Aval, output_size: Ints) -> None:
    name = f"adaptive_max_pool{dims}d"
    if dims == 1:
        raise_dimensions(name, input)
        if len(output_size) != 1:
            raise RuntimeError(
                f"{name}() argument 'output_size' should contain one int (got {len(output_size)})"
            )
    elif input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but got: {list(input.shape)}"
        )
    _check_not_empty("adaptive_max_pool2d" if dims == 1 else name, input, dims)
    if len(output_size) != dims:
        raise RuntimeError(f"{name}(): internal error: output_size.size() must be {dims}")
    if min(output_size) < 0:
        lead = [*input.shape[:-1], 1] if dims == 1 else list(input.shape[:-dims])
        bad = next(n for n in output_size if n < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {bad}: {[*lead, *output_size]}")
    if input.dtype not in FLOATING:
        raise not_implemented("adaptive_max_pool3d_cpu" if dims == 3 else "adaptive_max_pool2d", input.dtype)


for _dims in (1, 2, 3):
    operator(
        f"adaptive_max_pool{_dims}d(Tensor self, int[{_dims}] output_size) -> (Tensor, Tensor)",
        check=partial(_check_maximum, _dims),
        backward="SqueezeBackward1" if _dims == 1 else f"AdaptiveMaxPool{_dims}DBackward0",
        namespaces=("torch",) if _dims == 1 else ("_C._nn",),
        method=False,
        out=False,
        strides=("lines", "channels_last", "contiguous")[_dims - 1],
    )(_maxima)
