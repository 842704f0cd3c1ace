"""Elementary functions, element by element: exponentials, logarithms, circular and hyperbolic functions."""

from __future__ import annotations

from math import pi
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import COMPLEX, FLOATING
from torchlike.operators.declaration import operator
from torchlike.operators.division import divide
from torchlike.operators.seams import seam

__all__: list[str] = []


def _complex(x) -> bool:
    return jnp.iscomplexobj(x)


@operator("exp(Tensor self) -> Tensor", promote="float", inplace=True, saves_result=True)
def exp(self):
    return lax.exp(self)


@operator(
    "exp2(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    saves_result=True,
    namespaces=("torch", "special"),
)
def exp2(self):
    if _complex(self):
        return jnp.exp2(self)
    # Exact at whole numbers, which `lax.exp2` is not.
    return lax.pow(jnp.full_like(self, 2), self)


@operator(
    "expm1(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    saves_result=True,
    namespaces=("torch", "special"),
)
def expm1(self):
    return lax.expm1(self)


@operator("log(Tensor self) -> Tensor", promote="float", inplace=True)
def log(self):
    return lax.log(seam(self))


@jax.custom_jvp
def _log2(x):
    # By the exponent, so that powers of two give whole numbers.
    mantissa, exponent = jnp.frexp(x)
    low = mantissa < 0.7071067811865476
    mantissa = jnp.where(low, 2 * mantissa, mantissa)
    whole = jnp.where(low, exponent - 1, exponent).astype(x.dtype)
    inside = whole + lax.log(mantissa) * jnp.asarray(1.4426950408889634, x.dtype)
    return jnp.where((x > 0) & (x < jnp.inf), inside, lax.log(x))


@_log2.defjvp
def _log2_jvp(primals, tangents):
    # Of the function, not of its pieces.
    (x,), (t,) = primals, tangents
    return _log2(x), divide(t, x * jnp.asarray(0.6931471805599453, x.dtype))


@operator("log2(Tensor self) -> Tensor", promote="float", inplace=True)
def log2(self):
    return jnp.log2(self) if _complex(self) else _log2(seam(self))


@jax.custom_jvp
def _log10(x):
    if x.dtype == jnp.float32:
        return (lax.log(x.astype(jnp.float64)) * (1 / 2.302585092994045684)).astype(jnp.float32)
    found = lax.log(x) * (1 / 2.302585092994045684)
    # Exact at powers of ten.
    whole = lax.round(found, lax.RoundingMethod.TO_NEAREST_EVEN)
    return jnp.where(lax.pow(jnp.full_like(x, 10), whole) == x, whole, found)


@_log10.defjvp
def _log10_jvp(primals, tangents):
    # Of the function, not of its pieces.
    (x,), (t,) = primals, tangents
    return _log10(x), divide(t, x * jnp.asarray(2.302585092994045684, x.dtype))


@operator("log10(Tensor self) -> Tensor", promote="float", inplace=True)
def log10_(self):
    return jnp.log10(self) if _complex(self) else _log10(seam(self))


@operator("log1p(Tensor self) -> Tensor", promote="float", inplace=True, namespaces=("torch", "special"))
def log1p(self):
    return lax.log1p(self)


@operator("sin(Tensor self) -> Tensor", promote="float", inplace=True)
def sin(self):
    return lax.sin(self)


@operator("cos(Tensor self) -> Tensor", promote="float", inplace=True)
def cos(self):
    return lax.cos(self)


@operator("tan(Tensor self) -> Tensor", promote="float", inplace=True, saves_result=True)
def tan(self):
    return lax.tan(self)


@operator("asin(Tensor self) -> Tensor", promote="float", inplace=True, aliases=("arcsin",))
def asin(self):
    return jnp.arcsin(self)


@operator("acos(Tensor self) -> Tensor", promote="float", inplace=True, aliases=("arccos",))
def acos(self):
    return jnp.arccos(self)


@operator("atan(Tensor self) -> Tensor", promote="float", inplace=True, aliases=("arctan",))
def atan(self):
    return jnp.arctan(self)


@operator("sinh(Tensor self) -> Tensor", promote="float", inplace=True)
def sinh(self):
    return jnp.sinh(self)


@operator("cosh(Tensor self) -> Tensor", promote="float", inplace=True)
def cosh(self):
    return jnp.cosh(self)


@operator(
    "tanh(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    saves_result=True,
    double_backward="TanhBackwardBackward0",
)
def tanh(self):
    return lax.tanh(self)


@operator("asinh(Tensor self) -> Tensor", promote="float", inplace=True, aliases=("arcsinh",))
def asinh(self):
    return jnp.arcsinh(self)


@jax.custom_jvp
def _acosh_complex(z):
    return jnp.arccosh(z)


@_acosh_complex.defjvp
def _acosh_complex_jvp(primals, tangents):
    # Two roots: that of the product is on the wrong branch for negative real parts.
    (z,), (t,) = primals, tangents
    return _acosh_complex(z), t / (lax.sqrt(z - 1) * lax.sqrt(z + 1))


