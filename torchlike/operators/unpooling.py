"""The partial inverse of max pooling: values put back where their maxima were, zeros elsewhere."""

from __future__ import annotations

from functools import partial
from math import prod

import jax.numpy as jnp
import numpy as np

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import Guard, operator
from torchlike.operators.linear_pairs import linear_pair
from torchlike.operators.pooling_checks import not_implemented
from torchlike.operators.windows import Ints

__all__: list[str] = []


def _put(count: int, where, x):
    rows = where.reshape(-1, where.shape[-1])
    flat = jnp.zeros((rows.shape[0], count), x.dtype)
    row = jnp.arange(rows.shape[0])[:, None]
    return flat.at[row, rows].set(x.reshape(rows.shape)).reshape(*x.shape[:-1], count)


def _take(where, y):
    return jnp.take_along_axis(y, where, -1)


def _unpool(dims: int, self, indices, output_size: Ints):
    lead = self.shape[:-dims]
    x = self.reshape(*lead, prod(self.shape[-dims:]))
    where = indices.reshape(x.shape)
    # Where two values meet, PyTorch keeps the last, and sends the gradient to both.
    y = linear_pair(partial(_put, prod(output_size)), _take, (where,), x)
    return y.reshape(*lead, *output_size)


def _check(dims: int, input: Aval, indices: Aval, output_size: Ints) -> None:
    # PyTorch pools lines as images of one column.
    wide = max(dims, 2)
    ndim, shape = input.ndim + wide - dims, (*input.shape, *(1,) * (wide - dims))
    name = "max_unpooling3d" if dims == 3 else "max_unpooling2d"
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype.legacy_name}")
    if ndim not in (wide + 1, wide + 2):
        raise RuntimeError(
            f"Input to {name} should be a {wide + 1}d or {wide + 2}d Tensor, but got a tensor with {ndim} "
            "dimensions."
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(shape)}) but got "
            "indices "
            f"tensor with shape: {[*indices.shape, *(1,) * (wide - dims)]}"
        )
    if input.dtype not in FLOATING:
        raise not_implemented("max_unpool3d" if dims == 3 else "max_unpool2d", input.dtype)


def _guard(dims: int, input: Aval, indices: Aval, output_size: Ints) -> tuple | None:
    count = prod(output_size)
    volume = "x".join(map(str, (*output_size, 1) if dims == 1 else output_size))

    def fails(where):
        return ((where < 0) | (where >= count)).any()

    def error(where: np.ndarray) -> Exception:
        bad = where[(where < 0) | (where >= count)].ravel()[0]
        return RuntimeError(f"Found an invalid max index: {bad} (output volumes are of size {volume})")

    return fails, error


for _dims in (1, 2, 3):
    operator(
        f"_max_unpool{_dims}d(Tensor self, Tensor indices, int[] output_size) -> Tensor",
        check=partial(_check, _dims),
        guard=Guard(1, partial(_guard, _dims)),
        aside=("indices",),
        backward="SqueezeBackward1" if _dims == 1 else f"MaxUnpool{_dims}DBackward0",
        namespaces=(),
        method=False,
        out=False,
    )(partial(_unpool, _dims))
