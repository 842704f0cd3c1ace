"""Reading and writing at indices: gather, scatter and their kin.

The kernels get canonical dimensions and indices already checked to be in range (`torchlike.tensors.indexed`), and
promise so to XLA. Where two elements are written to one place, PyTorch keeps the last and sends the gradient to both;
promising `unique_indices` gives just that derivative.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.operators.declaration import operator
from torchlike.operators.rounding_once import rounded_once

__all__: list[str] = []

Ints = tuple[int, ...]
_INDEX = (dtypes.int64, dtypes.int32)
_IN_BOUNDS = "promise_in_bounds"


def _declare(schema: str, backward: str, aside: tuple[str, ...], **more: Any) -> Any:
    """Declare an operator without a public name."""
    return operator(schema, method=False, out=False, namespaces=(), backward=backward, aside=aside, **more)


def _at(x: Any, dims: Ints, indices: list) -> tuple:
    index: list[Any] = [slice(None)] * x.ndim
    for dim, i in zip(dims, indices, strict=True):
        index[dim] = jnp.where(i < 0, i + x.shape[dim], i)
    return tuple(index)


def _added(place: Any, values: Any) -> Any:
    # The sum of truth values is their disjunction.
    if values.dtype == jnp.bool_:
        return place.max(values, mode=_IN_BOUNDS)
    return place.add(values, mode=_IN_BOUNDS)


@_declare("_index(Tensor self, Tensor[] indices, int[] dims) -> Tensor", "IndexBackward0", ("indices",))
def index(self, indices, dims):
    return self.at[_at(self, dims, indices)].get(mode=_IN_BOUNDS)


@_declare(
    "_index_put(Tensor self, Tensor[] indices, Tensor values, int[] dims, bool accumulate) -> Tensor",
    "IndexPutBackward0",
    ("indices",),
)
def index_put(self, indices, values, dims, accumulate):
    place = self.at[_at(self, dims, indices)]
    if accumulate:
        return _added(place, values)
    return place.set(values, mode=_IN_BOUNDS, unique_indices=True)


@_declare("_index_select(Tensor self, int dim, Tensor index) -> Tensor", "IndexSelectBackward0", ("index",))
def index_select(self, dim, index):
    return jnp.take(self, index, axis=dim, mode="clip")


# -- gather and scatter -----------------------------------------------------------------------------------------------


def _grid(index: Any, dim: int) -> tuple:
    """The full index of every element of `index`, which names positions along `dim`."""
    return tuple(
        index if i == dim else lax.broadcasted_iota(index.dtype, index.shape, i) for i in range(index.ndim)
    )


def _along(self: Any, dim: int, index: Any) -> Any:
    return self.at[_grid(index, dim)].get(mode=_IN_BOUNDS)


@_declare("_gather(Tensor self, int dim, Tensor index) -> Tensor", "GatherBackward0", ("index",))
def gather(self, dim, index):
    if self.ndim and index.ndim:
        return _along(self, dim, index)
    return _along(self.reshape(-1), 0, index.reshape(-1)).reshape(index.shape)


def _trimmed(src: Any, index: Any) -> Any:
    return src[tuple(slice(0, n) for n in index.shape)]


@_declare(
    "_scatter(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", "ScatterBackward0", ("index",)
)
def scatter(self, dim, index, src):
    if not index.ndim:
        return src + jnp.zeros_like(self)
    place = self.at[_grid(index, dim)]
    return place.set(_trimmed(src, index), mode=_IN_BOUNDS, unique_indices=True)


@_declare(
    "_scatter_value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
    "ScatterBackward1",
    ("index",),
)
def scatter_value(self, dim, index, value):
    value = value.astype(self.dtype)
    if not index.ndim:
        return jnp.broadcast_to(value, self.shape)
    return self.at[_grid(index, dim)].set(value, mode=_IN_BOUNDS, unique_indices=True)


@_declare(
    "_scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
    "ScatterAddBackward0",
    ("index",),
)
def scatter_add(self, dim, index, src):
    if not index.ndim:
        return self + src
    return _added(self.at[_grid(index, dim)], _trimmed(src, index))


def _reduced(self: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> Any:
    """`scatter_reduce` without a gradient; `src` has the index's shape."""
    grid = _grid(index, dim)
    if not include_self:
        start: Any = 1 if reduce == "prod" else 0
        if reduce in ("amax", "amin"):
            low, high = _limits(self.dtype)
            start = low if reduce == "amax" else high
        self = self.at[grid].set(jnp.asarray(start, self.dtype), mode=_IN_BOUNDS)
    place = self.at[grid]
    if reduce in ("sum", "mean"):
        total = _added(place, src)
        if reduce == "sum":
            return total
        count = _counts(self, dim, index, include_self)
        if jnp.issubdtype(self.dtype, jnp.inexact):
            return total / count
        return jnp.floor_divide(total, count)
    if reduce == "prod":
        return place.multiply(src, mode=_IN_BOUNDS)
    return place.max(src, mode=_IN_BOUNDS) if reduce == "amax" else place.min(src, mode=_IN_BOUNDS)


