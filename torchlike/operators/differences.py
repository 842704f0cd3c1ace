"""Integrals by the trapezoid rule, covariances, and rows kept within a norm."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.engine import Aval
from torchlike.operators.declaration import is_literal, operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.division import divide
from torchlike.operators.extremes import clamped
from torchlike.operators.norms import check_vector_norm, vector_norm
from torchlike.operators.reductions import widened

__all__: list[str] = []


def _no_bool(name: str, y: Any) -> None:
    if y.dtype.category == 0:
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")


def _check_x(name: str, y: Any, x: Any, dim: int) -> None:
    _no_bool(name, y)
    if x.dtype.category == 0:
        raise RuntimeError(f"{name}: received a bool input for `x`, but bool is not supported")
    d = wrap_dim(dim, len(y.shape))
    if not x.shape or (len(x.shape) == 1 and x.shape[0] != y.shape[d]):
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")


def _neighbours(y, d):
    if not y.shape[d]:
        return y, y
    return lax.slice_in_dim(y, 1, None, axis=d), lax.slice_in_dim(y, 0, -1, axis=d)


def _check_dx(name: str, y: Any, dim: int) -> None:
    _no_bool(name, y)
    wrap_dim(dim, len(y.shape))


def _areas(y, x, dim):
    """Twice the area of each trapezoid."""
    d = along = wrap_dim(dim, y.ndim)
    if x.ndim == 1:
        x = x.reshape(tuple(x.shape[0] if i == d else 1 for i in range(y.ndim)))
    else:
        along = wrap_dim(dim, x.ndim)
    later, earlier = _neighbours(x, along)
    steps = later - earlier
    later, earlier = _neighbours(y, d)
    return (later + earlier) * steps


def _declare_trapezoid(name: str, cumulative: bool, label: str) -> None:
    def total(areas, dim):
        return jnp.cumsum(areas, axis=dim) if cumulative else jnp.sum(areas, axis=dim)

    @operator(
        f"{name}.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
        promote="float",
        out=False,
        method=False,
        check=lambda y, x, dim: _check_x(label, y, x, dim),
        backward="DivBackward1",
        strides="contiguous",
    )
    def with_x(y, x, dim):
        return divide(total(_areas(y, x, dim), wrap_dim(dim, y.ndim)), jnp.asarray(2, y.dtype))

    @operator(
        f"{name}.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
        promote="float",
        out=False,
        method=False,
        check=lambda y, dx, dim: _check_dx(label, y, dim),
        backward="CumsumBackward0" if cumulative else "MulBackward1",
        strides="contiguous",
    )
    def with_dx(y, dx, dim):
        d = wrap_dim(dim, y.ndim)
        later, earlier = _neighbours(y, d)
        step = jnp.asarray(0.5, y.dtype) if is_literal(dx, 1) else dx / 2
        if cumulative:
            return jnp.cumsum(later + earlier, axis=d) * step
        if not y.shape[d]:
            return jnp.sum(y, axis=d)
        # The inner points count twice, the ends once.
        first, last = lax.slice_in_dim(y, 0, 1, axis=d), lax.slice_in_dim(y, y.shape[d] - 1, None, axis=d)
        ends = jnp.squeeze(first + last, d)
        return (jnp.sum(y, axis=d) * 2 - ends) * step


_declare_trapezoid("trapezoid", False, "trapezoid")
_declare_trapezoid("trapz", False, "trapezoid")
_declare_trapezoid("cumulative_trapezoid", True, "cumulative_trapezoid")


def check_cov(self: Any, correction: int, fweights: Any, aweights: Any) -> None:
    if len(self.shape) > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {len(self.shape)} "
            "dimensions"
        )
    if self.dtype.category == 0:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    count = self.shape[-1] if self.shape else 1
    for name, kind, weights in (("fweights", 1, fweights), ("aweights", 2, aweights)):
        if not isinstance(weights, Aval):
            continue
        if len(weights.shape) > 1:
            raise RuntimeError(
                f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
                f"{len(weights.shape)} dimensions"
            )
        if weights.dtype.category != kind:
            wanted = "integral" if kind == 1 else "floating point"
            raise RuntimeError(
                f"cov(): expected {name} to have {wanted} dtype but got {name} with "
                f"{weights.dtype.legacy_name} dtype"
            )
        size = weights.shape[0] if weights.shape else 1
        if size != count:
            raise RuntimeError(
                f"cov(): expected {name} to have the same numel as there are observations in the input but "
                f"got {size} != {count}"
            )


def _covariance(x, correction: int, fweights, aweights):
    x = x.reshape(1, -1) if x.ndim < 2 else x
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        x = x.astype(jnp.float32)
    weights = None
    for w in (fweights, aweights):
        if w is not None:
            w = w.reshape(-1).astype(x.dtype)
            weights = w if weights is None else weights * w
    total = jnp.asarray(x.shape[1], x.dtype) if weights is None else jnp.sum(weights)
    mean = divide(jnp.sum(x if weights is None else x * weights, axis=1, keepdims=True), total)
    if weights is not None and aweights is not None and correction != 0:
        norm = total - correction * divide(jnp.sum(weights * aweights.reshape(-1).astype(x.dtype)), total)
    else:
        norm = total - correction
    norm = jnp.maximum(norm.real, 0) if jnp.iscomplexobj(norm) else jnp.maximum(norm, 0)
    away = x - mean
    turned = jnp.conj(away if weights is None else away * weights).T
    out = jnp.matmul(away, turned, precision=lax.Precision.HIGHEST)
    return jnp.squeeze(divide(out, norm.astype(out.dtype)))


@operator(
    "cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor",
    out=False,
    check=check_cov,
    aside=("fweights", "aweights"),
    backward="SqueezeBackward0",
)
def cov(self, correction, fweights, aweights):
    return _covariance(self, correction, fweights, aweights)


def check_corrcoef(self: Any) -> None:
    if len(self.shape) > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{len(self.shape)} dimensions"
        )
    check_cov(self, 1, None, None)


@operator(
    "corrcoef(Tensor self) -> Tensor",
    out=False,
    check=check_corrcoef,
    backward=lambda self: "ClampBackward1" if len(self.shape) == 2 else "DivBackward0",
)
def corrcoef(self):
    c = _covariance(self, 1, None, None)
    if c.ndim == 0:
        return divide(c, c)
    spread = jnp.sqrt(jnp.diagonal(c).real)
    out = divide(divide(c, spread[:, None].astype(c.dtype)), spread[None, :].astype(c.dtype))
    if jnp.iscomplexobj(out):
        return lax.complex(jnp.clip(out.real, -1, 1), jnp.clip(out.imag, -1, 1))
    return clamped(out, jnp.asarray(-1, out.dtype), jnp.asarray(1, out.dtype))


def check_renorm(self: Any, p: float, dim: int, maxnorm: Any) -> None:
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    check_vector_norm(self, p, None, False, None)
    if len(self.shape) < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {len(self.shape)} dimensions")
    wrap_dim(dim, len(self.shape))


@operator("renorm(Tensor self, float p, int dim, Scalar maxnorm) -> Tensor", inplace=True, check=check_renorm)
def renorm(self, p, dim, maxnorm):
    d = wrap_dim(dim, self.ndim)
    others = tuple(i for i in range(self.ndim) if i != d)
    norms = vector_norm(widened(self), p, others, True)
    limit = maxnorm.astype(norms.dtype)
    factor = jnp.where(norms > limit, divide(limit, norms + 1e-7), 1)
    return self * factor.astype(self.dtype)
