"""The one path that every operator call takes: find the entry, record it, wrap the results, leave a node."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.autograd.nodes import (
    AccumulateGrad,
    Edge,
    Node,
    Variable,
    differentiable_outputs,
    move_retained,
    tensors,
)
from torchlike.autograd.operator_nodes import differentiate, plan_of, plans, watch_saved
from torchlike.engine import COMPLEX, INT, KIND_OF, Aval, Entry, Value, from_host, record
from torchlike.errors import warn
from torchlike.operators.accepted import in_c
from torchlike.operators.declaration import NUMBER, STATIC, TENSORS, Operator
from torchlike.tensors import guards
from torchlike.tensors.forbidden_writes import check_edge, explanation
from torchlike.tensors.geometry import elementwise_strides, is_dense
from torchlike.tensors.storage import Counter, Storage, ViewStep, contiguous_strides, read_through, write_through
from torchlike.tensors.tensor import Tensor, read, relative_steps, root_of, wrap

__all__ = [
    "bump",
    "call",
    "call_inplace",
    "call_out",
    "call_view",
    "cast",
    "check_disjoint",
    "check_no_overlap",
    "check_writable",
    "fill_out",
    "overwrite",
    "without_gradient",
    "write",
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
            node = make_node(op, c, t._storage)
            if node is not None:
                t._edge = Edge(node, 0)
        if c.strided and op.strides == "elementwise":
            set_elementwise_geometry(t, c.owners)
        return t
    results = [wrap(v) for v in outs]
    if c.needs_grad:
        node = make_node(op, c, results[0]._storage)
        if node is not None:
            for i in differentiable_outputs(entry):
                results[i]._edge = Edge(node, i)
    if c.strided and op.strides == "elementwise":
        for t in results:
            set_elementwise_geometry(t, c.owners)
    return tuple(results)


def make_node(op: Operator, c: Call, result: Storage | None) -> Node | None:
    """The backward node of a call, or None if its result can carry no gradient.

    Args:
        op: the operator.
        c: the call; at least one of its tensors requires grad.
        result: the storage of the first result, or None if that is still to be written.
    """
    entry = c.entry
    if entry.out_avals[0].dtype.category < 2 and not differentiable_outputs(entry):
        return None
    edges: list[Edge] = []
    wanted: list[int] = []
    for i, t in enumerate(c.owners):
        if t is not None and t._edge is not None:
            if t._view is not None:
                check_edge(t._edge)
            edges.append(t._edge)
            wanted.append(i)
    if op.backward == "NotImplemented":
        return NotImplementedNode(op.schema.base, edges)
    key = entry, tuple(wanted)
    plan = plans.get(key) or plan_of(op, *key, c.owners, c.key)
    if plan.order is not None:
        edges = [edges[i] for i in plan.order]
    node = plan.node(plan, c.inputs, tuple(edges))
    if plan.watched:
        watch_saved(node, c.owners, result)
    return node


class NotImplementedNode(Node):
    """The node of an operator that PyTorch lets into the graph without having a gradient for it."""

    __slots__ = ("operator",)

    def __init__(self, operator: str, edges: list[Edge]) -> None:
        Node.__init__(self, tuple(edges))
        self.operator = operator

    def apply(self, grads: list, create_graph: bool) -> list:
        raise RuntimeError(f"derivative for aten::{self.operator} is not implemented")


NotImplementedNode.__name__ = "NotImplemented"


def set_elementwise_geometry(t: Tensor, owners: list) -> None:
    """Give a pointwise result the layout that PyTorch's iterator would choose."""
    layouts = tuple([(o.shape, o._geometry and o._geometry[0]) for o in owners if o is not None])
    strides = _result_strides(t.shape, layouts)
    if strides is not None:
        t._geometry = (strides, 0)
        t._storage.strides = strides


@lru_cache(maxsize=8192)
def _result_strides(
    shape: tuple[int, ...], layouts: tuple[tuple[tuple[int, ...], tuple[int, ...] | None], ...]
) -> tuple[int, ...] | None:
    filled = [(s, contiguous_strides(s) if strides is None else strides) for s, strides in layouts]
    return elementwise_strides(shape, filled)


