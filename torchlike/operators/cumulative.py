"""Running sums, products and extremes along a dimension."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import BOOL, COMPLEX, FLOATING, REAL
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.reductions import accumulation_dtype, widened
from torchlike.operators.rounding_once import rounded_once

__all__: list[str] = []


def _check(self: Any, dim: int, *rest: Any) -> None:
    wrap_dim(dim, len(self.shape))


def _accumulate(self, dim, dtype, along):
    out = accumulation_dtype(self, dtype)
    x = widened(self.astype(out))
    return (along(x, axis=wrap_dim(dim, self.ndim)) if self.ndim else x).astype(out)


@operator(
    "cumsum(Tensor self, int dim, *, dtype? dtype=None) -> Tensor",
    structured=True,
    check=_check,
    double_backward="FlipBackward0",
)
def cumsum(self, dim, dtype):
    return _accumulate(self, dim, dtype, lax.cumsum)


@operator(
    "cumprod(Tensor self, int dim, *, dtype? dtype=None) -> Tensor",
    structured=True,
    check=_check,
    saves=("self", "result"),
)
def cumprod(self, dim, dtype):
    return _accumulate(self, dim, dtype, lax.cumprod)


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _running(x, dim: int, largest: bool):
    """The running extreme and where its last occurrence is; NaN stays."""
    x = rounded_once(x)
    if x.dtype == jnp.bool_:
        whole = x.astype(jnp.int8)
        extreme = (lax.cummax if largest else lax.cummin)(whole, axis=dim)
        hit, extreme = whole == extreme, extreme.astype(jnp.bool_)
    else:
        extreme = (lax.cummax if largest else lax.cummin)(x, axis=dim)
        hit = (x == extreme) | (x != x)
    positions = lax.broadcasted_iota(jnp.int32, x.shape, dim)
    return extreme, lax.cummax(jnp.where(hit, positions, 0), axis=dim)


@_running.defjvp
def _running_jvp(dim, largest, primals, tangents):
    # The gradient goes to the one element that was chosen.
    (x,), (t,) = primals, tangents
    extreme, position = _running(x, dim, largest)
    tangent = jnp.take_along_axis(t, position, axis=dim)
    return (extreme, position), (tangent, jnp.zeros(position.shape, jax.dtypes.float0))


def _running_with_position(self, dim, largest):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    extreme, position = _running(self, wrap_dim(dim, self.ndim), largest)
    return extreme, position.astype(jnp.int64)


@operator(
    "cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)",
    check=_check,
    kernel="cummax_cpu",
    accepts=BOOL | REAL,
    saves=("self", "indices"),
)
def cummax(self, dim):
    return _running_with_position(self, dim, True)


@operator(
    "cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)",
    check=_check,
    kernel="cummin_cpu",
    accepts=BOOL | REAL,
    saves=("self", "indices"),
)
def cummin(self, dim):
    return _running_with_position(self, dim, False)


@operator(
    "logcumsumexp(Tensor self, int dim) -> Tensor",
    check=_check,
    kernel="logcumsumexp_out_cpu",
    accepts=FLOATING | COMPLEX,
    saves=("self", "result"),
)
def logcumsumexp(self, dim):
    x = widened(self)
    return (lax.cumlogsumexp(x, axis=wrap_dim(dim, self.ndim)) if self.ndim else x).astype(self.dtype)
