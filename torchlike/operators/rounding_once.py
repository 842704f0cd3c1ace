"""One rounding for a value that is compared with what was chosen from it.

XLA computes a cheap operand anew in each fusion that reads it, and LLVM may fuse a multiply-add in one of them and not
in another. So `x == max(x)` can be false everywhere. What comes out of a loop is computed once, and all read the same
bits; an optimization barrier does not survive on CPU.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ["computed_once", "rounded_once"]


def computed_once(fn: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """`fn(x)`, computed once for all its readers: a loop of one turn whose count XLA cannot see through."""
    like = jax.eval_shape(fn, x)
    if not x.size or not like.size:
        return fn(x)
    some = jnp.real(x.ravel()[0]).astype(jnp.float32)
    turns = jnp.minimum((lax.bitcast_convert_type(some, jnp.int32) & 1) + 1, 1)
    start = (jnp.int32(0), jnp.zeros(like.shape, like.dtype))
    return lax.while_loop(lambda c: c[0] < turns, lambda c: (c[0] + 1, fn(x)), start)[1]


@jax.custom_jvp
def rounded_once(x: jax.Array) -> jax.Array:
    """`x`, computed once for all its readers behind this call."""
    return computed_once(lambda y: y, x) if jnp.issubdtype(x.dtype, jnp.floating) else x


@rounded_once.defjvp
def _rounded_once_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return rounded_once(x), t
