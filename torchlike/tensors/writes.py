"""Writes to tensors: in-place operators, `out=`, and what a write through a view leaves on its base."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.autograd.nodes import AccumulateGrad, Edge, Node, Variable, move_retained
from torchlike.autograd.operator_nodes import OpNode, differentiate
from torchlike.autograd.saved import hooks
from torchlike.engine import Aval, Entry, Value, from_host, note_update, record
from torchlike.errors import missing, warn
from torchlike.operators import declaration
from torchlike.operators.accepted import in_c
from torchlike.operators.declaration import Operator
from torchlike.tensors.dispatch import Call, cast, make_node
from torchlike.tensors.forbidden_writes import explanation
from torchlike.tensors.geometry import is_dense
from torchlike.tensors.host_memory import refuse_resizing, settled
from torchlike.tensors.out_types import check_types
from torchlike.tensors.storage import Counter, Storage, ViewStep, read_through, write_through
from torchlike.tensors.tensor import Tensor, relative_steps, root_of

__all__ = [
    "CopySlices",
    "bump",
    "call_inplace",
    "call_out",
    "check_disjoint",
    "check_no_overlap",
    "check_unread",
    "check_writable",
    "fill_out",
    "overwrite",
    "without_gradient",
    "write",
]


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
    check_unread(self, args)
    c = Call(op, args)
    compares = op.schema.base in _COMPARISONS and state.enabled and self.dtype.category >= 2
    needs_grad = c.needs_grad or (compares and any(t is not None and t._edge is not None for t in c.owners))
    check_writable(self, needs_grad)
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
    if op.schema.base not in _OVERLAPPING and is_repeating(self):
        if op.schema.base in ("_index_put", "_index_put_mask"):
            raise missing(
                "a write at indices to an expanded tensor (deprecated in PyTorch)", "clone() before it"
            )
        check_no_overlap(self)
    for t in c.owners[1:]:
        if t is not None and t._storage is self._storage:
            check_disjoint(self, t, op.schema.base in _DISJOINT)
    value = record(c.entry, c.inputs)[0]
    node = make_node(op, c, ()) if c.needs_grad else None
    if isinstance(node, OpNode):
        node.forgive_write(Counter())
    if out.dtype is not target.dtype:
        value = cast(value, target.dtype)
    if compares and needs_grad:
        node = _comparison_node(op, [t for t in c.owners if t is not None], value)
    write(self, value, node, self._edge is not None)
    if isinstance(node, OpNode) and node.plan.watched_results and not hooks.stack:
        node.watch_written(self, settled(self._storage.value))
    return self


def _comparison_node(op: Operator, operands: list[Tensor], value: Value) -> Node:
    """The node of a comparison in place, whose gradients are zero; out of place it has none.

    Args:
        op: the comparison.
        operands: what was compared; at least one requires grad.
        value: what came out, in the type of what is written to.
    """
    compared = [Variable(t._value(), t._gradient_edge()) for t in operands]
    entry = _drawing(*[v.value.aval for v in compared], value.aval)
    name = f"{op.schema.base.title()}Backward{len(operands) - 1}"
    edge = differentiate(entry, [*compared, Variable(value, None)], name)[0].edge
    assert edge is not None
    return edge.node


_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
# Writes that PyTorch allows on expanded tensors.
_OVERLAPPING = frozenset(("_fill", "_zero"))
# Writes whose other operands may not even be the very tensor.
_DISJOINT = frozenset(
    "_index_put _index_add _index_copy _index_reduce _put _scatter _scatter_add _scatter_reduce _scatter_value "
    "_masked_scatter".split()
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
    if not (
        shape.numel() and theirs.numel() and is_dense(shape, strides) and is_dense(theirs, their_strides)
    ):
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


def is_repeating(t: Tensor) -> bool:
    """Whether a tensor is expanded: some of its elements are one in memory."""
    geometry = t._geometry
    if geometry is None or 0 not in geometry[0] or not t.shape.numel():
        return False
    return any(s == 0 and n > 1 for n, s in zip(t.shape, geometry[0], strict=True))


def check_no_overlap(t: Tensor) -> None:
    """Raise PyTorch's error for a write to an expanded tensor."""
    if is_repeating(t):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location. Please clone() the tensor before performing the operation."
        )