def _limits(dtype: Any) -> tuple:
    if jnp.issubdtype(dtype, jnp.floating):
        return -jnp.inf, jnp.inf
    if dtype == jnp.bool_:
        return False, True
    info = jnp.iinfo(dtype)
    return info.min, info.max


def _counts(self: Any, dim: int, index: Any, include_self: bool) -> Any:
    start = jnp.ones(self.shape, self.dtype) if include_self else jnp.zeros(self.shape, self.dtype)
    count = start.at[_grid(index, dim)].add(jnp.ones((), self.dtype), mode=_IN_BOUNDS)
    return jnp.where(count == 0, jnp.ones((), self.dtype), count)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _scatter_reduce(dim: int, reduce: str, include_self: bool, self: Any, src: Any, index: Any) -> Any:
    return _reduced(self, dim, index, src, reduce, include_self)


def _reduce_forward(dim: int, reduce: str, include_self: bool, self: Any, src: Any, index: Any) -> tuple:
    if reduce in ("amax", "amin"):
        # The gradient compares both with the result.
        self, src = rounded_once(self), rounded_once(src)
    result = _reduced(self, dim, index, src, reduce, include_self)
    return result, (self, src, index, result)


def _reduce_backward(dim: int, reduce: str, include_self: bool, saved: tuple, grad: Any) -> tuple:
    # PyTorch's formulas: ties share the gradient, and products go around zeros.
    self, src, index, result = saved
    grid = _grid(index, dim)

    def along(x: Any) -> Any:
        return x.at[grid].get(mode=_IN_BOUNDS)

    if reduce == "sum":
        grad_self, grad_src = grad, along(grad)
    elif reduce == "mean":
        grad_self = grad / _counts(self, dim, index, include_self)
        grad_src = along(grad_self)
    elif reduce == "prod":
        one = jnp.ones((), self.dtype)
        masked_self = jnp.where(self == 0, one, self)
        grad_self = grad * _reduced(masked_self, dim, index, src, reduce, include_self) / masked_self
        zero = src == 0
        zeros = along(jnp.zeros_like(self).at[grid].add(zero.astype(self.dtype), mode=_IN_BOUNDS))
        single = zero & (zeros == 1)
        around = _reduced(self, dim, index, jnp.where(single, one, src), reduce, include_self)
        grad_src = jnp.where(single, along(grad * around), along(grad * result) / jnp.where(zero, one, src))
    else:
        value = along(result)
        self_is, src_is = (self == result).astype(self.dtype), (src == value).astype(self.dtype)
        share = grad / self_is.at[grid].add(src_is, mode=_IN_BOUNDS)
        grad_self, grad_src = self_is * share, src_is * along(share)
    if not include_self:
        grad_self = grad_self.at[grid].set(jnp.zeros((), self.dtype), mode=_IN_BOUNDS)
    return grad_self, grad_src, None


_scatter_reduce.defvjp(_reduce_forward, _reduce_backward)


@_declare(
    "_scatter_reduce(Tensor self, int dim, Tensor index, Tensor src, str reduce, bool include_self) -> Tensor",
    "ScatterReduceBackward0",
    ("index",),
)
def scatter_reduce(self, dim, index, src, reduce, include_self):
    if not index.ndim:
        shape = self.shape
        self, src, index = self.reshape(1), src.reshape(1), index.reshape(1)
        return _scatter_reduce(0, reduce, include_self, self, src, index).reshape(shape)
    return _scatter_reduce(dim, reduce, include_self, self, _trimmed(src, index), index)


@_declare(
    "_index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, bool include_self) -> Tensor",
    "IndexReduceBackward0",
    ("index",),
)
def index_reduce(self, dim, index, source, reduce, include_self):
    spread = index.reshape([-1 if i == dim else 1 for i in range(source.ndim)])
    if reduce == "prod" and self.dtype == jnp.bool_:
        reduce = "amin"
    return _scatter_reduce(dim, reduce, include_self, self, source, jnp.broadcast_to(spread, source.shape))


# -- along one dimension ----------------------------------------------------------------------------------------------


def _rows(self: Any, dim: int, index: Any) -> Any:
    return self.at[(slice(None),) * dim + (index,)]


def _ranked(self: Any, index: Any, source: Any) -> tuple:
    """Zero-dimensional tensors as vectors of one element."""
    return (
        self.reshape(1) if self.ndim == 0 else self,
        index.reshape(-1),
        source.reshape(1) if source is not None and source.ndim == 0 and self.ndim == 0 else source,
    )


@_declare(
    "_index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor",
    "IndexAddBackward0",
    ("index",),
)
def index_add(self, dim, index, source, alpha):
    x, index, source = _ranked(self, index, source)
    if source.ndim < x.ndim:
        source = jnp.expand_dims(source, dim)
    if not isinstance(alpha, int):
        source = source * alpha.astype(source.dtype)
    return _added(_rows(x, dim, index), source).reshape(self.shape)


