"""Largest and smallest over dimensions, their positions, and PyTorch's choice of where the gradient goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import BOOL, REAL
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim, wrap_dims
from torchlike.operators.division import divide
from torchlike.operators.extremes import maximum, minimum, no_complex
from torchlike.operators.rounding_once import rounded_once

__all__ = ["empty_dim_error", "position_of", "take_at"]

_ORDERED = BOOL | REAL


def position_of(hit, dim: int):
    """The first position along a dimension where `hit` is true, the dimension kept at size 1."""
    n = hit.shape[dim]
    positions = lax.broadcasted_iota(jnp.int32, hit.shape, dim)
    return jnp.min(jnp.where(hit, positions, n), axis=dim, keepdims=True)


def take_at(x, position, dim: int):
    """The elements of `x` at one position along a dimension, the dimension kept at size 1.

    Written as a masked sum, whose transpose is a mask and no scatter.
    """
    positions = lax.broadcasted_iota(jnp.int32, x.shape, dim)
    return jnp.sum(
        jnp.where(positions == position, x, jnp.zeros_like(x)), axis=dim, keepdims=True, dtype=x.dtype
    )


def _extreme(x, dims: tuple[int, ...], keepdim: bool, largest: bool):
    if x.dtype == jnp.bool_:
        return (jnp.any if largest else jnp.all)(x, axis=dims, keepdims=keepdim)
    return (jnp.max if largest else jnp.min)(x, axis=dims, keepdims=keepdim)


def _hits(x, extreme):
    hit = x == extreme
    return hit | (x != x) if jnp.issubdtype(x.dtype, jnp.floating) else hit


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _select(x, dim: int, largest: bool):
    """The extreme along a dimension (NaN before all else) and where it is first, the dimension kept."""
    x = rounded_once(x)
    extreme = _extreme(x, (dim,), True, largest)
    return extreme, position_of(_hits(x, extreme), dim)


@_select.defjvp
def _select_jvp(dim, largest, primals, tangents):
    # The gradient goes to the one element that was chosen.
    (x,), (t,) = primals, tangents
    extreme, position = _select(x, dim, largest)
    return (extreme, position), (take_at(t, position, dim), jnp.zeros(position.shape, jax.dtypes.float0))


@partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3, 4))
def _spread(x, dims: tuple[int, ...], keepdim: bool, largest: bool, nan_equal: bool = False):
    return _extreme(x, dims, keepdim, largest)


@_spread.defjvp
def _spread_jvp(dims, keepdim, largest, nan_equal, primals, tangents):
    # Evenly over all the elements that are the extreme; where that is NaN, over the NaN or as 0 / 0.
    (x,), (t,) = primals, tangents
    x = rounded_once(x)
    extreme = _spread(x, dims, True, largest, nan_equal)
    hit = _hits(x, extreme) if nan_equal else x == extreme
    count = jnp.sum(hit, axis=dims, keepdims=True)
    weight = divide(hit.astype(x.dtype), count.astype(x.dtype))
    tangent = jnp.sum(weight * t, axis=dims, keepdims=True, dtype=x.dtype)
    out = extreme if keepdim else jnp.squeeze(extreme, dims)
    return out, tangent.reshape(out.shape)


def empty_dim_error(name: str, self: Any, dim: int) -> None:
    """Raise PyTorch's IndexError where a dimension to choose from is empty."""
    d = wrap_dim(dim, len(self.shape))
    if self.shape and self.shape[d] == 0:
        raise IndexError(f"{name}: Expected reduction dim {d} to have non-zero size.")


def _full_check(name: str) -> Callable[[Any], None]:
    def check(self: Any) -> None:
        if prod(self.shape) == 0:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                "reduction dim with the 'dim' argument."
            )

    return check


def _dim_check(name: str) -> Callable[..., None]:
    def check(self: Any, dim: int, keepdim: bool) -> None:
        wrap_dim(dim, len(self.shape))
        if self.dtype.is_complex:
            raise RuntimeError(f"{name}(): does not support complex input")
        empty_dim_error(f"{name}()", self, dim)

    return check


def _all_dims(x) -> tuple[int, ...]:
    return tuple(range(x.ndim))


def _with_position(self, dim, keepdim, largest):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    d = wrap_dim(dim, self.ndim)
    extreme, position = _select(self, d, largest)
    if not keepdim:
        extreme, position = jnp.squeeze(extreme, d), jnp.squeeze(position, d)
    return extreme, position.astype(jnp.int64)


