"""Choosing by a condition."""

from __future__ import annotations

import warnings
from typing import Any

import jax.numpy as jnp
import ml_dtypes
import numpy as np

from torchlike.engine import COMPLEX, FLOAT, ScalarKind
from torchlike.operators.accepted import in_c
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import Guard, operator

__all__: list[str] = []


def check_where(condition: Any, self: Any, other: Any) -> None:
    if condition.dtype.name == "uint8":
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a "
            "future version of PyTorch. Use a boolean condition instead.",
            UserWarning,
            stacklevel=2,
        )
    elif condition.dtype.category != 0:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{condition.dtype.legacy_name}"
        )
    shapes(condition, self, other)


@operator(
    "where(Tensor condition, Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    aside=("condition",),
    check=check_where,
    method=False,
)
def where(condition, self, other):
    return jnp.where(condition != 0, self, other)


def check_masked_fill(self: Any, mask: Any, value: Any) -> None:
    if mask.dtype.category != 0:
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {in_c(mask.dtype)}"
        )
    if not isinstance(value, ScalarKind) and value.shape:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{len(value.shape)} dimension(s)."
        )
    if value is COMPLEX and not self.dtype.is_complex:
        raise RuntimeError(f"value cannot be converted to type {in_c(self.dtype)} without overflow")
    shapes(mask, self)


def _overflow_rule(self: Any, mask: Any, value: Any) -> tuple | None:
    if self.dtype.category not in (1, 2) or value is COMPLEX:
        return None
    limits = np.iinfo(self.dtype.np) if self.dtype.category == 1 else ml_dtypes.finfo(self.dtype.np)
    low, high = float(limits.min), float(limits.max)
    if value is not FLOAT and self.dtype.name == "uint8":
        # A negative integer wraps around.
        low = -high

    def fails(value):
        # Finite, for NumPy's numbers and for traced ones alike.
        return (abs(value) < float("inf")) & ((value < low) | (value > high))

    return fails, lambda value: RuntimeError(
        f"value cannot be converted to type {in_c(self.dtype)} without overflow"
    )


@operator(
    "masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor",
    inplace=True,
    aside=("mask",),
    check=check_masked_fill,
    backward="MaskedFillBackward1",
    out=False,
)
def masked_fill_tensor(self, mask, value):
    return jnp.where(mask, value.astype(self.dtype), self)


@operator(
    "masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor",
    inplace=True,
    aside=("mask",),
    check=check_masked_fill,
    backward="MaskedFillBackward0",
    out=False,
    guard=Guard(operand=2, rule=_overflow_rule),
)
def masked_fill(self, mask, value):
    return jnp.where(mask, value.astype(self.dtype), self)
