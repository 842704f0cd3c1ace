"""The outline of an entry's first output: what it is made of, to name a gradient and keep its graph exact.

An output depends on an operand *differentiably* if a chain of floating values leads from one to the other;
what only decides a comparison or an index is no such thing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import jax.numpy as jnp

from torchlike.engine.entries import Entry
from torchlike.engine.values import Aval

__all__ = ["Outline", "outline"]


@dataclass(frozen=True, slots=True)
class Outline:
    """What the first output of an entry is made of.

    Attributes:
        depends: the operands on which it depends differentiably.
        reads: the operands of floating type on which it depends at all.
        same_as: the operand that it is, unchanged, or None.
        primitive: JAX's name of the operation that computes it, '' if there is none; what only arranges the
            elements anew counts if there is nothing else.
        arranged: whether its elements were arranged anew after that.
        shapes: of that operation's operands and then of its result.
        permutation: of a transposition, else None.
    """

    depends: tuple[int, ...]
    reads: tuple[int, ...]
    same_as: int | None
    primitive: str
    arranged: bool
    shapes: tuple[tuple[int, ...], ...]
    permutation: tuple[int, ...] | None


_outlines: WeakKeyDictionary[Entry, Outline] = WeakKeyDictionary()


def outline(entry: Entry) -> Outline:
    """The outline of an entry's first output, worked out once."""
    found = _outlines.get(entry)
    if found is None:
        sources = [_Source(frozenset((i,)), frozenset((i,)), i) for i in range(len(entry.in_avals))]
        source = _walk(entry.jaxpr.jaxpr, sources)[0]
        floating = {i for i, a in enumerate(entry.in_avals) if isinstance(a, Aval) and a.dtype.category >= 2}
        found = _outlines[entry] = Outline(
            tuple(sorted(source.depends)),
            tuple(sorted(source.reads & floating)),
            source.same_as,
            source.primitive,
            source.arranged,
            source.shapes,
            source.permutation,
        )
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a variable of a jaxpr comes from."""

    depends: frozenset[int] = frozenset()
    reads: frozenset[int] = frozenset()
    same_as: int | None = None
    primitive: str = ""
    arranged: bool = False
    shapes: tuple = ()
    permutation: tuple[int, ...] | None = None


# Primitives that only hold a jaxpr to be run in their place, and the parameter that it is in.
_WRAPPERS = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_LOOPS = {"scan", "while", "cond"}
_ARRANGEMENTS = {"broadcast_in_dim", "copy", "expand_dims", "reshape", "squeeze", "transpose"}
# A linear function of an array with its transpose. One that keeps the shape is about how the array is computed.
_PAIR = "linear_pair"
# Operations that change nothing if the shape and dtype stay the same.
_IDENTITIES = {
    "convert_element_type",
    "reshape",
    "broadcast_in_dim",
    "copy",
    "copy_p",
    "squeeze",
    "reduce_precision",
}


def _walk(jaxpr, inputs: list[_Source]) -> list[_Source]:
    """The sources of a jaxpr's outputs, given those of its inputs."""
    env = dict(zip(jaxpr.invars, inputs, strict=True))
    nothing = _Source()

    def look(x) -> _Source:
        # A literal, unlike a variable, has a value.
        return nothing if hasattr(x, "val") else env.get(x, nothing)

    for eqn in jaxpr.eqns:
        operands = [look(x) for x in eqn.invars]
        inner = next((eqn.params[p] for p in _WRAPPERS if p in eqn.params), None)
        name = eqn.primitive.name
        if inner is not None and name not in _LOOPS:
            inner = getattr(inner, "jaxpr", inner)
            if len(inner.invars) == len(operands):
                for var, source in zip(eqn.outvars, _walk(inner, operands), strict=True):
                    env[var] = source
                continue
        depends = frozenset().union(*[s.depends for s in operands])
        reads = frozenset().union(*[s.reads for s in operands])
        for var in eqn.outvars:
            if name in _IDENTITIES and _same(eqn.invars[0].aval, var.aval):
                env[var] = operands[0]
                continue
            first = operands[0] if operands else nothing
            if name in _ARRANGEMENTS and first.primitive and first.primitive not in _ARRANGEMENTS:
                env[var] = replace(first, same_as=None, arranged=True)
                continue
            alone = len(operands) == 1 and _same(eqn.invars[0].aval, var.aval)
            if name == _PAIR and alone and first.primitive:
                env[var] = replace(first, same_as=None)
                continue
            floating = jnp.issubdtype(var.aval.dtype, jnp.inexact)
            shapes = tuple(tuple(x.aval.shape) for x in (*eqn.invars, var))
            env[var] = _Source(
                depends if floating else frozenset(),
                reads,
                None,
                name,
                False,
                shapes,
                eqn.params.get("permutation"),
            )
    return [look(x) for x in jaxpr.outvars]


def _same(a, b) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype
