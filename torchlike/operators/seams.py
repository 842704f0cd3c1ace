"""Seams between operators that XLA's algebra does not cross.

XLA simplifies a program as a whole, by rules that hold for real numbers and not for floating point ones:
`log(exp(x))` becomes `x`, `sqrt(x * x)` becomes `abs(x)`, `(a / b) / c` becomes `a / (b * c)` and `mask * x`, with a
mask of booleans, becomes a selection. PyTorch computes one operator after the other, so an overflow is an overflow
there, and NaN times False is NaN.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ["converted", "seam"]


def seam(x: jax.Array) -> jax.Array:
    """`x`, rounded to the precision that it has: XLA's rules do not match what is behind it, and it costs nothing."""
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    precision = jnp.finfo(x.dtype)
    return lax.reduce_precision(x, precision.nexp, precision.nmant)


def converted(x: jax.Array, to: Any) -> jax.Array:
    """`x` in the NumPy dtype `to`, with PyTorch's numbers where `to` cannot hold them."""
    if x.dtype == jnp.bool_ and to != jnp.bool_:
        # Through an integer, or XLA takes a product with it for a selection.
        return x.astype(jnp.uint8).astype(to)
    if jnp.issubdtype(x.dtype, jnp.floating) and jnp.issubdtype(to, jnp.integer):
        # Out of range, and for NaN, the processor gives the least number; narrower types are cut from it.
        wide = jnp.int32 if to in (jnp.int8, jnp.int16, jnp.int32) else jnp.int64
        least = jnp.iinfo(wide).min
        end = -float(least) if float(jnp.finfo(x.dtype).max) > -float(least) else jnp.inf
        return jnp.where(x < jnp.asarray(end, x.dtype), x.astype(wide), least).astype(to)
    return x.astype(to)
