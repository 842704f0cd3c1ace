"""The softmax family."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.dtypes import dtype as Dtype
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.division import divide

__all__ = ["log_softmax", "softmax"]


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _softmax(x, dim: int):
    weights = lax.exp(x - jnp.max(x, axis=dim, keepdims=True))
    return divide(weights, jnp.sum(weights, axis=dim, keepdims=True))


@_softmax.defjvp
def _softmax_jvp(dim, primals, tangents):
    # From the result, as PyTorch does.
    (x,), (t,) = primals, tangents
    out = _softmax(x, dim)
    return out, out * (t - jnp.sum(out * t, axis=dim, keepdims=True))


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _log_softmax(x, dim: int, sums_in: Any):
    shifted = x - jnp.max(x, axis=dim, keepdims=True)
    total = jnp.sum(lax.exp(shifted), axis=dim, keepdims=True)
    return shifted - lax.log(total.astype(sums_in).astype(x.dtype))


@_log_softmax.defjvp
def _log_softmax_jvp(dim, sums_in, primals, tangents):
    # From the result, as PyTorch does, but with the sums unrounded.
    (x,), (t,) = primals, tangents
    out = _log_softmax(x, dim, x.dtype)
    return _log_softmax(x, dim, sums_in), t - jnp.sum(lax.exp(out) * t, axis=dim, keepdims=True)


def _check(name: str):
    def check(self: Any, dim: int, dtype: Dtype | None) -> None:
        d = wrap_dim(dim, len(self.shape))
        found = self.dtype if dtype is None else dtype
        if found not in FLOATING and 0 not in self.shape:
            kernel = f"{name}_lastdim_kernel_impl" if d >= len(self.shape) - 1 else f"{name}_kernel_impl"
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{found.legacy_name}'")

    return check


def _apply(fn, self, dim, dtype):
    out = self.dtype if dtype is None else dtype.np
    x = self.astype(out)
    x = x.astype(jnp.float32) if out in (jnp.float16, jnp.bfloat16) else x
    if not x.size:
        # Nothing, but the gradient depends on it.
        return (lax.exp(x) if jnp.issubdtype(out, jnp.inexact) else x).astype(out)
    return (fn(x, wrap_dim(dim, x.ndim)) if x.ndim else fn(x.reshape(1), 0).reshape(())).astype(out)


@operator(
    "softmax(Tensor self, int dim, dtype? dtype=None) -> Tensor",
    check=_check("softmax"),
    saves_result=True,
    namespaces=("torch", "special"),
    strides="contiguous",
    double_backward="SoftmaxBackwardDataBackward0",
)
def softmax(self, dim, dtype):
    return _apply(_softmax, self, dim, dtype)


@operator(
    "log_softmax(Tensor self, int dim, dtype? dtype=None) -> Tensor",
    check=_check("log_softmax"),
    saves_result=True,
    namespaces=("torch", "special"),
    strides="contiguous",
    double_backward="LogSoftmaxBackwardDataBackward0",
)
def log_softmax(self, dim, dtype):
    # Along the last dimension PyTorch keeps a half type's sums in that type.
    out = self.dtype if dtype is None else dtype.np
    last = wrap_dim(dim, self.ndim) == self.ndim - 1
    sums_in = out if last or out not in (jnp.float16, jnp.bfloat16) else jnp.float32
    return _apply(partial(_log_softmax, sums_in=sums_in), self, dim, dtype)
