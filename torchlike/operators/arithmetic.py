"""Arithmetic with broadcasting and promotion."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from torchlike.operators.declaration import is_literal, operator

__all__: list[str] = []


@operator("_cast(Tensor self, dtype to) -> Tensor", method=False, namespaces=(), out=False, strides="elementwise",
          backward="ToCopyBackward0")
def cast(self, to):
    if jnp.issubdtype(self.dtype, jnp.complexfloating) and not to.is_complex:
        self = self.real
    if to.category == 1 and jnp.issubdtype(self.dtype, jnp.floating):
        # XLA saturates where C++ wraps; through int64 a small integer type wraps as PyTorch's does.
        return self.astype(jnp.int64).astype(to.np)
    return self.astype(to.np)


@operator("add(Tensor self, Tensor|Scalar other, *, Scalar alpha=1) -> Tensor", promote="same", inplace=True,
          dunder=("__add__", "__radd__", "__iadd__"))
def add(self, other, alpha):
    other = other if is_literal(alpha, 1) else alpha * other
    return self | other if self.dtype == jnp.bool_ else self + other


@operator("mul(Tensor self, Tensor|Scalar other) -> Tensor", promote="same", inplace=True, aliases=("multiply",),
          dunder=("__mul__", "__rmul__", "__imul__"))
def mul(self, other):
    return self & other if self.dtype == jnp.bool_ else self * other


@operator("neg(Tensor self) -> Tensor", promote="same", inplace=True, aliases=("negative",), dunder=("__neg__",))
def neg(self):
    return lax.neg(self)
