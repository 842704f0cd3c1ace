"""Sums, means, products, counts and truth over dimensions."""

from __future__ import annotations

from math import prod as product
from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.dtypes import dtype as Dtype
from torchlike.operators.accepted import STANDARD
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim, wrap_dims
from torchlike.operators.division import divide

__all__: list[str] = []

_HALF = (jnp.float16, jnp.bfloat16)
# A full sum of this many elements or more goes by blocks, which XLA's CPU backend spreads over its threads.
_MANY, _BLOCK = 1 << 16, 1 << 10


def widened(x):
    """Half types as float32, in which PyTorch accumulates them."""
    return x.astype(jnp.float32) if x.dtype in _HALF else x


def accumulation_dtype(x, dtype: Dtype | None) -> Any:
    """The dtype of a sum's or product's result."""
    if dtype is not None:
        return dtype.np
    return x.dtype if jnp.issubdtype(x.dtype, jnp.inexact) else jnp.dtype(jnp.int64)


def add_up(x, dims: tuple[int, ...], keepdim: bool):
    """The sum of an array over dimensions, in the array's own dtype."""
    if len(dims) == x.ndim and x.size >= _MANY and x.size % _BLOCK == 0:
        total = jnp.sum(jnp.sum(x.reshape(-1, _BLOCK), axis=1, dtype=x.dtype), dtype=x.dtype)
        return total.reshape((1,) * x.ndim) if keepdim else total
    return jnp.sum(x, axis=dims, keepdims=keepdim, dtype=x.dtype)


def _convert(x, to: Any):
    if jnp.iscomplexobj(x) and not jnp.issubdtype(to, jnp.complexfloating):
        x = lax.real(x)
    return x if x.dtype == to else x.astype(to)


def summed(self, dim: tuple[int, ...] | None, keepdim: bool, dtype: Dtype | None):
    out = accumulation_dtype(self, dtype)
    return add_up(widened(_convert(self, out)), wrap_dims(dim, self.ndim), keepdim).astype(out)


def _check_dims(self: Any, dim: Any, *rest: Any) -> None:
    wrap_dims(dim, len(self.shape))


def _check_dim(self: Any, dim: int, *rest: Any) -> None:
    wrap_dim(dim, len(self.shape))


@operator("sum(Tensor self, *, dtype? dtype=None) -> Tensor", out=False)
def sum_all(self, dtype):
    return summed(self, None, False, dtype)


@operator(
    "sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, dtype? dtype=None) -> Tensor",
    check=_check_dims,
    backward="SumBackward1",
)
def sum_dim(self, dim, keepdim, dtype):
    return summed(self, dim, keepdim, dtype)


def check_mean(self: Any, dim: Any, keepdim: bool, dtype: Dtype | None) -> None:
    found = self.dtype if dtype is None else dtype
    if found.category < 2:
        whose = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {whose} dtype must be either a floating point or "
            f"complex dtype. Got: {found.legacy_name}"
        )
    wrap_dims(dim, len(self.shape))


def averaged(self, dim, keepdim, dtype):
    out = self.dtype if dtype is None else dtype.np
    dims = wrap_dims(dim, self.ndim)
    x = widened(_convert(self, out))
    count = product(self.shape[d] for d in dims)
    return divide(add_up(x, dims, keepdim), jnp.asarray(count, x.dtype)).astype(out)


@operator(
    "mean(Tensor self, *, dtype? dtype=None) -> Tensor",
    check=lambda self, dtype: check_mean(self, None, False, dtype),
    double_backward="DivBackward1",
)
def mean_all(self, dtype):
    return averaged(self, None, False, dtype)


@operator(
    "mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, dtype? dtype=None) -> Tensor",
    check=check_mean,
    backward="MeanBackward1",
    double_backward="DivBackward1",
)
def mean_dim(self, dim, keepdim, dtype):
    return averaged(self, dim, keepdim, dtype)


def multiplied(self, dims, keepdim, dtype):
    out = accumulation_dtype(self, dtype)
    x = widened(_convert(self, out))
    if not x.size and jnp.issubdtype(x.dtype, jnp.inexact):
        found = jnp.sum(lax.exp(x), axis=dims, keepdims=keepdim) + 1
        if found.size:
            # The product of nothing is 1, but its gradient depends on the nothing.
            return found.astype(out)
    return jnp.prod(x, axis=dims, keepdims=keepdim, dtype=x.dtype).astype(out)


