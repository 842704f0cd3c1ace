"""The one path that every operator call takes: find the entry, record it, wrap the results, leave a node."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.autograd.nodes import AccumulateGrad, Edge, Node, differentiable_outputs, tensors
from torchlike.autograd.operator_nodes import plan_of, plans, view_node, watch_saved
from torchlike.engine import COMPLEX, INT, KIND_OF, Entry, Value, from_host, record
from torchlike.operators import declaration
from torchlike.operators.declaration import NUMBER, STATIC, TENSORS, Operator
from torchlike.operators.views import view_strides
from torchlike.tensors import guards
from torchlike.tensors.forbidden_writes import check_edge
from torchlike.tensors.geometry import channels_last_strides, elementwise_strides, suggests_channels_last
from torchlike.tensors.host_memory import settled
from torchlike.tensors.storage import Storage, ViewStep, contiguous_strides
from torchlike.tensors.tensor import Tensor, read, wrap

__all__ = [
    "LAYOUTS",
    "Call",
    "NotImplementedNode",
    "call",
    "call_view",
    "cast",
    "make_node",
    "node_of",
    "set_elementwise_geometry",
    "view_of",
]


class Call:
    """An operator's arguments taken apart: the key of its entry, the inputs, and the tensors that they came from."""

    __slots__ = ("entry", "key", "inputs", "owners", "strided", "needs_grad")

    def __init__(self, op: Operator, args: tuple) -> None:
        key: list = []
        inputs: list = []
        owners: list = []
        strided = needs_grad = False
        for kind, a, default in zip(op.kinds, args, op.defaults, strict=True):
            if kind == STATIC:
                key.append(a)
            elif isinstance(a, Tensor):
                value = a._storage.value if a._view is None else read(a)
                key.append(value.aval)
                inputs.append(value)
                owners.append(a)
                if a._edge is not None:
                    needs_grad = True
                if a._geometry is not None:
                    strided = True
            elif a is None or a is default:
                key.append(a)
            elif kind == TENSORS:
                avals = []
                for t in a:
                    if t is None:
                        raise TypeError(f"{op.schema.base}(): expected a list of Tensors, got None in it")
                    value = t._value()
                    avals.append(value.aval)
                    inputs.append(value)
                    owners.append(t)
                    if t._edge is not None:
                        needs_grad = True
                    if t._geometry is not None:
                        strided = True
                key.append(tuple(avals))
            else:
                number = KIND_OF.get(a.__class__)
                if number is None:
                    a = a.item()  # a NumPy scalar
                    number = KIND_OF[a.__class__]
                if op.literals is not None:
                    literal = op.literals.get((a.__class__, a))
                    if literal is not None:
                        key.append(literal)
                        continue
                key.append(number)
                inputs.append(from_host(np.asarray(a, np.complex128)) if number is COMPLEX else a)
                owners.append(None)
        self.key = k = tuple(key)
        self.entry: Entry = op.entries.get(k) or op.entry(k)
        self.inputs = inputs
        self.owners = owners
        self.strided = strided
        self.needs_grad = needs_grad and state.enabled and op.differentiable
        if op.guard is not None:
            guards.verify(op, self.key, self.entry, inputs, owners)


def call(op: Operator, args: tuple) -> Any:
    """Run an operator out of place.

    Args:
        op: the operator.
        args: its arguments in the schema's order, tensors as `Tensor`s.

    Returns:
        A tensor, or a tuple of them where the schema has several results.
    """
    if op.view is not None:
        return call_view(op, args)
    c = Call(op, args)
    entry = c.entry
    outs = record(entry, c.inputs)
    if len(outs) == 1:
        t = wrap(outs[0])
        if c.needs_grad:
            node = make_node(op, c, (t,))
            if node is not None:
                t._edge = Edge(node, 0)
        if c.strided and op.strides != "contiguous":
            LAYOUTS[op.strides](t, c.owners)
        return t
    results = [wrap(v) for v in outs]
    if c.needs_grad:
        node = make_node(op, c, results)
        if node is not None:
            for i in differentiable_outputs(entry):
                results[i]._edge = Edge(node, i)
    if c.strided and op.strides != "contiguous":
        for t in results:
            LAYOUTS[op.strides](t, c.owners)
    return tuple(results)