def call_view(op: Operator, args: tuple) -> Tensor:
    """Run a view operator: the result shares its first argument's storage."""
    base = args[0]
    rule = op.view
    assert rule is not None
    value = base._storage.value if base._view is None else read(base)
    if NUMBER in op.kinds:
        numbers = tuple([a for a, kind in zip(args, op.kinds, strict=True) if kind == NUMBER])
        key = (value.aval, *[INT if kind == NUMBER else a for a, kind in zip(args[1:], op.kinds[1:], strict=True)])
        entry = op.entries.get(key) or op.entry(key)
        geometry = _view_geometry(op, base, value, entry, args)
    else:
        numbers = ()
        key = (value.aval, *args[1:])
        entry = op.entries.get(key) or op.entry(key)
        place = (entry, base._geometry)
        if place in _geometries:
            geometry = _geometries[place]
        else:
            if len(_geometries) > 8192:
                _geometries.clear()
            geometry = _geometries[place] = _view_geometry(op, base, value, entry, args)
    step = ViewStep(op, key, entry, numbers)
    if base._edge is not None and state.enabled and op.differentiable:
        check_edge(base._edge)
        name = op.backward if isinstance(op.backward, str) else op.backward(value.aval)
        out = differentiate(entry, [Variable(value, base._edge), *numbers], name)[0]
        t = view_of(base, step, out.value)
        t._edge = out.edge
    else:
        t = view_of(base, step, record(entry, (value, *numbers))[0])
    t._geometry = geometry
    return t


_geometries: dict[tuple, tuple[tuple[int, ...], int] | None] = {}


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
    if base._creation is not None:
        t._creation = base._creation
    elif not state.enabled:
        t._creation = "inference" if state.inference else "no_grad"
    if base._edge is not None and not state.enabled:
        # To PyTorch a view of what requires grad requires grad, a leaf if it was made outside the graph.
        t._edge = Edge(AccumulateGrad(t, accepts=False), 0)
    if base._inference:
        t._inference = True
    return t


class CopySlices(Node):
    """What a write through a view leaves on the base: the operator's own node, applied to the part it wrote.

    Attributes:
        steps: from the base to the part.
        inner: the operator's node.
        writes_self: whether the first of its gradients is the written tensor's.
        aval: the base's.
    """

    __slots__ = ("steps", "inner", "writes_self", "aval")

    @classmethod
    def forward_name(cls) -> str:
        """What PyTorch's messages call it."""
        return "torch::autograd::CopySlices"

    def __init__(
        self, base: Edge | None, inner: Node, steps: tuple[ViewStep, ...], writes_self: bool, aval: Aval
    ) -> None:
        others = [e for e in inner.edges if e is not None]
        Node.__init__(self, (base, *others[writes_self:]))
        self.steps = steps
        self.inner = inner
        self.writes_self = writes_self
        self.aval = aval

    @property
    def output_avals(self) -> tuple[Aval]:
        """The aval of the base, whose gradient comes in."""
        return (self.aval,)

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The base's node, then those of what was written."""
        base = self.edges[0]
        return ((None, 0) if base is None else (base.node, base.nr), *self.inner.next_functions[1:])

    def apply(self, grads: list, create_graph: bool) -> list:
        grad = grads[0]
        if grad is None:
            return [None] * len(self.edges)
        part = read_through(grad, self.steps)
        outs = self.inner.apply([part], create_graph)
        outs = [g for g, e in zip(outs, self.inner.edges, strict=True) if e is not None]
        first = outs.pop(0) if self.writes_self else None
        if self.edges[0] is None:
            return [None, *outs]
        if first is None:
            zeros = zeros_value(part.value if create_graph else part)
            first = Variable(zeros, None) if create_graph else zeros
        return [write_through(grad, first, self.steps), *outs]

    def release(self) -> None:
        self.inner.release()


def zeros_value(like: Value) -> Value:
    return from_host(np.zeros(like.aval.shape, like.aval.dtype.np), like.aval.device)