@operator(
    "prod(Tensor self, *, dtype? dtype=None) -> Tensor",
    double_backward="MulBackward0",
    saves=("self", "result"),
)
def prod_all(self, dtype):
    return multiplied(self, tuple(range(self.ndim)), False, dtype)


@operator(
    "prod.dim_int(Tensor self, int dim, bool keepdim=False, *, dtype? dtype=None) -> Tensor",
    check=_check_dim,
    backward="ProdBackward1",
    saves=("self", "result"),
)
def prod_dim(self, dim, keepdim, dtype):
    return multiplied(self, wrap_dims((dim,), self.ndim), keepdim, dtype)


def check_nansum(self: Any, dim: Any, *rest: Any) -> None:
    if self.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    wrap_dims(dim, len(self.shape))


@operator(
    "nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor",
    check=check_nansum,
)
def nansum(self, dim, keepdim, dtype):
    return summed(jnp.where(self != self, jnp.zeros_like(self), self), dim, keepdim, dtype)


def check_nanmean(self: Any, dim: Any, *rest: Any) -> None:
    if self.dtype.category < 2:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{self.dtype.legacy_name}"
        )
    check_nansum(self, dim)


@operator(
    "nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor",
    check=check_nanmean,
    backward="DivBackward0",
)
def nanmean(self, dim, keepdim, dtype):
    total = nansum(self, dim, keepdim, dtype)
    count = jnp.sum(self == self, axis=wrap_dims(dim, self.ndim), keepdims=keepdim)
    return divide(total, count.astype(total.dtype))


def _truth(x):
    return x if x.dtype == jnp.bool_ else x != 0


def _judged(self, dims, keepdim, reduce):
    out = reduce(_truth(self), axis=dims, keepdims=keepdim)
    # The only type that PyTorch keeps.
    return out.astype(jnp.uint8) if self.dtype == jnp.uint8 else out


def _named_dims(dim: tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """As `wrap_dims`, but here an empty sequence means none."""
    return () if dim == () else wrap_dims(dim, ndim)


@operator("any(Tensor self) -> Tensor", differentiable=False)
def any_all(self):
    return _judged(self, tuple(range(self.ndim)), False, jnp.any)


@operator(
    "any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", differentiable=False, check=_check_dim
)
def any_dim(self, dim, keepdim):
    return _judged(self, wrap_dims((dim,), self.ndim), keepdim, jnp.any)


@operator(
    "any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
    differentiable=False,
    check=_check_dims,
)
def any_dims(self, dim, keepdim):
    return _judged(self, _named_dims(dim, self.ndim), keepdim, jnp.any)


@operator("all(Tensor self) -> Tensor", differentiable=False)
def all_all(self):
    return _judged(self, tuple(range(self.ndim)), False, jnp.all)


@operator(
    "all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", differentiable=False, check=_check_dim
)
def all_dim(self, dim, keepdim):
    return _judged(self, wrap_dims((dim,), self.ndim), keepdim, jnp.all)


@operator(
    "all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
    differentiable=False,
    check=_check_dims,
)
def all_dims(self, dim, keepdim):
    return _judged(self, _named_dims(dim, self.ndim), keepdim, jnp.all)


def _counted(self, dims):
    return jnp.sum(_truth(self), axis=dims, dtype=jnp.int64)


@operator(
    "count_nonzero(Tensor self, int? dim=None) -> Tensor",
    differentiable=False,
    out=False,
    check=lambda self, dim: wrap_dims(None if dim is None else (dim,), len(self.shape)),
    kernel="nonzero_count_cpu",
    accepts=STANDARD,
)
def count_nonzero(self, dim):
    return _counted(self, wrap_dims(None if dim is None else (dim,), self.ndim))


@operator(
    "count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor",
    differentiable=False,
    out=False,
    check=_check_dims,
    kernel="nonzero_count_cpu",
    accepts=STANDARD,
)
def count_nonzero_dims(self, dim):
    return _counted(self, wrap_dims(dim or None, self.ndim))
