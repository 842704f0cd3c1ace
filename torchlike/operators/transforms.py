"""An operator's function under JAX's transformations, beside the function itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from torchlike.engine.platform import engine_config
from torchlike.operators.declaration import Operator

__all__ = ["jitted", "mapped"]

# Results of one way, and of the other.
Both = tuple[list[np.ndarray], list[np.ndarray]]


def jitted(op: Operator, arguments: Sequence) -> Both:
    """What the function gives under `jax.jit`, and what it gives plainly.

    Args:
        op: the operator.
        arguments: those of the schema, in order, NumPy arrays in place of tensors.
    """
    with engine_config():
        operands, call = _split(op, arguments)
        return _results(jax.jit(call)(*operands)), _results(call(*operands))


def mapped(op: Operator, arguments: Sequence) -> Both:
    """What the function gives under `jax.vmap` for each tensor and the same one backwards, and one by one.

    Args:
        op, arguments: see `jitted`.
    """
    with engine_config():
        operands, call = _split(op, arguments)
        if not operands:
            return [], []
        pairs = [(x, jnp.flip(x)) for x in operands]
        together = _results(jax.vmap(call)(*map(jnp.stack, pairs)))
        one_by_one = [_results(call(*[pair[i] for pair in pairs])) for i in range(2)]
        return together, [np.stack(pair) for pair in zip(*one_by_one, strict=True)]


def _split(op: Operator, arguments: Sequence) -> tuple[list[jax.Array], Callable]:
    """The arrays among the arguments, and the function of them alone."""
    operands: list[jax.Array] = []
    positions: list[Any] = []
    number = _number_type(arguments)
    for a, x in zip(op.schema.arguments, arguments, strict=True):
        if a.type == "Scalar" and isinstance(x, int | float | complex) and x is not a.default:
            x = jnp.asarray(x, number)
        if not a.dynamic or x is None or isinstance(x, int | float | complex | jax.Array):
            positions.append(lambda _, x=x: x)
        elif isinstance(x, list | tuple):
            places = range(len(operands), len(operands) + len(x))
            operands += [jnp.asarray(part) for part in x]
            positions.append(lambda given, places=places: [given[i] for i in places])
        else:
            place = len(operands)
            positions.append(lambda given, place=place: given[place])
            operands.append(jnp.asarray(x))

    def call(*given: jax.Array) -> Any:
        return op.fn(*[position(given) for position in positions])

    return operands, call


def _number_type(arguments: Sequence) -> Any:
    """What `Scalar`s become: the first floating array's type."""
    of = [x.dtype for x in arguments if isinstance(x, np.ndarray) and x.dtype.kind in "fc"]
    return of[0] if of else np.dtype("float64")


def _results(found: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in (found if isinstance(found, tuple | list) else (found,))]
