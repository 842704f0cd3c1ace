"""The larger and the smaller: pointwise extremes and clamping, with PyTorch's subgradients at equality."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import BOOL, REAL
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import operator

__all__ = ["clamped", "no_complex"]


def no_complex(name: str):
    """The check of a pointwise extreme: no complex operands, and shapes that broadcast."""

    def check(self: Any, other: Any) -> None:
        if self.dtype.is_complex or other.dtype.is_complex:
            raise RuntimeError(f"{name} not implemented for complex tensors.")
        shapes(self, other)

    return check


@jax.custom_jvp
def _maximum(a, b):
    return lax.max(a, b)


@_maximum.defjvp
def _maximum_jvp(primals, tangents):
    # Halves where they are equal; where one is NaN, both get the whole.
    (a, b), (ta, tb) = primals, tangents
    half = jnp.where(a == b, 0.5, 1).astype(a.dtype)
    return _maximum(a, b), jnp.where(a < b, 0, half * ta) + jnp.where(b < a, 0, half * tb)


@jax.custom_jvp
def _minimum(a, b):
    return lax.min(a, b)


@_minimum.defjvp
def _minimum_jvp(primals, tangents):
    # As for the maximum.
    (a, b), (ta, tb) = primals, tangents
    half = jnp.where(a == b, 0.5, 1).astype(a.dtype)
    return _minimum(a, b), jnp.where(a > b, 0, half * ta) + jnp.where(b > a, 0, half * tb)


@operator(
    "maximum(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=no_complex("maximum"),
    kernel="maximum_cpu",
    accepts=BOOL | REAL,
    saves=("self", "other"),
)
def maximum(self, other):
    return _maximum(*jnp.broadcast_arrays(self, other))


@operator(
    "minimum(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=no_complex("minimum"),
    kernel="minimum_cpu",
    accepts=BOOL | REAL,
    saves=("self", "other"),
)
def minimum(self, other):
    return _minimum(*jnp.broadcast_arrays(self, other))


def _is_nan(x):
    return x != x


@operator(
    "fmax(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=no_complex("fmax"),
    kernel="maximum_cpu",
    accepts=BOOL | REAL,
)
def fmax(self, other):
    return jnp.where((self >= other) | _is_nan(other), self, other)


@operator(
    "fmin(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=no_complex("fmin"),
    kernel="minimum_cpu",
    accepts=BOOL | REAL,
)
def fmin(self, other):
    return jnp.where((self <= other) | _is_nan(other), self, other)


@jax.custom_jvp
def _clamp(x, low, high):
    return lax.min(lax.max(x, low), high)


@_clamp.defjvp
def _clamp_jvp(primals, tangents):
    # The bounds themselves still belong to `x`.
    (x, low, high), (tx, tlow, thigh) = primals, tangents
    out = _clamp(x, low, high)
    tangent = jnp.where((x >= low) & (x <= high), tx, 0)
    tangent += jnp.where((low < high) & (x < low), tlow, 0) + jnp.where((x > high) | (high < low), thigh, 0)
    return out, tangent


@jax.custom_jvp
def _clamp_min(x, low):
    return lax.max(x, low)


@_clamp_min.defjvp
def _clamp_min_jvp(primals, tangents):
    # At the bound the whole gradient is that of `x`.
    (x, low), (tx, tlow) = primals, tangents
    return _clamp_min(x, low), jnp.where(x >= low, tx, 0) + jnp.where(x < low, tlow, 0)


@jax.custom_jvp
def _clamp_max(x, high):
    return lax.min(x, high)


@_clamp_max.defjvp
def _clamp_max_jvp(primals, tangents):
    # At the bound the whole gradient is that of `x`.
    (x, high), (tx, thigh) = primals, tangents
    return _clamp_max(x, high), jnp.where(x <= high, tx, 0) + jnp.where(x > high, thigh, 0)


def clamped(x, low, high):
    """`x` between two bounds, either of which may be None; at a bound the gradient is that of `x`."""
    if low is None:
        return _clamp_max(*jnp.broadcast_arrays(x, high))
    if high is None:
        return _clamp_min(*jnp.broadcast_arrays(x, low))
    return _clamp(*jnp.broadcast_arrays(x, low, high))


def check_clamp(self: Any, min: Any, max: Any) -> None:
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if self.dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    shapes(self, min, max)


@operator(
    "clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor",
    promote="same",
    inplace=True,
    check=check_clamp,
    kernel="maximum_cpu",
    accepts=BOOL | REAL,
    aliases=("clip",),
    backward="ClampBackward0",
)
def clamp_tensor(self, min, max):
    return clamped(self, min, max)


@operator(
    "clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor",
    promote="same",
    promote_with=("min", "max"),
    inplace=True,
    check=check_clamp,
    kernel="clamp_scalar_cpu",
    accepts=BOOL | REAL,
    aliases=("clip",),
    backward="ClampBackward1",
)
def clamp(self, min, max):
    return clamped(self, min, max)


@operator(
    "clamp_min.Tensor(Tensor self, Tensor min) -> Tensor",
    promote="same",
    inplace=True,
    kernel="maximum_cpu",
    accepts=BOOL | REAL,
    backward="ClampMinBackward1",
)
def clamp_min_tensor(self, min):
    return clamped(self, min, None)


def _real_clamp(self: Any, bound: Any) -> None:
    if self.dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")


@operator(
    "clamp_min(Tensor self, Scalar min) -> Tensor",
    check=_real_clamp,
    promote="same",
    promote_with=("min",),
    inplace=True,
    kernel="clamp_min_scalar_cpu",
    accepts=BOOL | REAL,
)
def clamp_min(self, min):
    return clamped(self, min, None)


@operator(
    "clamp_max.Tensor(Tensor self, Tensor max) -> Tensor",
    promote="same",
    inplace=True,
    kernel="minimum_cpu",
    accepts=BOOL | REAL,
    backward="ClampMaxBackward1",
)
def clamp_max_tensor(self, max):
    return clamped(self, None, max)


@operator(
    "clamp_max(Tensor self, Scalar max) -> Tensor",
    check=_real_clamp,
    promote="same",
    promote_with=("max",),
    inplace=True,
    kernel="clamp_max_scalar_cpu",
    accepts=BOOL | REAL,
)
def clamp_max(self, max):
    return clamped(self, None, max)