def make_node(op: Operator, c: Call, results: Sequence[Tensor]) -> Node | None:
    """The backward node of a call, or None if its result can carry no gradient.

    Args:
        op: the operator.
        c: the call; at least one of its tensors requires grad.
        results: what it gave, or nothing if that is still to be written.
    """
    edges: list[Edge] = []
    wanted: list[int] = []
    for i, t in enumerate(c.owners):
        if t is not None and t._edge is not None:
            edges.append(t._edge)
            wanted.append(i)
    return node_of(op, c.entry, c.key, c.inputs, c.owners, tuple(wanted), tuple(edges), results)


def node_of(
    op: Operator,
    entry: Entry,
    key: tuple,
    inputs: Sequence,
    owners: Sequence[Tensor | None],
    wanted: tuple[int, ...],
    edges: tuple[Edge, ...],
    results: Sequence[Tensor],
) -> Node | None:
    """`make_node`, told which inputs require grad.

    Args:
        op, results: see `make_node`.
        entry, key, inputs, owners: as in a `Call`.
        wanted: the positions of the inputs that require grad.
        edges: theirs.
    """
    for i in wanted:
        if owners[i]._view is not None:  # type: ignore[union-attr]
            check_edge(owners[i]._edge)  # type: ignore[union-attr, arg-type]
    plan = plans.get((entry, wanted))
    if plan is None:
        if not differentiable_outputs(entry):
            return None
        if op.backward == "NotImplemented":
            return NotImplementedNode(f"aten::{op.schema.base}", edges)
        plan = plan_of(op, entry, wanted, owners, key)
    if plan.order is not None:
        edges = tuple([edges[i] for i in plan.order])
    node = plan.make(inputs, edges)
    if plan.watches:
        watch_saved(node, owners, results)
    return node


class NotImplementedNode(Node):
    """The node of an operator that PyTorch lets into the graph without having a gradient for it."""

    __slots__ = ("operator",)

    def __init__(self, operator: str, edges: tuple[Edge, ...]) -> None:
        Node.__init__(self, edges)
        self.operator = operator

    @classmethod
    def forward_name(cls) -> str:
        """What PyTorch's messages call it."""
        return "torch::autograd::NotImplemented"

    def name(self) -> str:
        return "torch::autograd::NotImplemented"

    def apply(self, grads: list, create_graph: bool) -> list:
        raise RuntimeError(f"derivative for {self.operator} is not implemented")


NotImplementedNode.__name__ = NotImplementedNode.__qualname__ = "NotImplemented"
NotImplementedNode.__module__ = "builtins"


class MissingGradient(Node):
    """The node of an operator for which PyTorch has an entry in its table of gradients, but no formula."""

    __slots__ = ()

    operator: str

    def apply(self, grads: list, create_graph: bool) -> list:
        raise NotImplementedError(f"the derivative for '{self.operator}' is not implemented.")


@lru_cache
def _missing_gradient(operator: str) -> type[MissingGradient]:
    name = "".join(word.title() for word in operator.split("_")) + "Backward0"
    return type(name, (MissingGradient,), {"__slots__": (), "__module__": "builtins", "operator": operator})


def without_formula(operator: str, made: Tensor, source: Tensor) -> Tensor:
    """Put what was computed outside the graph into it, as PyTorch does where it has no formula for the gradient.

    Args:
        operator: PyTorch's name of it.
        made: the result.
        source: what it was computed from.
    """
    edge = source._gradient_edge()
    if edge is not None and state.enabled:
        check_edge(edge)
        made._edge = Edge(_missing_gradient(operator)((edge,)), 0)
    return made


