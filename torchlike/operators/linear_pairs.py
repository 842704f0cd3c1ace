"""Linear functions that come with a transpose of their own.

JAX transposes a linear function operation by operation, which is not always the fastest way to compute the
transpose. `linear_pair` gives both; unlike `custom_vjp` it keeps forward mode and derivatives of every order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax
from jax.interpreters import ad, batching, mlir

__all__ = ["linear_pair"]


def linear_pair(forward: Callable, transpose: Callable, residuals: Sequence, x: Any) -> Any:
    """`forward(*residuals, x)`, whose transpose in `x` is `transpose(*residuals, y)`.

    Args:
        forward: linear in its last argument; gives one array.
        transpose: its transpose.
        residuals: arrays that the two read and that have no derivative: indices, masks.
        x: the array that it is linear in.
    """
    return _primitive().bind(*residuals, x, forward=forward, transpose=transpose)


def _run(*operands, forward, transpose):
    return forward(*operands)


def _shape(*avals, forward, transpose):
    out = jax.eval_shape(forward, *[jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals])
    return jax.core.ShapedArray(out.shape, out.dtype)


def _jvp(primals, tangents, **pair):
    out = _primitive().bind(*primals, **pair)
    tangent = tangents[-1]
    if type(tangent) is ad.Zero:
        return out, ad.Zero(jax.typeof(out).to_tangent_aval())
    return out, _primitive().bind(*primals[:-1], tangent, **pair)


def _transpose(cotangent, *operands, forward, transpose):
    *residuals, x = operands
    if type(cotangent) is ad.Zero:
        return [None] * len(residuals) + [ad.Zero(x.aval)]
    back = _primitive().bind(*residuals, cotangent, forward=transpose, transpose=forward)
    return [None] * len(residuals) + [back]


def _batch(operands, dims, *, forward, transpose):
    size = next(x.shape[d] for x, d in zip(operands, dims, strict=True) if d is not None)
    moved = [
        x if d is None else jax.numpy.moveaxis(x, d, 0) for x, d in zip(operands[:-1], dims[:-1], strict=True)
    ]
    x, d = operands[-1], dims[-1]
    x = jax.numpy.broadcast_to(x, (size, *x.shape)) if d is None else jax.numpy.moveaxis(x, d, 0)
    axes = (*[None if d is None else 0 for d in dims[:-1]], 0)
    pair = {"forward": jax.vmap(forward, axes), "transpose": jax.vmap(transpose, axes)}
    return _primitive().bind(*moved, x, **pair), 0


@cache
def _primitive() -> Any:
    # Made when it is needed: importing what it takes loads all of `jax.extend`.
    from jax.extend.core import Primitive

    made = Primitive("linear_pair")
    made.def_impl(jax.jit(_run, static_argnames=("forward", "transpose")))
    made.def_abstract_eval(_shape)
    ad.primitive_jvps[made] = _jvp
    ad.primitive_transposes[made] = _transpose
    batching.primitive_batchers[made] = _batch
    mlir.register_lowering(made, mlir.lower_fun(_run, multiple_results=False))
    return made