@_declare(
    "_index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor",
    "IndexCopyBackward0",
    ("index",),
)
def index_copy(self, dim, index, source):
    x, index, source = _ranked(self, index, source)
    if source.ndim < x.ndim:
        source = jnp.expand_dims(source, dim)
    return _rows(x, dim, index).set(source, mode=_IN_BOUNDS, unique_indices=True).reshape(self.shape)


def _fill(self: Any, dim: int, index: Any, value: Any) -> Any:
    x, index, _ = _ranked(self, index, None)
    index = jnp.where(index < 0, index + x.shape[dim], index)
    return _rows(x, dim, index).set(value.astype(x.dtype), mode=_IN_BOUNDS).reshape(self.shape)


@_declare(
    "_index_fill(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
    "IndexFillBackward0",
    ("index",),
    strides="elementwise",
)
def index_fill(self, dim, index, value):
    return _fill(self, dim, index, value)


@_declare(
    "_index_fill_tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor",
    "IndexFillBackward1",
    ("index",),
)
def index_fill_tensor(self, dim, index, value):
    return _fill(self, dim, index, value)


# -- the flat tensor --------------------------------------------------------------------------------------------------


def _flat(self: Any, index: Any) -> Any:
    return jnp.where(index < 0, index + self.size, index)


@_declare("_take(Tensor self, Tensor index) -> Tensor", "TakeBackward0", ("index",))
def take(self, index):
    return self.reshape(-1).at[_flat(self, index)].get(mode=_IN_BOUNDS)


@_declare(
    "_put(Tensor self, Tensor index, Tensor source, bool accumulate) -> Tensor", "PutBackward0", ("index",)
)
def put(self, index, source, accumulate):
    place = self.reshape(-1).at[_flat(self, index)]
    source = source.reshape(index.shape)
    if accumulate:
        return _added(place, source).reshape(self.shape)
    return place.set(source, mode=_IN_BOUNDS, unique_indices=True).reshape(self.shape)


# -- masks ------------------------------------------------------------------------------------------------------------


@_declare("_masked_pick(Tensor self, Tensor index) -> Tensor", "MaskedSelectBackward0", ("index",))
def masked_pick(self, index):
    return self.reshape(-1).at[index].get(mode=_IN_BOUNDS, unique_indices=True)


@_declare(
    "_masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor", "MaskedScatterBackward0", ("mask",)
)
def masked_scatter(self, mask, source):
    rank = jnp.cumsum(mask.reshape(-1).astype(jnp.int64)).reshape(mask.shape) - 1
    flat = source.reshape(-1)
    if not flat.size:
        return self
    found = flat.at[jnp.clip(rank, 0, flat.size - 1)].get(mode=_IN_BOUNDS)
    return jnp.where(mask, found, self)


@_declare("_index_put_mask(Tensor self, Tensor mask, Tensor value) -> Tensor", "IndexPutBackward0", ("mask",))
def index_put_mask(self, mask, value):
    return jnp.where(mask, cast_to(value, self.dtype), self)


@_declare("_count_true(Tensor mask) -> Tensor", "NotImplemented", ())
def count_true(mask):
    return jnp.sum(mask, dtype=jnp.int64)


# -- whole tensors ----------------------------------------------------------------------------------------------------


def cast_to(x: Any, to: Any) -> Any:
    """An element cast as C++ does it: complex numbers lose their imaginary part, small integers wrap."""
    if jnp.issubdtype(x.dtype, jnp.complexfloating) and to.kind != "c":
        x = lax.real(x)
    if to.kind in "iu" and jnp.issubdtype(x.dtype, jnp.floating):
        return x.astype(jnp.int64).astype(to)
    return x.astype(to)


@operator(
    "_copy(Tensor self, Tensor src) -> Tensor",
    method=False,
    out=False,
    namespaces=(),
    backward="CopyBackwards",
)
def copy(self, src):
    return jnp.broadcast_to(cast_to(src, self.dtype), self.shape)


@operator(
    "_fill(Tensor self, Scalar value) -> Tensor",
    method=False,
    out=False,
    namespaces=(),
    backward="FillBackward2",
    aside=("value",),
)
def fill(self, value):
    return jnp.full(self.shape, cast_to(value, self.dtype))


@operator(
    "_fill_item(Tensor self, Scalar value) -> Tensor",
    method=False,
    out=False,
    namespaces=(),
    backward="FillBackward3",
    aside=("value",),
)
def fill_item(self, value):
    return jnp.full(self.shape, cast_to(value, self.dtype))


@operator(
    "_fill_tensor(Tensor self, Tensor value) -> Tensor",
    method=False,
    out=False,
    namespaces=(),
    backward="FillBackward3",
)
def fill_tensor(self, value):
    return jnp.full(self.shape, cast_to(value, self.dtype))


@operator("_zero(Tensor self) -> Tensor", method=False, out=False, namespaces=(), backward="ZeroBackward0")
def zero(self):
    return jnp.zeros(self.shape, self.dtype)