def set_elementwise_geometry(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """Give a pointwise result the layout that PyTorch's iterator would choose."""
    layouts = tuple([(o.shape, o._geometry and o._geometry[0]) for o in owners if o is not None])
    strides = _result_strides(t.shape, layouts)
    if strides is not None:
        t._geometry = (strides, 0)
        t._storage.strides = strides


def _has_channels_last(t: Tensor) -> bool:
    """Whether PyTorch takes a tensor's channels to be last in memory; a batch of lines is one of planes of one row."""
    shape, strides = tuple(t.shape), t.stride()
    if len(shape) == 3:
        shape, strides = (*shape[:2], 1, shape[2]), (*strides[:2], shape[2] * strides[2], strides[2])
    return suggests_channels_last(shape, strides)


def _put_channels_last(t: Tensor) -> None:
    shape = tuple(t.shape)
    strides = channels_last_strides(shape)
    t._geometry = (strides, 0)
    t._storage.strides = strides


def _keep_channels_last(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """Give a result its channels last where all operands of its rank have them so."""
    rank = t.ndim
    alike = [o for o in owners if o is not None and o.ndim == rank]
    if rank > 3 and alike and all(map(_has_channels_last, alike)):
        _put_channels_last(t)


def _keep_channels_last_of_lines(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """The same for what PyTorch computes as on planes of one row."""
    if t.ndim == 3 and owners[0].ndim == 3 and _has_channels_last(owners[0]):  # type: ignore[union-attr, arg-type]
        _put_channels_last(t)


def _lay_out_convolved(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """Give a convolution's result its channels last where the input or the weight has them so."""
    image, weight = owners[0], owners[1]
    assert image is not None and weight is not None
    rank = weight.ndim
    if not t.shape.numel():
        return
    shape, strides = tuple(image.shape), image.stride()
    if image.ndim < rank:
        shape, strides = (1, *shape), (shape[0] * strides[0], *strides)
    # Lines are made contiguous first.
    if not (rank > 3 and suggests_channels_last(shape, strides) or _has_channels_last(weight)):
        return
    out = tuple(t.shape) if image.ndim == rank else (1, *t.shape)
    if rank == 5:
        # Only oneDNN's kernel has this layout of volumes, and it is not taken for small ones.
        groups = (shape[1] if weight.shape[0] == out[1] else out[1]) // weight.shape[1]
        large = shape[0] > 1 or prod(shape[:4]) > 20480 or min(weight.shape[-2:]) > 3
        if t.dtype is not dtypes.bfloat16 and not (t.dtype is dtypes.float32 and (groups > 1 or large)):
            return
    found = channels_last_strides(out)[len(out) - t.ndim :]
    t._geometry = (found, 0)
    t._storage.strides = found


def _lay_out_like_second(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """The layout that PyTorch's iterator would choose where the second operand comes first in its formula."""
    set_elementwise_geometry(t, (owners[1], owners[0], *owners[2:]))


def _lay_out_like_first(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """The layout of the first operand, where the others are spread over it."""
    set_elementwise_geometry(t, owners[:1])


def _lay_out_kron(t: Tensor, owners: Sequence[Tensor | None]) -> None:
    """The layout of the product of the operands with their dimensions interleaved, seen in the result's shape.

    Raises:
        RuntimeError: PyTorch's error where that is no view.
    """
    rank = t.ndim
    shapes, layouts = [], []
    for k, o in enumerate(owners):
        shape, strides = o.shape, o.stride()  # type: ignore[union-attr]
        missing = rank - len(shape)
        wide = [(1, 0)] * missing + list(zip(shape, strides, strict=True))
        pairs = [pair for own in wide for pair in ((own, (1, 0)) if k == 0 else ((1, 0), own))]
        shapes.append([n for n, _ in pairs])
        layouts.append((tuple(shapes[-1]), tuple([s for _, s in pairs])))
    product = tuple([max(a, b) if 0 not in (a, b) else 0 for a, b in zip(*shapes, strict=True)])
    strides = _result_strides(product, tuple(layouts))
    if strides is None or not t.shape.numel():
        return
    seen = view_strides(product, strides, tuple(t.shape))
    if seen is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    t._geometry = (seen, 0)
    t._storage.strides = seen


# What an operator's `strides`, if they are not "contiguous", make of a result of strided operands.
LAYOUTS = {
    "elementwise": set_elementwise_geometry,
    "channels_last": _keep_channels_last,
    "lines": _keep_channels_last_of_lines,
    "convolution": _lay_out_convolved,
    "second": _lay_out_like_second,
    "first": _lay_out_like_first,
    "kron": _lay_out_kron,
}


@lru_cache(maxsize=8192)
def _result_strides(
    shape: tuple[int, ...], layouts: tuple[tuple[tuple[int, ...], tuple[int, ...] | None], ...]
) -> tuple[int, ...] | None:
    filled = [(s, contiguous_strides(s) if strides is None else strides) for s, strides in layouts]
    return elementwise_strides(shape, filled)


def call_view(op: Operator, args: tuple) -> Tensor:
    """Run a view operator: the result shares its first argument's storage."""
    base = args[0]
    value = base._storage.value if base._view is None else read(base)
    place = (op, value.aval, base._geometry, *args[1:])
    found = _views.get(place)
    if found is None:
        if len(_views) >= _MAX_VIEWS:
            _views.clear()
        found = _views[place] = _prepared(op, base, value, args)
    step, geometry, name = found
    entry = step.read
    inputs = (value, *step.numbers)
    if base._storage.__class__ is Storage:
        t = view_of(base, step, record(entry, inputs)[0])
    else:
        t = view_of(base, step, base._storage.region(entry.out_avals[0], geometry))
    t._geometry = geometry
    edge = base._edge
    if edge is not None and state.enabled and op.differentiable:
        check_edge(edge)
        node = view_node(entry, name, inputs, edge)
        t._edge = None if node is None else Edge(node, 0)
    return t


# What a view of these arguments comes to: its step, its geometry and the name of its node.
_views: dict[tuple, tuple[ViewStep, tuple | None, str]] = {}
_MAX_VIEWS = 8192


def _prepared(op: Operator, base: Tensor, value: Value, args: tuple) -> tuple[ViewStep, tuple | None, str]:
    rest = list(zip(args[1:], op.kinds[1:], strict=True))
    key = (value.aval, *[INT if kind == NUMBER else a for a, kind in rest])
    entry = op.entry(key)
    step = ViewStep(op, key, entry, tuple([a for a, kind in rest if kind == NUMBER]))
    name = op.backward if isinstance(op.backward, str) else op.backward(value.aval)
    return step, _view_geometry(op, base, value, entry, args), name


def _view_geometry(op: Operator, base: Tensor, value: Value, entry: Entry, args: tuple) -> tuple | None:
    """Strides and offset of a view, or None where they are those of a contiguous tensor at offset 0."""
    assert op.view is not None
    shape = entry.out_avals[0].shape
    found = op.view.geometry(value.aval.shape, base.stride(), base.storage_offset(), shape, *args[1:])
    return None if found[1] == 0 and found[0] == contiguous_strides(shape) else found


def view_of(base: Tensor, step: ViewStep, value: Value) -> Tensor:
    """A tensor that shows `value`, a step away from `base`."""
    t: Any = object.__new__(Tensor)
    t._storage = base._storage
    t._view = (step,) if base._view is None else (*base._view, step)
    t._cached = value
    t._seen = base._storage.writes
    t._base = base if base._base is None else base._base
    if base._counter is None:
        t._derived_at = base._storage.version
    else:
        t._counter = base._counter
        t._derived_at = base._counter.version
    if state.enabled:
        if base._creation is not None:
            t._creation = base._creation
    else:
        t._creation = "inference" if state.inference else "no_grad"
        if base._edge is not None:
            # To PyTorch a view of what requires grad requires grad, a leaf if it was made outside the graph.
            t._edge = Edge(AccumulateGrad(t, accepts=False), 0)
    if base._inference:
        t._inference = True
    return t


def cast(value: Value, to: dtypes.dtype) -> Value:
    """A value in another dtype."""
    return record(declaration.get("_cast").entry((value.aval, to)), (value,))[0]


def _wrap(value: Value, edge: Edge | None) -> Tensor:
    return wrap(value, edge)


def _unwrap(t: Tensor) -> tuple[Value, Edge | None]:
    return settled(t._value()), t._gradient_edge()


tensors.wrap = _wrap
tensors.unwrap = _unwrap