@operator(
    "max(Tensor self) -> Tensor",
    check=_full_check("max"),
    kernel="max_all",
    accepts=_ORDERED,
    backward="MaxBackward1",
    double_backward="MaskedFillBackward1",
    saves=("self", "result"),
)
def max_all(self):
    return _spread(self, _all_dims(self), False, True, True)


@operator(
    "max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    check=_dim_check("max"),
    kernel="max_cpu",
    accepts=_ORDERED,
    double_backward="ScatterBackward0",
    saves=("indices",),
)
def max_dim(self, dim, keepdim):
    return _with_position(self, dim, keepdim, True)


@operator(
    "max.other(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=no_complex("maximum"),
    kernel="maximum_cpu",
    accepts=_ORDERED,
    backward="MaximumBackward0",
)
def max_other(self, other):
    return maximum(self, other)


@operator(
    "min.other(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=no_complex("minimum"),
    kernel="minimum_cpu",
    accepts=_ORDERED,
    backward="MinimumBackward0",
)
def min_other(self, other):
    return minimum(self, other)


@operator(
    "min(Tensor self) -> Tensor",
    check=_full_check("min"),
    kernel="min_all",
    accepts=_ORDERED,
    backward="MinBackward1",
    double_backward="MaskedFillBackward1",
    saves=("self", "result"),
)
def min_all(self):
    return _spread(self, _all_dims(self), False, False, True)


@operator(
    "min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    check=_dim_check("min"),
    kernel="min_cpu",
    accepts=_ORDERED,
    double_backward="ScatterBackward0",
    saves=("indices",),
)
def min_dim(self, dim, keepdim):
    return _with_position(self, dim, keepdim, False)


def _amax_check(name: str) -> Callable[..., None]:
    def check(self: Any, dim: tuple[int, ...], keepdim: bool) -> None:
        dims = wrap_dims(dim, len(self.shape))
        if not dim:
            _full_check(name)(self)
        for d in dims:
            empty_dim_error(f"{name}()", self, d)

    return check


@operator(
    "amax(Tensor self, int[1] dim=(), bool keepdim=False) -> Tensor",
    check=_amax_check("amax"),
    kernel="max_values_cpu",
    accepts=_ORDERED,
    double_backward="MulBackward0",
    saves=("self", "result"),
)
def amax(self, dim, keepdim):
    return _spread(self, wrap_dims(dim, self.ndim), keepdim, True)


@operator(
    "amin(Tensor self, int[1] dim=(), bool keepdim=False) -> Tensor",
    check=_amax_check("amin"),
    kernel="min_values_cpu",
    accepts=_ORDERED,
    double_backward="MulBackward0",
    saves=("self", "result"),
)
def amin(self, dim, keepdim):
    return _spread(self, wrap_dims(dim, self.ndim), keepdim, False)


def check_aminmax(self: Any, dim: int | None, keepdim: bool) -> None:
    if dim is not None:
        empty_dim_error("aminmax", self, dim)
    elif prod(self.shape) == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )


@operator(
    "aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
    check=check_aminmax,
    kernel="aminmax_cpu",
    accepts=_ORDERED,
    saves=("self", "min", "max"),
)
def aminmax(self, dim, keepdim):
    dims = _all_dims(self) if dim is None else wrap_dims((dim,), self.ndim)
    return _spread(self, dims, keepdim, False), _spread(self, dims, keepdim, True)


def _arg_check(name: str) -> Callable[..., None]:
    def check(self: Any, dim: int | None, keepdim: bool) -> None:
        if self.dtype.is_complex:
            raise RuntimeError(f"{name}(): does not support complex input")
        if self.dtype.category == 0:
            raise RuntimeError(f"{name}(): does not support bool input")
        if dim is not None:
            empty_dim_error(f"{name}()", self, dim)
        elif prod(self.shape) == 0:
            raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")

    return check


def _arg(self, dim, keepdim, largest):
    if self.ndim == 0:
        return jnp.zeros((), jnp.int64)
    x, d = (self.reshape(-1), 0) if dim is None else (self, wrap_dim(dim, self.ndim))
    position = _select(x, d, largest)[1].astype(jnp.int64)
    if dim is None:
        return position.reshape((1,) * self.ndim if keepdim else ())
    return position if keepdim else jnp.squeeze(position, d)


@operator(
    "argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
    check=_arg_check("argmax"),
    kernel="argmax_cpu",
    accepts=_ORDERED,
    differentiable=False,
)
def argmax(self, dim, keepdim):
    return _arg(self, dim, keepdim, True)


@operator(
    "argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
    check=_arg_check("argmin"),
    kernel="argmin_cpu",
    accepts=_ORDERED,
    differentiable=False,
)
def argmin(self, dim, keepdim):
    return _arg(self, dim, keepdim, False)