def check_unread(t: Tensor, operands: Sequence) -> None:
    """Raise PyTorch's errors for a write to a view that come before those for reading it.

    Reading brings its edge up to date; before that PyTorch takes it for a leaf, though it requires grad if its base
    does.

    Args:
        t: the tensor.
        operands: what takes part in the write.
    """
    underived = t._edge is None and t._base is not None
    if underived or t._creation is not None:
        check_writable(t, any(isinstance(a, Tensor) and a.requires_grad for a in operands), underived)


def check_writable(t: Tensor, needs_grad: bool, underived: bool = False) -> None:
    """Raise PyTorch's error if a write to `t` would break the graph.

    Args:
        t: the tensor.
        needs_grad: whether it, or anything written to it, requires grad.
        underived: whether nobody has asked for the node of this view since its base may have got one.
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
    if edge is not None and (underived or type(edge.node) is AccumulateGrad):
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def write(t: Tensor, value: Value, node: Node | None, writes_self: bool = False) -> None:
    """Put a value of the same shape and dtype into a tensor's storage, and rebase its graph on a node.

    Args:
        t: the tensor.
        value: what it holds from now on.
        node: the node of the operator that computed the value, or None outside the graph.
        writes_self: whether the node's first gradient is that of `t`.
    """
    storage = t._storage
    view = t._view
    steps = None if view is None else steps_to_write(t, view)
    if steps is None:
        storage.value = value
        storage.writes += 1
        if node is not None:
            if t._edge is not None and t._edge.node.rare is not None:
                move_retained(t, t._edge, Edge(node, 0))
            t._edge = Edge(node, 0)
        elif t._edge is not None:
            note_update()
    else:
        before = storage.value
        if storage.__class__ is Storage:
            storage.value = write_through(before, value, steps)
        else:
            settled(before)
            storage.put(t, value, steps)  # type: ignore[attr-defined]
        storage.writes += 1
        t._cached = value
        root = root_of(t)
        if root is None:
            t._seen = storage.writes
            if node is not None:
                t._edge = Edge(node, 0)
        elif node is not None:
            _rebase(t, root, steps, before, node, writes_self)
        elif root._edge is None:
            # Nothing to regenerate: the cached value is the current one.
            t._seen = storage.writes
    if t._counter is None:
        storage.version += 1
    else:
        t._counter.version += 1
    if node is not None:
        storage.writer = node.__class__ if steps is None else CopySlices


def steps_to_write(t: Tensor, steps: tuple[ViewStep, ...]) -> tuple[ViewStep, ...]:
    """The steps by which to write to a view.

    Where a step shows an element more than once, later ones may show it in part, and only its place in memory tells
    what was written.
    """
    if not any(step.op.schema.base in _REPEATING for step in steps):
        return steps
    storage = t._storage
    if storage.value.aval.dtype is not t.dtype:
        raise missing(
            "a write through an expanded view of another dtype than its memory's", "clone() before it"
        )
    op = declaration.get("_as_strided")
    key = (storage.value.aval, tuple(t.shape), t.stride(), t.storage_offset(), storage.strides)
    return (ViewStep(op, key, op.entry(key)),)


# View operators that show an element more than once.
_REPEATING = frozenset(("_expand", "_unfold"))


def _rebase(
    t: Tensor, root: Tensor, steps: tuple[ViewStep, ...], before: Value, node: Node, writes_self: bool
) -> None:
    """Put a write through `t` into the graph of the tensor that it is a view of."""
    steps = relative_steps(steps, root)
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
        t._rebased = (root._edge, t._version + 1)


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
    check_types(op.schema.base, [a.dtype for a in avals], outs)
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
    out = differentiate(
        _drawing(before.aval, value.aval), [Variable(before, edge), Variable(value, None)], name
    )[0]
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
def _drawing(*avals: Aval) -> Entry:
    """What gives its last operand and passes zeros to the others."""
    return Entry("draw", lambda *operands: (operands[-1],), avals, shown=tuple(range(len(avals) - 1)))


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
    check_types(name, [t.dtype for t in given], outs)
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
        value = settled(t._value()) if o.dtype is t.dtype else cast(t._value(), o.dtype)
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
            "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out "
            "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
        )
    if value.aval.nbytes > o._storage.value.aval.nbytes:
        refuse_resizing(o._storage)
    version = o._version
    o._storage = Storage(value)
    o._storage.version = version + 1
    o._view = o._base = o._root = o._geometry = o._counter = None
