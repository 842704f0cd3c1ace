"""Rounding to whole numbers and what is left over."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import FLOATING, INTEGRAL, UNSIGNED
from torchlike.operators.declaration import operator
from torchlike.operators.division import divide

__all__: list[str] = []


def _no_complex(name: str):
    def check(self: Any) -> None:
        if self.dtype.is_complex:
            raise NotImplementedError(f"{name} is not supported for complex inputs")

    return check


_ROUNDED = INTEGRAL | UNSIGNED | FLOATING


def _whole(self) -> bool:
    return not jnp.issubdtype(self.dtype, jnp.floating)


@operator(
    "floor(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    check=_no_complex("floor"),
    kernel="floor_vml_cpu",
    accepts=_ROUNDED,
)
def floor(self):
    return self if _whole(self) else lax.floor(self)


@operator(
    "ceil(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    check=_no_complex("ceil"),
    kernel="ceil_vml_cpu",
    accepts=_ROUNDED,
)
def ceil(self):
    return self if _whole(self) else lax.ceil(self)


@operator(
    "round(Tensor self) -> Tensor", promote="same", inplace=True, kernel="round_vml_cpu", accepts=_ROUNDED
)
def round_(self):
    return self if _whole(self) else lax.round(self, lax.RoundingMethod.TO_NEAREST_EVEN)


@operator(
    "round.decimals(Tensor self, *, int decimals) -> Tensor",
    promote="same",
    inplace=True,
    kernel="round_cpu",
    accepts=FLOATING,
    backward="RoundBackward1",
)
def round_decimals(self, decimals):
    power = jnp.asarray(10.0 ** abs(decimals), self.dtype)
    if decimals < 0:
        return round_(divide(self, power)) * power
    return divide(round_(self * power), power)


@operator(
    "trunc(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    check=_no_complex("trunc"),
    kernel="trunc_vml_cpu",
    accepts=_ROUNDED,
    aliases=("fix",),
)
def trunc(self):
    # XLA's own sign handling keeps -0.0 where PyTorch does.
    return self if _whole(self) else jnp.where(self < 0, lax.ceil(self), lax.floor(self))


@operator("frac(Tensor self) -> Tensor", promote="same", inplace=True, kernel="frac_cpu", accepts=FLOATING)
def frac(self):
    return self - trunc(self)
