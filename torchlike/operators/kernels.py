"""Kernels: functions that stand in for an operator's own, on one platform or on all, chosen as a program is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from torchlike.devices import CPU
from torchlike.engine import Aval, Entry
from torchlike.operators.schema import Schema

__all__ = ["PLATFORMS", "check_alike", "chosen", "with_gradient"]

# JAX's platforms, and the type of the devices that tensors there have.
PLATFORMS = {"cpu": "cpu", "gpu": "cuda", "tpu": "xla"}


def chosen(kernels: Mapping[str | None, Callable], in_avals: Sequence) -> Callable | None:
    """The kernel for operands like these: the one for their device, else the one for all, else None."""
    if not kernels:
        return None
    on = next((a.device for a in in_avals if isinstance(a, Aval)), CPU)
    return kernels.get(on.type) or kernels.get(None)


def check_alike(schema: Schema, own: Entry, made: Entry) -> None:
    """Check that a kernel's results have the shapes and dtypes of the operator's own.

    Raises:
        RuntimeError: they have not.
    """
    if own.out_avals != made.out_avals:
        raise RuntimeError(
            f"a kernel for {schema.label} gives {list(made.out_avals)} where the operator gives {list(own.out_avals)}"
        )


def with_gradient(schema: Schema, fn: Callable, gradient: Callable) -> Callable:
    """A function with an explicit gradient.

    Args:
        schema: says which arguments are arrays.
        fn: the function, of the schema's arguments in order.
        gradient: `(grad, *arguments) -> gradients`: of the result's cotangent (a tuple of them where there are several
            results) and the same arguments, the cotangent of each tensor argument in order, None for zero. It is
            differentiated in turn for gradients of higher order.
    """
    dynamic = [a for a in schema.arguments if a.dynamic]

    @wraps(fn)
    def differentiated(*args: Any) -> Any:
        leaves = [x for a, x in zip(schema.arguments, args, strict=True) if a.dynamic for x in _parts(x)]
        # An absent tensor and a number left at its default are no operands.
        traced = [isinstance(x, jax.Array) for x in leaves]

        def rebuilt(operands: Sequence) -> list:
            rest = iter(operands)
            filled = iter([next(rest) if t else x for x, t in zip(leaves, traced, strict=True)])
            full: list = []
            for a, x in zip(schema.arguments, args, strict=True):
                if not a.dynamic:
                    full.append(x)
                elif isinstance(x, list | tuple):
                    full.append([next(filled) for _ in x])
                else:
                    full.append(next(filled))
            return full

        @jax.custom_vjp
        def call(*operands):
            return fn(*rebuilt(operands))

        def forward(*operands):
            return call(*operands), operands

        def backward(operands, cotangent):
            full = rebuilt(operands)
            given = gradient(cotangent, *full)
            given = list(given) if isinstance(given, tuple | list) else [given]
            wanted = [a for a in dynamic if a.type != "Scalar"]
            if len(given) != len(wanted):
                raise ValueError(
                    f"the gradient of {schema.label} gives {len(given)} values for {len(wanted)} tensor arguments"
                )
            of = dict(zip([a.name for a in wanted], given, strict=True))
            cotangents: list = []
            for a, x in zip(schema.arguments, full, strict=True):
                if a.dynamic:
                    parts = _parts(x)
                    g = of.get(a.name)
                    gs = [None] * len(parts) if g is None else _parts(g)
                    cotangents += [_cotangent(schema, a.name, p, q) for p, q in zip(parts, gs, strict=True)]
            return tuple(g for g, t in zip(cotangents, traced, strict=True) if t)

        call.defvjp(forward, backward)
        return call(*[x for x, t in zip(leaves, traced, strict=True) if t])

    return differentiated


def _parts(x: Any) -> list:
    return list(x) if isinstance(x, list | tuple) else [x]


def _cotangent(schema: Schema, name: str, x: Any, g: Any) -> Any:
    """An operand's cotangent in the type that JAX wants; zero for None."""
    if not isinstance(x, jax.Array):
        return None
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return np.zeros(x.shape, jax.dtypes.float0)
    if g is None:
        return jnp.zeros_like(x)
    if jnp.shape(g) != x.shape:
        raise ValueError(
            f"the gradient of {schema.label} has the shape {list(jnp.shape(g))} for '{name}', which has {list(x.shape)}"
        )
    return g.astype(x.dtype)
