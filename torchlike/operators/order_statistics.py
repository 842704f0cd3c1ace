"""Medians, modes, quantiles and the k-th smallest."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.operators.accepted import BOOL, REAL
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.division import divide
from torchlike.operators.rounding_once import rounded_once
from torchlike.operators.selections import empty_dim_error, position_of, take_at
from torchlike.operators.sorting import sorted_with_positions

__all__: list[str] = []


def _chosen(x, position, dim: int, keepdim: bool):
    """The elements at one position along a dimension, and that position."""
    values = take_at(x, position, dim)
    if not keepdim:
        values, position = jnp.squeeze(values, dim), jnp.squeeze(position, dim)
    return values, position.astype(jnp.int64)


def _rank(x, dim: int, k):
    """The position in `x` of the element of rank `k` (an array or number) along a dimension, kept."""
    positions = sorted_with_positions(lax.stop_gradient(x), dim)[1]
    return take_at(positions, k, dim)


def check_kthvalue(self: Any, k: int, dim: int, keepdim: bool) -> None:
    d = wrap_dim(dim, len(self.shape))
    empty_dim_error("kthvalue()", self, dim)
    if k < 1 or k > (self.shape[d] if self.shape else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {d}")


@operator(
    "kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
    check=check_kthvalue,
    kernel="kthvalue_cpu",
    accepts=REAL,
    saves=("indices",),
)
def kthvalue(self, k, dim, keepdim):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    d = wrap_dim(dim, self.ndim)
    return _chosen(self, _rank(self, d, k - 1), d, keepdim)


def _middle(x, dim: int, ignore_nan: bool):
    """The position of the lower median along a dimension, kept."""
    n = x.shape[dim]
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return _rank(x, dim, (n - 1) // 2)
    missing = x != x
    if ignore_nan:
        count = jnp.sum(~missing, axis=dim, keepdims=True, dtype=jnp.int32)
        return _rank(x, dim, jnp.maximum(count - 1, 0) // 2)
    first = position_of(missing, dim)
    return jnp.where(first < n, first, _rank(x, dim, (n - 1) // 2))


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _median_all(x, ignore_nan: bool):
    return take_at(x, _middle(x, 0, ignore_nan), 0)


@_median_all.defjvp
def _median_all_jvp(ignore_nan, primals, tangents):
    # Evenly over all the elements that equal it.
    (x,), (t,) = primals, tangents
    x = rounded_once(x)
    out = _median_all(x, ignore_nan)
    hit = (x == out) | ((x != x) & (out != out))
    count = jnp.sum(hit, keepdims=True).astype(x.dtype)
    return out, divide(jnp.sum(jnp.where(hit, t, 0), keepdims=True, dtype=x.dtype), count)


def _median_of_all(self, ignore_nan: bool):
    if self.size == 0:
        # What PyTorch's conversion of NaN gives.
        if self.dtype == jnp.bool_:
            return jnp.full((), True)
        fill = jnp.nan if jnp.issubdtype(self.dtype, jnp.inexact) else jnp.iinfo(self.dtype).min
        return jnp.full((), fill, self.dtype) + jnp.sum(self, dtype=self.dtype)
    return _median_all(self.reshape(-1), ignore_nan)[0]


def check_median(self: Any, dim: int, keepdim: bool) -> None:
    wrap_dim(dim, len(self.shape))
    empty_dim_error("median()", self, dim)


def _median_over(self, dim, keepdim, ignore_nan: bool):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    d = wrap_dim(dim, self.ndim)
    return _chosen(self, _middle(lax.stop_gradient(self), d, ignore_nan), d, keepdim)


def check_median_of_all(self: Any) -> None:
    if self.shape.numel() and self.dtype not in REAL:
        raise NotImplementedError(f"\"median_cpu\" not implemented for '{self.dtype.legacy_name}'")


@operator(
    "median(Tensor self) -> Tensor",
    check=check_median_of_all,
    out=False,
    double_backward="MaskedFillBackward1",
    saves=("self", "result"),
)
def median(self):
    return _median_of_all(self, False)


@operator(
    "median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    check=check_median,
    kernel="median_out",
    accepts=REAL,
    backward="MedianBackward1",
    saves=("indices",),
)
def median_dim(self, dim, keepdim):
    return _median_over(self, dim, keepdim, False)


@operator(
    "nanmedian(Tensor self) -> Tensor",
    check=check_median_of_all,
    out=False,
    saves=("self", "result"),
)
def nanmedian(self):
    return _median_of_all(self, True)


@operator(
    "nanmedian.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    check=check_median,
    kernel="median_out",
    accepts=REAL,
    backward="NanmedianBackward1",
    saves=("indices",),
)
def nanmedian_dim(self, dim, keepdim):
    return _median_over(self, dim, keepdim, True)


def check_mode(self: Any, dim: int, keepdim: bool) -> None:
    wrap_dim(dim, len(self.shape))
    empty_dim_error("mode()", self, dim)


@operator(
    "mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
    check=check_mode,
    kernel="mode_cpu",
    accepts=BOOL | REAL,
    saves=("indices",),
)
def mode(self, dim, keepdim):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    d = wrap_dim(dim, self.ndim)
    ordered, positions = sorted_with_positions(lax.stop_gradient(self), d)
    places = lax.broadcasted_iota(jnp.int32, self.shape, d)
    before = lax.slice_in_dim(ordered, 0, self.shape[d] - 1, axis=d)
    after = lax.slice_in_dim(ordered, 1, self.shape[d], axis=d)
    begins = jnp.concatenate(
        [jnp.ones_like(lax.slice_in_dim(places, 0, 1, axis=d), jnp.bool_), before != after], d
    )
    # How long the run of equal values is so far; the first to reach the greatest length is the smallest mode.
    run = places - lax.cummax(jnp.where(begins, places, 0), axis=d)
    longest = jnp.max(run, axis=d, keepdims=True)
    return _chosen(self, take_at(positions, position_of(run == longest, d), d), d, keepdim)


_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def check_quantile(self: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> None:
    name = "quantile()"
    if prod(self.shape) == 0:
        raise RuntimeError(f"{name} input tensor must be non-empty")
    if len(getattr(q, "shape", ())) > 1:
        raise RuntimeError(f"{name} q must be a scalar or 1D tensor")
    if self.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name} input tensor must be either float or double dtype")
    if hasattr(q, "dtype") and q.dtype is not self.dtype:
        raise RuntimeError(f"{name} q tensor must be same dtype as the input tensor")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"{name} interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    if isinstance(q, float) and not 0 <= q <= 1:
        raise RuntimeError(f"{name} q must be in the range [0, 1] but got {q:g}")
    if dim is not None:
        wrap_dim(dim, len(self.shape))


def _quantile(self, q, dim, keepdim, interpolation, ignore_nan: bool):
    d = 0 if dim is None else wrap_dim(dim, self.ndim)
    x = self.reshape(-1) if dim is None else (self.reshape(1) if self.ndim == 0 else self)
    x = jnp.moveaxis(x, d, -1)
    ordered = sorted_with_positions(x, x.ndim - 1)[0]
    qs = jnp.atleast_1d(jnp.asarray(q, x.dtype))
    missing = jnp.isnan(x)
    last = x.shape[-1] - 1
    if ignore_nan:
        count = jnp.sum(~missing, axis=-1, keepdims=True)
        ranks = qs * jnp.where(count == 0, last, count - 1).astype(x.dtype)
    else:
        # The last in order is NaN if any is.
        ranks = jnp.where(jnp.any(missing, -1, keepdims=True), last, qs * last).astype(x.dtype)
    if interpolation == "lower":
        ranks = lax.floor(ranks)
    elif interpolation == "higher":
        ranks = lax.ceil(ranks)
    elif interpolation == "nearest":
        ranks = lax.round(ranks, lax.RoundingMethod.TO_NEAREST_EVEN)
    below = lax.floor(ranks)
    low = jnp.take_along_axis(ordered, below.astype(jnp.int32), axis=-1)
    out = low
    if interpolation in ("linear", "midpoint"):
        weight = jnp.full_like(ranks, 0.5) if interpolation == "midpoint" else ranks - below
        high = jnp.take_along_axis(ordered, lax.ceil(ranks).astype(jnp.int32), axis=-1)
        near = weight < 0.5
        out = jnp.where(near, low + weight * (high - low), high - (high - low) * (1 - weight))
    out = jnp.moveaxis(out, -1, 0)
    if keepdim:
        shape = (
            (1,) * self.ndim if dim is None else tuple(1 if i == d else n for i, n in enumerate(self.shape))
        )
        out = out.reshape((qs.shape[0], *shape))
    scalar = jnp.ndim(q) == 0
    return out[0] if scalar else out


_QUANTILE = "int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor"


@operator(f"quantile(Tensor self, Tensor q, {_QUANTILE}", check=check_quantile, backward="SqueezeBackward4")
def quantile(self, q, dim, keepdim, interpolation):
    return _quantile(self, q, dim, keepdim, interpolation, False)


@operator(
    f"quantile.scalar(Tensor self, float q, {_QUANTILE}", check=check_quantile, backward="SqueezeBackward4"
)
def quantile_scalar(self, q, dim, keepdim, interpolation):
    return _quantile(self, q, dim, keepdim, interpolation, False)


@operator(
    f"nanquantile(Tensor self, Tensor q, {_QUANTILE}", check=check_quantile, backward="SqueezeBackward4"
)
def nanquantile(self, q, dim, keepdim, interpolation):
    return _quantile(self, q, dim, keepdim, interpolation, True)


@operator(
    f"nanquantile.scalar(Tensor self, float q, {_QUANTILE}", check=check_quantile, backward="SqueezeBackward4"
)
def nanquantile_scalar(self, q, dim, keepdim, interpolation):
    return _quantile(self, q, dim, keepdim, interpolation, True)
