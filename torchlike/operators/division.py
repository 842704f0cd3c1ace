"""Division that rounds once: XLA makes `a / b` with a repeated divisor `a * (1 / b)`, so that 41 / 41 < 1."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.seams import seam

__all__ = ["divide", "reciprocal_sqrt"]


@jax.custom_jvp
def _divide(a, b):
    # Behind the barrier XLA does not see that the divisor repeats, or that it is a constant.
    return lax.div(seam(a), lax.optimization_barrier(b))


@_divide.defjvp
def _divide_jvp(primals, tangents):
    # (a / b) / b rather than a / b**2, which overflows earlier.
    (a, b), (ta, tb) = primals, tangents
    out = _divide(a, b)
    return out, _divide(ta, b) - _divide(out, b) * tb


def divide(a: jax.Array, b: jax.Array) -> jax.Array:
    """`a / b` of floating or complex arrays of one dtype, correctly rounded.

    Args:
        a: the dividend.
        b: the divisor; broadcasts with `a`.
    """
    return _divide(*jnp.broadcast_arrays(a, b))


def reciprocal_sqrt(x: jax.Array) -> jax.Array:
    """`1 / sqrt(x)`, each step correctly rounded; `lax.rsqrt` is an approximation."""
    return lax.div(jnp.ones_like(x), lax.optimization_barrier(lax.sqrt(seam(x))))
