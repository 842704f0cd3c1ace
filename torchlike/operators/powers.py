"""Powers and division that rounds: where integers need their own rules."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.dtypes import get_default_dtype
from torchlike.engine import Aval
from torchlike.operators.accepted import NUMERIC, REAL
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import Guard, Literal, operator
from torchlike.operators.division import divide, reciprocal_sqrt
from torchlike.operators.promotion import result_type
from torchlike.operators.seams import seam

__all__: list[str] = []


def _division_rule(self: Any, other: Any, *mode: Any) -> tuple | None:
    if mode == (None,) or result_type([self, other]).category != 1:
        return None
    return (lambda divisor: (divisor == 0).any(), lambda divisor: RuntimeError("ZeroDivisionError"))


_NO_ZERO_DIVISOR = Guard(operand=1, rule=_division_rule)


def _floats(x) -> bool:
    return jnp.issubdtype(x.dtype, jnp.floating)


def _truncated(a, b):
    """The quotient of integers rounded towards zero; what the smallest divided by -1 gives wraps around."""
    if jnp.issubdtype(a.dtype, jnp.unsignedinteger):
        return lax.div(*jnp.broadcast_arrays(a, jnp.maximum(b, 1)))
    safe = jnp.where((b == 0) | (b == -1), jnp.ones_like(b), b)
    return jnp.where(b == -1, lax.neg(a), lax.div(*jnp.broadcast_arrays(a, safe)))


def _floored(a, b):
    if jnp.issubdtype(a.dtype, jnp.unsignedinteger):
        return _truncated(a, b)
    quotient = _truncated(a, b)
    rest = a - quotient * b
    return jnp.where((rest != 0) & ((rest < 0) != (b < 0)), quotient - 1, quotient)


@jax.custom_jvp
def _floor_divide(a, b):
    """PyTorch's floating floor division, by Python's algorithm, exact where `a / b` rounds up."""
    a, b = jnp.broadcast_arrays(a, b)
    rest = lax.rem(a, b)
    quotient = divide(a - rest, b)
    quotient = jnp.where((rest != 0) & ((b < 0) != (rest < 0)), quotient - 1, quotient)
    floor = lax.floor(quotient)
    floor = jnp.where(quotient - floor > 0.5, floor + 1, floor)
    ratio = divide(a, b)
    floor = jnp.where(quotient != 0, floor, jnp.copysign(jnp.zeros_like(ratio), ratio))
    return jnp.where(b == 0, ratio, floor)


@_floor_divide.defjvp
def _floor_divide_jvp(primals, tangents):
    # A step function: no gradient anywhere.
    out = _floor_divide(*primals)
    return out, jnp.zeros_like(out)


def _trunc_divide(a, b):
    ratio = divide(a, b)
    return jnp.where(ratio < 0, lax.ceil(ratio), lax.floor(ratio))


def check_div_mode(self: Any, other: Any, rounding_mode: str | None) -> None:
    if rounding_mode not in (None, "trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    shapes(self, other)
    if rounding_mode is not None:
        meeting = result_type([self, other])
        if meeting not in REAL:
            raise NotImplementedError(
                f"\"div_{rounding_mode}_cpu\" not implemented for '{meeting.legacy_name}'"
            )


@operator(
    "div.Tensor_mode(Tensor|Scalar self, Tensor|Scalar other, *, str? rounding_mode) -> Tensor",
    promote="same",
    inplace=True,
    check=check_div_mode,
    guard=_NO_ZERO_DIVISOR,
    aliases=("divide",),
    backward="DivBackward2",
    saves={"self": ("other",), "other": ("self", "other")},
)
def div_mode(self, other, rounding_mode):
    if rounding_mode is None:
        if self.dtype == jnp.bool_ or jnp.issubdtype(self.dtype, jnp.integer):
            to = get_default_dtype().np
            self, other = self.astype(to), other.astype(to)
        return divide(self, other)
    if rounding_mode == "floor":
        return _floor_divide(self, other) if _floats(self) else _floored(self, other)
    return _trunc_divide(self, other) if _floats(self) else _truncated(self, other)


@operator(
    "floor_divide(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="div_floor_cpu",
    accepts=REAL,
    guard=_NO_ZERO_DIVISOR,
    backward="NotImplemented",
    dunder=("__floordiv__", "__rfloordiv__", "__ifloordiv__"),
)
def floor_divide(self, other):
    return _floor_divide(self, other) if _floats(self) else _floored(self, other)


@operator(
    "remainder(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="remainder_cpu",
    accepts=REAL,
    guard=_NO_ZERO_DIVISOR,
    dunder=("__mod__", "__rmod__", "__imod__"),
    backward=lambda self, other: "RemainderBackward0" if other is None else "RemainderBackward1",
    saves={"self": (), "other": ("self", "other")},
)
def remainder(self, other):
    if _floats(self):
        rest = lax.rem(*jnp.broadcast_arrays(self, other))
        return jnp.where((rest != 0) & ((other < 0) != (rest < 0)), rest + other, rest)
    return self - _floored(self, other) * other


@operator(
    "remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
    promote="same",
    promote_with=("self",),
    kernel="remainder_cpu",
    accepts=REAL,
    guard=_NO_ZERO_DIVISOR,
    method=False,
    out=False,
    backward="NotImplemented",
)
def remainder_of_scalar(self, other):
    return remainder(self, other)


@operator(
    "fmod(Tensor self, Tensor|Scalar other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="fmod_cpu",
    accepts=REAL,
    guard=_NO_ZERO_DIVISOR,
    backward=lambda self, other: "FmodBackward0" if other is None else "FmodBackward1",
)
def fmod(self, other):
    if _floats(self):
        return lax.rem(*jnp.broadcast_arrays(self, other))
    return self - _truncated(self, other) * other


_INTEGER_BASE = "Integers to negative integer powers are not allowed."
# Small exponents are part of the program, so that `x ** 2` is `x * x`.
_EXPONENTS = (*range(-4, 9), *[float(n) for n in range(-4, 9)], 0.5, -0.5, 1.5, -1.5, 2.5, 0.25, 0.75)


def _is_integral(operand: Any) -> bool:
    return isinstance(operand, Aval) and operand.dtype.category < 2


def check_pow_scalar(self: Any, exponent: Any) -> None:
    if (
        isinstance(exponent, Literal)
        and exponent.kind.category < 2
        and exponent.value < 0
        and _is_integral(self)
    ):
        raise RuntimeError(_INTEGER_BASE)


def _exponent_rule(self: Any, exponent: Any) -> tuple | None:
    if isinstance(exponent, Literal) or exponent.category >= 2 or not _is_integral(self):
        return None
    return (lambda e: (e < 0).any(), lambda e: RuntimeError(_INTEGER_BASE))


@operator(
    "pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
    promote="same",
    inplace=True,
    kernel="pow",
    accepts=NUMERIC,
    backward="PowBackward1",
    saves=("self", "exponent", "result"),
)
def pow_tensor(self, exponent):
    return _pow(self, exponent)


@operator(
    "pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
    promote="same",
    promote_with=("exponent",),
    inplace=True,
    check=check_pow_scalar,
    kernel="pow",
    accepts=NUMERIC | {dtypes.bool_},
    literals=_EXPONENTS,
    guard=Guard(operand=1, rule=_exponent_rule),
    backward="PowBackward0",
    dunder=("__pow__", "__ipow__"),
    saves=("self",),
)
def pow_scalar(self, exponent):
    if not isinstance(exponent, int | float):
        return _pow(self, exponent)
    if self.dtype == jnp.bool_:
        return self | (exponent == 0)
    whole = abs(int(exponent)) if exponent == int(exponent) else None
    if whole is not None:
        if whole == 0:
            return jnp.ones_like(self)
        power = lax.integer_pow(self, whole)
        return power if exponent > 0 else divide(jnp.ones_like(power), power)
    if exponent == 0.5:
        return lax.sqrt(seam(self))
    if exponent == -0.5:
        return reciprocal_sqrt(self)
    return lax.pow(seam(self), jnp.asarray(exponent, self.dtype))


@operator(
    "pow.Scalar(Scalar self, Tensor exponent) -> Tensor",
    promote="same",
    strides="contiguous",
    promote_with=("self",),
    kernel="pow",
    accepts=NUMERIC,
    backward="PowBackward2",
    method=False,
    dunder=("__rpow__",),
    saves=("exponent", "result"),
)
def pow_of_scalar(self, exponent):
    return _pow(self, exponent)


def _pow(base, exponent):
    if base.dtype == jnp.bool_:
        return base | ~exponent
    if not jnp.issubdtype(base.dtype, jnp.integer):
        base, exponent = jnp.broadcast_arrays(base, exponent)
        return jnp.power(base, exponent) if jnp.iscomplexobj(base) else lax.pow(seam(base), exponent)
    power = jnp.power(base, jnp.maximum(exponent, 0))
    if jnp.issubdtype(base.dtype, jnp.unsignedinteger):
        return power
    # The integer part of the true power: only 1 and -1 have an inverse.
    odd = exponent & 1
    inverse = jnp.where(base == 1, 1, jnp.where(base == -1, jnp.where(odd == 1, -1, 1), 0)).astype(base.dtype)
    return jnp.where(exponent < 0, inverse, power)