def call_inplace(op: Operator, args: tuple) -> Tensor:
    """Run an operator and write its result into its first argument.

    Raises:
        RuntimeError: PyTorch's errors for leaves, forbidden views, shapes and dtypes; the tensor is then unchanged.
    """
    self = args[0]
    c = Call(op, args)
    check_writable(self, c.needs_grad)
    target = self._value().aval
    out = c.entry.out_avals[0]
    if out.shape != target.shape:
        if op.structured:
            raise RuntimeError(
                f"Bad in-place call: input tensor size {list(target.shape)} and output tensor size {list(out.shape)} "
                "should match"
            )
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(out.shape)}"
        )
    if out.dtype is not target.dtype and op.structured:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {in_c(target.dtype)} and output tensor dtype {in_c(out.dtype)} "
            "should match"
        )
    if out.dtype is not target.dtype and not dtypes.can_cast(out.dtype, target.dtype):
        raise RuntimeError(
            f"result type {out.dtype.legacy_name} can't be cast to the desired output type {target.dtype.legacy_name}"
        )
    if not op.schema.base.startswith(_OVERLAPPING):
        check_no_overlap(self)
        for t in c.owners[1:]:
            if t is not None and t._storage is self._storage:
                check_disjoint(self, t, op.schema.base in _DISJOINT)
    value = record(c.entry, c.inputs)[0]
    node = make_node(op, c, None) if c.needs_grad else None
    if node is not None:
        _forgive_own_write(node)
    if out.dtype is not target.dtype:
        value = cast(value, target.dtype)
    write(self, value, node, self._edge is not None)
    if node is not None and op.saves_result:
        counter = self._versions()
        node.watch((counter,), (counter.version,))  # type: ignore[attr-defined]
    return self


# Writes that PyTorch allows on expanded tensors.
_OVERLAPPING = ("_fill", "_zero")
# Writes whose other operands may not even be the very tensor.
_DISJOINT = frozenset(
    ("_index_put", "_index_add", "_index_copy", "_index_reduce", "_scatter", "_scatter_add", "_scatter_reduce", "_put")
    + ("_masked_scatter", "_scatter_value")
)


def check_disjoint(t: Tensor, other: Tensor, strictly: bool) -> None:
    """Raise PyTorch's error for a write that reads a part of the memory which it writes.

    Args:
        t: what is written to.
        other: what is read, of the same storage.
        strictly: whether it may not be the same elements either.
    """
    if other is t and not strictly:
        return
    shape, theirs = t.shape, other.shape
    strides, their_strides = t.stride(), other.stride()
    if not (shape.numel() and theirs.numel() and is_dense(shape, strides) and is_dense(theirs, their_strides)):
        if not (strictly and other is t):
            return
    begin, start = t.storage_offset() * t.dtype.itemsize, other.storage_offset() * other.dtype.itemsize
    end, stop = begin + shape.numel() * t.dtype.itemsize, start + theirs.numel() * other.dtype.itemsize
    if (begin, end) == (start, stop) and strides == their_strides:
        if not strictly:
            return
    elif begin >= stop or start >= end:
        return
    raise RuntimeError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
        "location. Please clone() the tensor before performing the operation."
    )


def check_no_overlap(t: Tensor) -> None:
    """Raise PyTorch's error for a write to an expanded tensor."""
    geometry = t._geometry
    if geometry is not None and 0 in geometry[0] and t.shape.numel():
        if any(s == 0 and n > 1 for n, s in zip(t.shape, geometry[0], strict=True)):
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to a single memory "
                "location. Please clone() the tensor before performing the operation."
            )


def _forgive_own_write(node: Any) -> None:
    """Let an in-place operator's node read its first argument, saved as it was before the write."""
    if node.counters and len(node.counters) == len(node.plan.watched) and node.plan.watched[0] == 0:
        still = Counter()
        still.version = node.versions[0]
        node.counters = [still, *node.counters[1:]]


