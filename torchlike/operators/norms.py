"""Norms of vectors and what is built like one, with gradient 0 where a norm has a kink."""

from __future__ import annotations

from functools import partial
from math import inf, prod
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.dtypes import dtype as Dtype
from torchlike.operators.arithmetic import shapes, signum
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dims
from torchlike.operators.division import divide
from torchlike.operators.reductions import add_up, widened
from torchlike.operators.rounding_once import rounded_once

__all__ = ["vector_norm"]


def _size(x):
    return lax.abs(x)


def _direction(x, order: float):
    """`sgn(x)`: 0 at 0. From 2 on PyTorch goes by `x` itself, which may be -0 or NaN."""
    if not jnp.iscomplexobj(x):
        return lax.sign(x) if 2 <= order < inf else signum(x)
    size = _size(x)
    return jnp.where(size == 0, 0, x / jnp.where(size == 0, 1, size))


def _real_product(a, b):
    return lax.real(a) * lax.real(b) + lax.imag(a) * lax.imag(b) if jnp.iscomplexobj(a) else a * b


def _power(x, p: float):
    return lax.pow(x, jnp.asarray(p, x.dtype))


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _norm(x, order: float, dims: tuple[int, ...]):
    size = _size(x)
    if order == 0:
        return add_up((size != 0).astype(size.dtype), dims, True)
    if order == 1:
        return add_up(size, dims, True)
    if order == 2:
        squares = lax.real(x) ** 2 + lax.imag(x) ** 2 if jnp.iscomplexobj(x) else x * x
        return lax.sqrt(add_up(squares, dims, True))
    if order == inf:
        return jnp.max(
            size, axis=dims, keepdims=True, initial=0 if prod(x.shape[d] for d in dims) == 0 else None
        )
    if order == -inf:
        return jnp.min(size, axis=dims, keepdims=True)
    return _power(add_up(_power(size, order), dims, True), 1 / order)


def _masked(condition, x):
    return jnp.where(condition, jnp.zeros_like(x), x)


def _ratio(a, b):
    """`a / b`, and 0 where `b` is 0, without an infinity on the way."""
    return _masked(b == 0, divide(a, jnp.where(b == 0, jnp.ones_like(b), b)))


@_norm.defjvp
def _norm_jvp(order, dims, primals, tangents):
    # PyTorch's subgradients: 0 at 0, and extremes share evenly.
    (x,), (t,) = primals, tangents
    if order in (inf, -inf):
        x = rounded_once(x)
    out = _norm(x, order, dims)
    if order == 0:
        return out, jnp.zeros_like(out)
    along = _real_product(_direction(x, order), t)
    if order == 1:
        return out, add_up(along, dims, True)
    if order == 2:
        return out, add_up(
            _real_product(_ratio(x, jnp.broadcast_to(out, x.shape).astype(x.dtype)), t), dims, True
        )
    size = _size(x)
    if order in (inf, -inf):
        hit = size == out
        count = jnp.sum(hit, axis=dims, keepdims=True).astype(out.dtype)
        return out, divide(add_up(_masked(~hit, along), dims, True), count)
    if order < 1:
        weight = _masked(size == 0, _power(jnp.where(size == 0, 1, size), order - 1)) * _power(out, 1 - order)
    else:
        weight = _power(_ratio(size, jnp.broadcast_to(out, size.shape)), order - 1)
    return out, add_up(along * weight, dims, True)


def vector_norm(x, order: float, dim: tuple[int, ...] | None, keepdim: bool):
    """The norm of this order over dimensions; half types are computed in float32."""
    dims = wrap_dims(dim, x.ndim)
    out = _norm(widened(x), order, dims) if dims or x.ndim == 0 else _size(x)
    out = out if keepdim else jnp.squeeze(out, dims)
    return out if x.dtype not in (jnp.float16, jnp.bfloat16) else out.astype(x.dtype)


def check_vector_norm(self: Any, ord: float, dim: Any, keepdim: bool, dtype: Dtype | None) -> None:
    if self.dtype.category < 2:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{self.dtype.legacy_name}"
        )
    dims = wrap_dims(dim, len(self.shape))
    if dtype is not None:
        if dtype.category < 2:
            raise RuntimeError(
                f"linalg.vector_norm: dtype should be floating point or complex, but got {dtype.legacy_name}"
            )
        if self.dtype.is_complex != dtype.is_complex:
            kind = "complex" if self.dtype.is_complex else "real"
            raise RuntimeError(
                f"linalg.vector_norm: dtype should be {kind} for {kind} inputs, but got {dtype.legacy_name}"
            )
    if (ord < 0 or ord == inf) and any(self.shape[d] == 0 for d in dims):
        shown = "inf" if ord == inf else "-inf" if ord == -inf else f"{ord:g}"
        if dim is None or len(dim) == 0:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {shown} norm on an empty tensor because the "
                "operation does not have an identity"
            )
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {shown} norm on the dimension "
            f"{next(d for d in dims if self.shape[d] == 0)}because this dimension is empty and the "
            "operation does not have an identity"
        )


@operator(
    "vector_norm(Tensor x, float ord=2.0, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> "
    "Tensor",
    check=check_vector_norm,
    namespaces=("linalg",),
    method=False,
    backward="LinalgVectorNormBackward0",
    saves=("x", "result"),
)
def linalg_vector_norm(x, ord, dim, keepdim, dtype):
    return vector_norm(x if dtype is None else x.astype(dtype.np), ord, dim, keepdim)


def check_dist(self: Any, other: Any, p: float) -> None:
    if self.dtype.category == 0 and other.dtype.category == 0:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    for operand in (self, other):
        if operand.dtype.category < 2:
            raise RuntimeError(
                "norm(): input dtype should be either floating point or complex. Got "
                f"{operand.dtype.legacy_name} instead."
            )
    shapes(self, other)


@operator(
    "dist(Tensor self, Tensor other, float p=2.0) -> Tensor",
    promote="same",
    check=check_dist,
    out=False,
    strides="contiguous",
    saves=("self", "other", "result"),
)
def dist(self, other, p):
    return vector_norm(self - other, p, None, False)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _logsumexp(x, dims: tuple[int, ...]):
    largest = jnp.max(lax.real(x) if jnp.iscomplexobj(x) else x, axis=dims, keepdims=True, initial=-jnp.inf)
    largest = jnp.where(jnp.isinf(largest), 0, largest)
    return lax.log(jnp.sum(lax.exp(x - largest), axis=dims, keepdims=True)) + largest


@_logsumexp.defjvp
def _logsumexp_jvp(dims, primals, tangents):
    # The softmax, from the result.
    (x,), (t,) = primals, tangents
    out = _logsumexp(x, dims)
    return out, add_up(lax.exp(x - out) * t, dims, True)


@operator(
    "logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    promote="float",
    namespaces=("torch", "special"),
    strides="contiguous",
    check=lambda self, dim, keepdim: wrap_dims(dim, len(self.shape)),
    saves=("self", "result"),
)
def logsumexp(self, dim, keepdim):
    dims = wrap_dims(dim, self.ndim)
    out = _logsumexp(self, dims) if dims or self.ndim == 0 else self
    return out if keepdim else jnp.squeeze(out, dims)
