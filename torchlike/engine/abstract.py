"""Running Python on values that have an aval and no elements: what comes out are the avals of the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp

from torchlike.engine import platform
from torchlike.engine.trace import dispatch
from torchlike.engine.values import Aval, Value

__all__ = ["NoElements", "hidden", "without_elements"]

T = TypeVar("T")


class NoElements(RuntimeError):
    """A function asked for the elements of a value that has none."""


def hidden(value: Value) -> Value:
    """A value of the same aval without elements, inside of a function that `without_elements` calls."""
    return Value(value.aval, jnp.zeros(value.aval.shape, value.aval.dtype.np))


def without_elements(fn: Callable[[list[Value]], T], avals: Sequence[Aval]) -> T:
    """Call a function with a value of each aval, of which nothing but the aval is known.

    Operators on them give values of the same kind, and nothing is computed.

    Args:
        fn: what to call.
        avals: those of its values.

    Raises:
        NoElements: it asked what a value holds.
    """
    # What is pending, steps held back among it, is no part of what follows.
    dispatch()
    outcome: list[Any] = []

    def traced(*arrays: Any) -> tuple:
        outcome.append(fn([Value(a, x) for a, x in zip(avals, arrays, strict=True)]))
        return ()

    try:
        with platform.engine_config():
            jax.eval_shape(traced, *[a.struct() for a in avals])
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        raise NoElements("the elements of a tensor were asked for, and a fake tensor has none") from error
    return outcome[0]