@operator("acosh(Tensor self) -> Tensor", promote="float", inplace=True, aliases=("arccosh",))
def acosh(self):
    return _acosh_complex(self) if _complex(self) else jnp.arccosh(self)


@operator("atanh(Tensor self) -> Tensor", promote="float", inplace=True, aliases=("arctanh",))
def atanh(self):
    return jnp.arctanh(self)


@operator(
    "sigmoid(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    saves_result=True,
    double_backward="SigmoidBackwardBackward0",
)
def sigmoid(self):
    return 1 / (1 + lax.exp(-self)) if _complex(self) else lax.logistic(self)


@operator(
    "expit(Tensor self) -> Tensor",
    promote="float",
    saves_result=True,
    namespaces=("special",),
    method=False,
    backward="SigmoidBackward0",
)
def expit(self):
    return sigmoid(self)


@operator("sinc(Tensor self) -> Tensor", promote="float", inplace=True, namespaces=("torch", "special"))
def sinc(self):
    return jnp.sinc(self)


def _no_complex(name: str):
    def check(self: Any) -> None:
        if self.dtype.is_complex:
            raise RuntimeError(f"{name} is not supported for complex tensors.")

    return check


@operator("deg2rad(Tensor self) -> Tensor", promote="float", inplace=True, check=_no_complex("deg2rad"))
def deg2rad(self):
    return self * jnp.asarray(pi / 180, self.dtype)


@operator("rad2deg(Tensor self) -> Tensor", promote="float", inplace=True, check=_no_complex("rad2deg"))
def rad2deg(self):
    return self * jnp.asarray(180 / pi, self.dtype)


@jax.custom_jvp
def _atan2(y, x):
    return lax.atan2(y, x)


@_atan2.defjvp
def _atan2_jvp(primals, tangents):
    # 0 at the origin.
    (y, x), (ty, tx) = primals, tangents
    size = y * y + x * x
    scale = jnp.where(size == 0, 0, 1 / jnp.where(size == 0, 1, size))
    return _atan2(y, x), ty * (x * scale) - tx * (y * scale)


@operator(
    "atan2(Tensor self, Tensor other) -> Tensor",
    promote="float",
    inplace=True,
    kernel="atan2_cpu",
    accepts=FLOATING,
    aliases=("arctan2",),
)
def atan2(self, other):
    return _atan2(*jnp.broadcast_arrays(self, other))


@jax.custom_jvp
def _hypot(a, b):
    return jnp.hypot(a, b)


@_hypot.defjvp
def _hypot_jvp(primals, tangents):
    # `a / hypot(a, b)`, which is NaN at the origin as in PyTorch.
    (a, b), (ta, tb) = primals, tangents
    out = _hypot(a, b)
    return out, ta * divide(a, out) + tb * divide(b, out)


@operator(
    "hypot(Tensor self, Tensor other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="hypot_cpu",
    accepts=FLOATING,
    saves={"self": ("self", "result"), "other": ("other", "result")},
)
def hypot(self, other):
    return _hypot(*jnp.broadcast_arrays(self, other))


@jax.custom_jvp
def _logaddexp(a, b):
    larger, smaller = lax.max(a, b), lax.min(a, b)
    same_infinity = jnp.isinf(a) & (a == b)
    return jnp.where(same_infinity, a, larger + lax.log1p(lax.exp(smaller - larger)))


@_logaddexp.defjvp
def _logaddexp_jvp(primals, tangents):
    # The two weights as PyTorch has them: NaN where both are the same infinity.
    (a, b), (ta, tb) = primals, tangents
    return _logaddexp(a, b), divide(ta, 1 + lax.exp(b - a)) + divide(tb, 1 + lax.exp(a - b))


@operator(
    "logaddexp(Tensor self, Tensor other) -> Tensor",
    promote="same",
    kernel="logaddexp_cpu",
    accepts=FLOATING | COMPLEX,
)
def logaddexp(self, other):
    self, other = jnp.broadcast_arrays(self, other)
    return jnp.logaddexp(self, other) if _complex(self) else _logaddexp(self, other)


@operator(
    "logaddexp2(Tensor self, Tensor other) -> Tensor",
    promote="same",
    kernel="logaddexp2_cpu",
    accepts=FLOATING,
)
def logaddexp2(self, other):
    return _logaddexp2(*jnp.broadcast_arrays(self, other))


@jax.custom_jvp
def _logaddexp2(a, b):
    larger, smaller = lax.max(a, b), lax.min(a, b)
    same_infinity = jnp.isinf(a) & (a == b)
    inverse_ln2 = jnp.asarray(1.4426950408889634, a.dtype)
    return jnp.where(same_infinity, a, larger + lax.log1p(exp2(smaller - larger)) * inverse_ln2)


@_logaddexp2.defjvp
def _logaddexp2_jvp(primals, tangents):
    # As for `logaddexp`.
    (a, b), (ta, tb) = primals, tangents
    return _logaddexp2(a, b), divide(ta, 1 + exp2(b - a)) + divide(tb, 1 + exp2(a - b))
