"""The shortest way through the commonest calls: up to three tensors, or one and a number, then only static arguments.

`dispatch.call` takes any call apart. Which way an argument goes is known once the types of a call are, so for these
it is written out here, with the same result; the shared tests of the operators come this way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torchlike.autograd.modes import state
from torchlike.autograd.nodes import Edge
from torchlike.engine import KIND_OF, ScalarKind, record
from torchlike.operators.declaration import STATIC, Operator
from torchlike.operators.schema import MISSING
from torchlike.tensors import dispatch, guards
from torchlike.tensors.dispatch import LAYOUTS, node_of
from torchlike.tensors.tensor import Tensor, read, wrap

__all__ = ["direct"]

_FIRST, _SECOND, _BOTH = (0,), (1,), (0, 1)
_THIRD, _OUTER, _LAST, _ALL = (2,), (0, 2), (1, 2), (0, 1, 2)
_NUMBERS = (bool, int, float)
_new_edge = tuple.__new__


def direct(op: Operator, types: Sequence[type | None]) -> Callable[[tuple], Tensor] | None:
    """What runs an operator on arguments of these types, or None where only `dispatch.call` does.

    Args:
        op: the operator, to be run out of place.
        types: of the first arguments, None for one at its default; the others are at theirs.
    """
    count = 0
    for of in types:
        if of is None or not issubclass(of, Tensor):
            break
        count += 1
    number = types[1] if count == 1 and len(types) > 1 else None
    with_number = (
        number is not None and number in _NUMBERS and op.kinds[1] != STATIC and op.defaults[1] is MISSING
    )
    if op.view is not None or not op.single_output or not 1 <= count <= 3 or STATIC in op.kinds[:count]:
        return None
    taken = count + with_number
    for kind, of in zip(op.kinds[taken:], types[taken:], strict=False):
        if kind != STATIC and of is not None and of is not type(None):
            return None
    if with_number:
        return _with_number(op, KIND_OF[types[1]])  # type: ignore[index]
    return (_one, _two, _three)[count - 1](op)


def _one(op: Operator) -> Callable[[tuple], Tensor]:
    entries, find, guard = op.entries, op.entry, op.guard
    differentiable, lay_out = op.differentiable, LAYOUTS.get(op.strides)

    def call(args: tuple) -> Tensor:
        a = args[0]
        value = a._storage.value if a._view is None else read(a)
        key = (value.aval, *args[1:])
        entry = entries.get(key) or find(key)
        inputs = (value,)
        if guard is not None:
            guards.verify(op, key, entry, inputs, (a,))
        t = wrap(record(entry, inputs)[0])
        edge = a._edge
        if edge is not None and differentiable and state.enabled:
            node = node_of(op, entry, key, inputs, (a,), _FIRST, (edge,), (t,))
            if node is not None:
                t._edge = _new_edge(Edge, (node, 0))
        if lay_out is not None and a._geometry is not None:
            lay_out(t, (a,))
        return t

    return call


def _with_number(op: Operator, kind: ScalarKind) -> Callable[[tuple], Tensor]:
    entries, find, guard, literals = op.entries, op.entry, op.guard, op.literals
    differentiable, lay_out = op.differentiable, LAYOUTS.get(op.strides)

    def call(args: tuple) -> Tensor:
        a, number = args[0], args[1]
        if literals is not None and (number.__class__, number) in literals:
            return dispatch.call(op, args)
        value = a._storage.value if a._view is None else read(a)
        key = (value.aval, kind, *args[2:])
        entry = entries.get(key) or find(key)
        inputs = (value, number)
        owners = (a, None)
        if guard is not None:
            guards.verify(op, key, entry, inputs, owners)
        t = wrap(record(entry, inputs)[0])
        edge = a._edge
        if edge is not None and differentiable and state.enabled:
            node = node_of(op, entry, key, inputs, owners, _FIRST, (edge,), (t,))
            if node is not None:
                t._edge = _new_edge(Edge, (node, 0))
        if lay_out is not None and a._geometry is not None:
            lay_out(t, owners)
        return t

    return call


def _two(op: Operator) -> Callable[[tuple], Tensor]:
    entries, find, guard = op.entries, op.entry, op.guard
    differentiable, lay_out = op.differentiable, LAYOUTS.get(op.strides)

    def call(args: tuple) -> Tensor:
        a, b = args[0], args[1]
        first = a._storage.value if a._view is None else read(a)
        second = b._storage.value if b._view is None else read(b)
        key = (first.aval, second.aval, *args[2:])
        entry = entries.get(key) or find(key)
        inputs = (first, second)
        if guard is not None:
            guards.verify(op, key, entry, inputs, (a, b))
        t = wrap(record(entry, inputs)[0])
        to_a, to_b = a._edge, b._edge
        if (to_a is not None or to_b is not None) and differentiable and state.enabled:
            wanted: tuple[int, ...]
            edges: tuple
            if to_b is None:
                wanted, edges = _FIRST, (to_a,)
            elif to_a is None:
                wanted, edges = _SECOND, (to_b,)
            else:
                wanted, edges = _BOTH, (to_a, to_b)
            node = node_of(op, entry, key, inputs, (a, b), wanted, edges, (t,))
            if node is not None:
                t._edge = _new_edge(Edge, (node, 0))
        if lay_out is not None and (a._geometry is not None or b._geometry is not None):
            lay_out(t, (a, b))
        return t

    return call


def _three(op: Operator) -> Callable[[tuple], Tensor]:
    entries, find, guard = op.entries, op.entry, op.guard
    differentiable, lay_out = op.differentiable, LAYOUTS.get(op.strides)

    def call(args: tuple) -> Tensor:
        a, b, c = owners = args[:3]
        first = a._storage.value if a._view is None else read(a)
        second = b._storage.value if b._view is None else read(b)
        third = c._storage.value if c._view is None else read(c)
        key = (first.aval, second.aval, third.aval, *args[3:])
        entry = entries.get(key) or find(key)
        inputs = (first, second, third)
        if guard is not None:
            guards.verify(op, key, entry, inputs, owners)
        t = wrap(record(entry, inputs)[0])
        to = (a._edge, b._edge, c._edge)
        if to != _NOWHERE and differentiable and state.enabled:
            wanted: tuple[int, ...]
            edges: tuple
            if to[2] is None:
                wanted = tuple([i for i, edge in enumerate(to) if edge is not None])
                edges = tuple([edge for edge in to if edge is not None])
            elif to[1] is None:
                wanted, edges = (_THIRD, to[2:]) if to[0] is None else (_OUTER, (to[0], to[2]))
            else:
                # A layer's weight and bias, and its input or not.
                wanted, edges = (_LAST, to[1:]) if to[0] is None else (_ALL, to)
            node = node_of(op, entry, key, inputs, owners, wanted, edges, (t,))
            if node is not None:
                t._edge = _new_edge(Edge, (node, 0))
        if lay_out is not None and (
            a._geometry is not None or b._geometry is not None or c._geometry is not None
        ):
            lay_out(t, owners)
        return t

    return call


_NOWHERE = (None, None, None)
