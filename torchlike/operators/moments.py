"""Variance and standard deviation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.errors import warn
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dims
from torchlike.operators.division import divide
from torchlike.operators.reductions import add_up, widened

__all__ = ["moments", "square_root"]


@partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def _variance(x, mean, dims: tuple[int, ...], correction: float):
    away = x - mean
    squares = lax.real(away) ** 2 + lax.imag(away) ** 2 if jnp.iscomplexobj(x) else away * away
    return divide(add_up(squares, dims, True), _freedom(x, dims, correction, squares.dtype))


def _freedom(x, dims, correction, dtype):
    return jnp.asarray(max(prod(x.shape[d] for d in dims) - correction, 0), dtype)


@_variance.defjvp
def _variance_jvp(dims, correction, primals, tangents):
    # Through the mean nothing flows: the deviations add up to zero.
    (x, mean), (t, _) = primals, tangents
    away = x - mean
    both = lax.real(away) * lax.real(t) + lax.imag(away) * lax.imag(t) if jnp.iscomplexobj(x) else away * t
    count = prod(x.shape[d] for d in dims)
    # Not the clamped degrees of freedom: PyTorch's formula divides by the true difference.
    factor = divide(jnp.asarray(2, both.dtype), jnp.asarray(count - correction, both.dtype))
    return _variance(x, mean, dims, correction), add_up(factor * both, dims, True)


def moments(x, dims: tuple[int, ...], correction: float):
    """The variance and mean over dimensions, which are kept."""
    count = jnp.asarray(prod(x.shape[d] for d in dims), x.dtype)
    mean = divide(add_up(x, dims, True), count)
    return _variance(x, mean, dims, correction), mean


@jax.custom_jvp
def square_root(x):
    """The square root, with gradient 0 at 0."""
    return lax.sqrt(x)


@square_root.defjvp
def _square_root_jvp(primals, tangents):
    # PyTorch's `std` gives equal elements the gradient 0 rather than NaN.
    (x,), (t,) = primals, tangents
    out = square_root(x)
    return out, jnp.where(out == 0, 0, divide(t, 2 * jnp.where(out == 0, 1, out)))


def _compute(self, dim, correction, keepdim, rooted: bool, with_mean: bool):
    dims = wrap_dims(dim, self.ndim)
    variance, mean = moments(widened(self), dims, correction)
    spread = square_root(variance) if rooted else variance
    if not keepdim:
        spread, mean = jnp.squeeze(spread, dims), jnp.squeeze(mean, dims)
    spread = spread.astype(jnp.finfo(self.dtype).dtype if jnp.iscomplexobj(self) else self.dtype)
    return (spread, mean.astype(self.dtype)) if with_mean else spread


def _check(name: str, self: Any, dim: tuple[int, ...] | None, correction: float) -> None:
    if self.dtype.category < 2:
        if name in ("std", "var"):
            raise RuntimeError("std and var only support floating point and complex dtypes")
        raise RuntimeError(f"{name} only support floating point and complex dtypes")
    dims = wrap_dims(dim, len(self.shape))
    if prod(self.shape[d] for d in dims) - correction <= 0:
        warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction "
            "factor (input numel divided by output numel)."
        )


def _declare(name: str, rooted: bool, with_mean: bool) -> None:
    returns = "(Tensor, Tensor)" if with_mean else "Tensor"
    run: Callable = partial(_compute, rooted=rooted, with_mean=with_mean)
    common: dict[str, Any] = {"method": not with_mean, "out": not with_mean}
    if rooted and not with_mean:
        common["saves"] = ("self", "result")

    @operator(
        f"{name}(Tensor self, bool unbiased=True) -> {returns}",
        check=lambda self, unbiased: _check(name, self, None, int(unbiased)),
        **common,
    )
    def of_all(self, unbiased):
        return run(self, None, int(unbiased), False)

    @operator(
        f"{name}.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> {returns}",
        check=lambda self, dim, unbiased, keepdim: _check(name, self, dim, int(unbiased)),
        **common,
    )
    def over(self, dim, unbiased, keepdim):
        return run(self, dim, int(unbiased), keepdim)

    @operator(
        f"{name}.correction(Tensor self, int[1]? dim=None, *, float? correction=None, bool keepdim=False) "
        f"-> {returns}",
        check=lambda self, dim, correction, keepdim: _check(name, self, dim, _or_one(correction)),
        **common,
    )
    def corrected(self, dim, correction, keepdim):
        return run(self, dim, _or_one(correction), keepdim)


def _or_one(correction: float | None) -> float:
    return 1 if correction is None else correction


for _name in ("std", "var", "std_mean", "var_mean"):
    _declare(_name, _name.startswith("std"), _name.endswith("_mean"))