def check_writable(t: Tensor, needs_grad: bool) -> None:
    """Raise PyTorch's error if a write to `t` would break the graph.

    Args:
        t: the tensor.
        needs_grad: whether it, or anything written to it, requires grad.
    """
    if t._inference and not state.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if not (needs_grad and state.enabled):
        return
    edge = t._gradient_edge()
    base = t._base
    if base is not None:
        if t._creation is not None:
            raise RuntimeError(explanation(t._creation, edge))
        if edge is not None and base.is_leaf:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place operation."
            )
    if edge is not None and type(edge.node) is AccumulateGrad:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def cast(value: Value, to: dtypes.dtype) -> Value:
    """A value in another dtype."""
    from torchlike.operators import declaration

    return record(declaration.get("_cast").entry((value.aval, to)), (value,))[0]


def write(t: Tensor, value: Value, node: Node | None, writes_self: bool = False) -> None:
    """Put a value of the same shape and dtype into a tensor's storage, and rebase its graph on a node.

    Args:
        t: the tensor.
        value: what it holds from now on.
        node: the node of the operator that computed the value, or None outside the graph.
        writes_self: whether the node's first gradient is that of `t`.
    """
    storage = t._storage
    steps = t._view
    if steps is None:
        storage.value = value
        storage.writes += 1
        if node is not None:
            if t._edge is not None and t._edge.node.rare is not None:
                move_retained(t, t._edge, Edge(node, 0))
            t._edge = Edge(node, 0)
    else:
        before = storage.value
        storage.value = write_through(before, value, steps)
        storage.writes += 1
        t._cached = value
        root = root_of(t)
        if root is None:
            t._seen = storage.writes
            if node is not None:
                t._edge = Edge(node, 0)
        elif node is not None:
            _rebase(t, root, before, node, writes_self)
        elif root._edge is None:
            # Nothing to regenerate: the cached value is the current one.
            t._seen = storage.writes
    if t._counter is None:
        storage.version += 1
    else:
        t._counter.version += 1
    if node is not None:
        storage.writer = node.__class__ if steps is None else CopySlices


def _rebase(t: Tensor, root: Tensor, before: Value, node: Node, writes_self: bool) -> None:
    """Put a write through `t` into the graph of the tensor that it is a view of."""
    assert t._view is not None
    steps = relative_steps(t._view, root)
    if t._root is not None:
        # `t` is its root in another shape: the write covers all of it.
        t._seen = t._storage.writes
        t._edge = Edge(node, 0)
        whole = write_through(Variable(before, None), Variable(t._cached, t._edge), steps)
        root._edge = t._root_edge = whole.edge
    else:
        aval = root._storage.value.aval if root._view is None else root._cached.aval
        before_write = root._edge
        root._edge = Edge(CopySlices(before_write, node, steps, writes_self, aval), 0)
        if before_write is not None and before_write.node.rare is not None:
            move_retained(root, before_write, root._edge)


def bump(t: Tensor) -> None:
    """Count a change of `t` that writes no element."""
    t._versions().version += 1


def call_out(op: Operator, args: tuple, out: Any) -> Any:
    """Run an operator and put its results into the given tensors.

    Raises:
        RuntimeError: PyTorch's errors for `out=`; the given tensors are then unchanged.
    """
    c = Call(op, args)
    outs = out if isinstance(out, tuple | list) else (out,)
    avals = c.entry.out_avals
    if len(outs) != len(avals):
        raise TypeError(f"{op.schema.base}(): argument 'out' must be tuple of {len(avals)} Tensors, not {len(outs)}")
    if state.enabled and (c.needs_grad or any(o._gradient_edge() is not None for o in outs)):
        raise RuntimeError(
            f"{op.schema.base}(): functions with out=... arguments don't support automatic differentiation, but one of "
            "the arguments requires grad."
        )
    for o, a in zip(outs, avals, strict=True):
        if o.dtype is not a.dtype and not dtypes.can_cast(a.dtype, o.dtype):
            raise RuntimeError(
                f"result type {a.dtype.legacy_name} can't be cast to the desired output type {o.dtype.legacy_name}"
            )
    values = record(c.entry, c.inputs)
    for o, v in zip(outs, values, strict=True):
        if o.dtype is not v.aval.dtype:
            v = cast(v, o.dtype)
        if o.shape == v.aval.shape:
            write(o, v, None)
        else:
            resize_out(o, v)
    return out if len(avals) == 1 else tuple(outs)


