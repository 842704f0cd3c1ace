"""Comparisons, logic and bits."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import BOOL, INTEGRAL, REAL, STANDARD, UNSIGNED
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import operator

__all__: list[str] = []


@operator(
    "eq(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    dunder=("__eq__",),
)
def eq(self, other):
    return self == other


@operator(
    "ne(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    aliases=("not_equal",),
    dunder=("__ne__",),
)
def ne(self, other):
    return self != other


@operator(
    "lt(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="lt_cpu",
    accepts=BOOL | REAL,
    aliases=("less",),
    dunder=("__lt__",),
)
def lt(self, other):
    return self < other


@operator(
    "le(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="le_cpu",
    accepts=BOOL | REAL,
    aliases=("less_equal",),
    dunder=("__le__",),
)
def le(self, other):
    return self <= other


@operator(
    "gt(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="gt_cpu",
    accepts=BOOL | REAL,
    aliases=("greater",),
    dunder=("__gt__",),
)
def gt(self, other):
    return self > other


@operator(
    "ge(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="ge_cpu",
    accepts=BOOL | REAL,
    aliases=("greater_equal",),
    dunder=("__ge__",),
)
def ge(self, other):
    return self >= other


def _truth(x):
    return x if x.dtype == jnp.bool_ else x != 0


@operator(
    "logical_and(Tensor self, Tensor other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="logical_and_cpu",
    accepts=STANDARD,
)
def logical_and(self, other):
    return _truth(self) & _truth(other)


@operator(
    "logical_or(Tensor self, Tensor other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="logical_or_cpu",
    accepts=STANDARD,
)
def logical_or(self, other):
    return _truth(self) | _truth(other)


@operator(
    "logical_xor(Tensor self, Tensor other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="logical_xor_cpu",
    accepts=STANDARD,
)
def logical_xor(self, other):
    return _truth(self) ^ _truth(other)


@operator(
    "logical_not(Tensor self) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="logical_not_cpu",
    accepts=STANDARD,
)
def logical_not(self):
    return ~_truth(self)


_BITS = BOOL | INTEGRAL | UNSIGNED


@operator(
    "bitwise_and(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="bitwise_and_cpu",
    accepts=_BITS,
    dunder=("__and__", "__rand__", "__iand__"),
)
def bitwise_and(self, other):
    return self & other


@operator(
    "bitwise_or(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="bitwise_or_cpu",
    accepts=_BITS,
    dunder=("__or__", "__ror__", "__ior__"),
)
def bitwise_or(self, other):
    return self | other


@operator(
    "bitwise_xor(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="bitwise_xor_cpu",
    accepts=_BITS,
    dunder=("__xor__", "__rxor__", "__ixor__"),
)
def bitwise_xor(self, other):
    return self ^ other


@operator(
    "bitwise_not(Tensor self) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="bitwise_not_cpu",
    accepts=BOOL | INTEGRAL,
)
def bitwise_not(self):
    return ~self


def _in_range(x, count):
    return (count >= 0) & (count < 8 * x.dtype.itemsize)


@operator(
    "bitwise_left_shift(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="lshift_cpu",
    accepts=INTEGRAL,
    dunder=("__lshift__", "__rlshift__", "__ilshift__"),
)
def bitwise_left_shift(self, other):
    count = jnp.where(_in_range(self, other), other, 0)
    return jnp.where(_in_range(self, other), lax.shift_left(*jnp.broadcast_arrays(self, count)), 0)


@operator(
    "bitwise_right_shift(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    differentiable=False,
    inplace=True,
    kernel="rshift_cpu",
    accepts=INTEGRAL,
    dunder=("__rshift__", "__rrshift__", "__irshift__"),
)
def bitwise_right_shift(self, other):
    # Beyond the width only the sign is left.
    signed = jnp.issubdtype(self.dtype, jnp.signedinteger)
    count = jnp.where(_in_range(self, other), other, 8 * self.dtype.itemsize - 1)
    shift = lax.shift_right_arithmetic if signed else lax.shift_right_logical
    shifted = shift(*jnp.broadcast_arrays(self, count.astype(self.dtype)))
    return shifted if signed else jnp.where(_in_range(self, other), shifted, 0)


def check_isclose(self: Any, other: Any, rtol: float, atol: float, equal_nan: bool) -> None:
    if self.dtype is not other.dtype:
        raise RuntimeError(f"{self.dtype.legacy_name} did not match {other.dtype.legacy_name}")
    if rtol < 0:
        raise RuntimeError(f"rtol must be greater than or equal to zero, but got {rtol:g}")
    if atol < 0:
        raise RuntimeError(f"atol must be greater than or equal to zero, but got {atol:g}")
    shapes(self, other)


@operator(
    "isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> Tensor",
    promote="same",
    differentiable=False,
    out=False,
    check=check_isclose,
)
def isclose(self, other, rtol, atol, equal_nan):
    close = self == other
    if not jnp.issubdtype(self.dtype, jnp.inexact):
        if rtol == 0 and atol == 0:
            return close
        self, other = self.astype(jnp.float64), other.astype(jnp.float64)
    elif equal_nan:
        close |= (self != self) & (other != other)
    error = jnp.abs(self - other)
    return close | (jnp.isfinite(error) & (error <= atol + jnp.abs(rtol * other)))
