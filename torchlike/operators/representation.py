"""How numbers are represented: NaN, infinities, signs, exponents, neighbours; common divisors of integers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
from jax import lax

from torchlike.operators.accepted import BOOL, FLOATING, INTEGRAL, REAL
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import operator
from torchlike.operators.division import divide

__all__: list[str] = []


def _inexact(x) -> bool:
    return jnp.issubdtype(x.dtype, jnp.inexact)


def _never(x):
    return jnp.zeros(x.shape, jnp.bool_)


@operator("isnan(Tensor self) -> Tensor", promote="same", differentiable=False, out=False)
def isnan(self):
    return self != self


@operator("isinf(Tensor self) -> Tensor", promote="same", differentiable=False, out=False)
def isinf(self):
    return jnp.isinf(self) if _inexact(self) else _never(self)


@operator("isfinite(Tensor self) -> Tensor", promote="same", differentiable=False, out=False)
def isfinite(self):
    return jnp.isfinite(self) if _inexact(self) else ~_never(self)


def _real_only(name: str):
    def check(self: Any) -> None:
        if self.dtype.is_complex:
            raise RuntimeError(f"{name} does not support complex inputs.")

    return check


@operator(
    "isposinf(Tensor self) -> Tensor", promote="same", differentiable=False, check=_real_only("isposinf")
)
def isposinf(self):
    return self == jnp.inf if _inexact(self) else _never(self)


@operator(
    "isneginf(Tensor self) -> Tensor", promote="same", differentiable=False, check=_real_only("isneginf")
)
def isneginf(self):
    return self == -jnp.inf if _inexact(self) else _never(self)


@operator("isreal(Tensor self) -> Tensor", promote="same", differentiable=False, out=False)
def isreal(self):
    return lax.imag(self) == 0 if jnp.iscomplexobj(self) else ~_never(self)


def _replaced(x, nan, posinf, neginf, limits):
    x = jnp.where(x != x, jnp.asarray(nan, x.dtype), x)
    x = jnp.where(x == jnp.inf, jnp.asarray(limits.max if posinf is None else posinf, x.dtype), x)
    return jnp.where(x == -jnp.inf, jnp.asarray(limits.min if neginf is None else neginf, x.dtype), x)


@operator(
    "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor",
    inplace=True,
    strides="elementwise",
)
def nan_to_num(self, nan, posinf, neginf):
    if not _inexact(self):
        return self
    nan = 0.0 if nan is None else nan
    if jnp.iscomplexobj(self):
        limits = jnp.finfo(self.real.dtype)
        parts = [_replaced(x, nan, posinf, neginf, limits) for x in (lax.real(self), lax.imag(self))]
        return lax.complex(*parts)
    return _replaced(self, nan, posinf, neginf, ml_dtypes.finfo(self.dtype))


@jax.custom_jvp
def _copysign(x, sign):
    return jnp.copysign(x, sign)


@_copysign.defjvp
def _copysign_jvp(primals, tangents):
    # 0 at 0, and nothing flows to the sign.
    (x, sign), (t, _) = primals, tangents
    out = _copysign(x, sign)
    return out, jnp.where(x == 0, 0, jnp.where(jnp.signbit(out) == jnp.signbit(x), t, -t))


@operator(
    "copysign(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="float",
    inplace=True,
    kernel="copysign_cpu",
    accepts=FLOATING,
    backward=lambda self, other: "CopysignBackward1" if other is None else "CopysignBackward0",
    saves={"self": ("self", "result"), "other": ("result",)},
)
def copysign(self, other):
    return _copysign(*jnp.broadcast_arrays(self, other))


def check_heaviside(self: Any, values: Any) -> None:
    if self.dtype.is_complex or values.dtype.is_complex:
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if self.dtype is not values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    shapes(self, values)


@operator(
    "heaviside(Tensor self, Tensor values) -> Tensor",
    promote="same",
    inplace=True,
    check=check_heaviside,
    kernel="heaviside_cpu",
    accepts=BOOL | REAL,
    backward="NotImplemented",
)
def heaviside(self, values):
    return jnp.where(self == 0, values, (self > 0).astype(self.dtype))


@operator(
    "frexp(Tensor self) -> (Tensor mantissa, Tensor exponent)",
    strides="elementwise",
    check=lambda self: _check_frexp(self),
    saves=("exponent",),
)
def frexp(self):
    if self.dtype in (jnp.float16, jnp.bfloat16):
        mantissa, exponent = jnp.frexp(self.astype(jnp.float32))
        return mantissa.astype(self.dtype), exponent.astype(jnp.int32)
    mantissa, exponent = _frexp(self)
    return mantissa, exponent.astype(jnp.int32)


def _check_frexp(self: Any) -> None:
    if not self.dtype.is_floating_point:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")


@jax.custom_jvp
def _frexp(x):
    return jnp.frexp(x)


@_frexp.defjvp
def _frexp_jvp(primals, tangents):
    # The exponent is a step function.
    (x,), (t,) = primals, tangents
    mantissa, exponent = _frexp(x)
    scale = lax.pow(jnp.full_like(x, 2), exponent.astype(x.dtype))
    return (mantissa, exponent), (divide(t, scale), jnp.zeros(exponent.shape, jax.dtypes.float0))


@operator(
    "nextafter(Tensor self, Tensor other) -> Tensor",
    inplace=True,
    strides="elementwise",
    check=lambda self, other: _check_nextafter(self, other),
)
def nextafter(self, other):
    meeting = jnp.promote_types(self.dtype, other.dtype)
    return _nextafter(*jnp.broadcast_arrays(self.astype(meeting), other.astype(meeting)))


@jax.custom_jvp
def _nextafter(x, y):
    return jnp.nextafter(x, y)


@_nextafter.defjvp
def _nextafter_jvp(primals, tangents):
    # A step away from `x`, and no step where the two are equal.
    (x, y), (t, _) = primals, tangents
    return _nextafter(x, y), jnp.where(x == y, 0, t)


def _check_nextafter(self: Any, other: Any) -> None:
    shapes(self, other)
    for operand in (self, other):
        if operand.dtype not in FLOATING:
            raise NotImplementedError(f"\"nextafter_cpu\" not implemented for '{operand.dtype.legacy_name}'")


@operator(
    "gcd(Tensor self, Tensor other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="gcd_cpu",
    accepts=INTEGRAL,
    differentiable=False,
)
def gcd(self, other):
    return jnp.gcd(self, other)


@operator(
    "lcm(Tensor self, Tensor other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="lcm_cpu",
    accepts=INTEGRAL,
    differentiable=False,
)
def lcm(self, other):
    return jnp.lcm(self, other)


@operator(
    "ldexp(Tensor self, Tensor other) -> Tensor",
    promote="float",
    inplace=True,
    saves={"self": ("other", "result"), "other": ("result",)},
)
def ldexp(self, other):
    return self * lax.pow(jnp.full_like(other, 2), other)
