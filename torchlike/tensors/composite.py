"""Composites: operators written in terms of other operators on tensors, declared as operators are.

@composite("reshape(Tensor self, int[] shape) -> Tensor")
def reshape(self, shape): ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torchlike.operators import schema as schemas
from torchlike.operators.declaration import BUILTIN
from torchlike.operators.schema import Schema

__all__ = ["Composite", "composite", "composites"]


@dataclass(eq=False, slots=True)
class Composite:
    """A declared composite. Its attributes are the arguments of `composite`."""

    schema: Schema
    fn: Callable
    namespaces: tuple[str, ...]
    method: bool
    aliases: tuple[str, ...]
    dunder: tuple[str, ...]
    out: bool

    inplace = False


_registry: dict[str, Composite] = {}
BUILTIN.maps.append(_registry)


def composite(
    schema: str,
    *,
    namespaces: tuple[str, ...] = ("torch",),
    method: bool = True,
    aliases: tuple[str, ...] = (),
    dunder: tuple[str, ...] = (),
    out: bool = False,
) -> Callable[[Callable], Callable]:
    """Declare a function of tensors that is no single operator.

    Args:
        schema: PyTorch's schema; see `torchlike.operators.schema`.
        namespaces: where the function form lives.
        method: whether it is a method of Tensor.
        aliases: further public names.
        dunder: Python operators that it implements.
        out: whether the function form has `out=`; the results are then copied into the given tensors.
    """
    parsed = schemas.parse(schema)

    def declare(fn: Callable) -> Callable:
        if parsed.name in _registry:
            raise ValueError(f"composite {parsed.name!r} is declared twice")
        _registry[parsed.name] = Composite(parsed, fn, namespaces, method, aliases, dunder, out)
        return fn

    return declare


def composites() -> tuple[Composite, ...]:
    """Every declared composite, in order of declaration."""
    return tuple(_registry.values())