def overwrite(t: Tensor, value: Value, name: str) -> Tensor:
    """Give a tensor new elements that depend on nothing; its gradient before the write is zero.

    Args:
        t: the tensor, checked to be writable.
        value: of its shape and dtype.
        name: the node that the write leaves.
    """
    edge = t._gradient_edge()
    if edge is None or not state.enabled:
        write(t, value, None)
        return t
    before = t._value()
    out = differentiate(_drawing(before.aval, value.aval), [Variable(before, edge), Variable(value, None)], name)[0]
    assert out.edge is not None
    write(t, value, out.edge.node, True)
    return t


def without_gradient(name: str, made: Tensor, parameters: list[Tensor]) -> Tensor:
    """Put a drawn tensor into the graph of its parameters, to which it passes zeros.

    Args:
        name: the node's name.
        made: the drawn tensor.
        parameters: what it was drawn with.
    """
    for p in parameters:
        edge = p._gradient_edge()
        if edge is not None and state.enabled:
            entry = _drawing(p._value().aval, made._value().aval)
            out = differentiate(entry, [Variable(p._value(), edge), Variable(made._value(), None)], name)[0]
            made._edge = out.edge
    return made


@lru_cache(maxsize=1024)
def _drawing(before: Aval, drawn: Aval) -> Entry:
    """What gives its second operand and passes zeros to the first."""
    return Entry("draw", lambda before, new: (new,), (before, drawn), shown=(0,))


def fill_out(name: str, results: Any, out: Any, quiet: bool = False) -> Any:
    """Put what a composite gave into the tensors of its `out=`.

    Args:
        name: the function.
        results: a tensor or several.
        out: as many.
        quiet: resize without a warning.

    Raises:
        RuntimeError: PyTorch's errors for `out=`.
    """
    single = isinstance(results, Tensor)
    given = (results,) if single else tuple(results)
    outs = (out,) if isinstance(out, Tensor) else tuple(out)
    if len(outs) != len(given):
        raise TypeError(f"{name}(): argument 'out' must be tuple of {len(given)} Tensors, not {len(outs)}")
    if state.enabled and any(t._gradient_edge() is not None for t in (*given, *outs)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    for o, t in zip(outs, given, strict=True):
        if o.dtype is not t.dtype and not dtypes.can_cast(t.dtype, o.dtype):
            raise RuntimeError(
                f"result type {t.dtype.legacy_name} can't be cast to the desired output type {o.dtype.legacy_name}"
            )
    for o, t in zip(outs, given, strict=True):
        value = t._value() if o.dtype is t.dtype else cast(t._value(), o.dtype)
        if o.shape == value.aval.shape:
            write(o, value, None)
        else:
            resize_out(o, value, quiet)
    return out


def resize_out(o: Tensor, value: Value, quiet: bool = False) -> None:
    """Give an `out=` tensor of another shape the result's shape, warning as PyTorch does if it was not empty."""

    if o.shape.numel() != 0 and not quiet:
        warn(
            f"An output with one or more elements was resized since it had shape {list(o.shape)}, which does not match "
            f"the required output shape {list(value.aval.shape)}. This behavior is deprecated, and in a future PyTorch "
            "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out tensor "
            "t by resizing it, inplace, to zero elements with t.resize_(0).",
        )
    version = o._version
    o._storage = Storage(value)
    o._storage.version = version + 1
    o._view = o._base = o._root = o._geometry = o._counter = None


def _wrap(value: Value, edge: Edge | None) -> Tensor:
    return wrap(value, edge)


def _unwrap(t: Tensor) -> tuple[Value, Edge | None]:
    return t._value(), t._gradient_edge()


tensors.wrap = _wrap
tensors.unwrap = _unwrap
