"""The nodes of declared operators: their gradient is an engine entry, recorded like any other operator.

So a backward pass joins the forward in one program, and a pass with `create_graph` is the same entries
recorded on `Variable`s, one entry per gradient so that each depends on no more than it must.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from torchlike.autograd import nodes
from torchlike.autograd.derived_names import derived_name
from torchlike.autograd.nodes import (
    FREED,
    Edge,
    Node,
    Variable,
    differentiable_outputs,
    next_sequence_nr,
    shown_edge,
    tensors,
)
from torchlike.autograd.saved import Packed, hidden, hooks, inference_error, modified_error
from torchlike.autograd.shown_nodes import Tree, argument_order, shown_edges
from torchlike.engine import Aval, Entry, Gradient, ScalarKind, Value, from_host, outline, record
from torchlike.errors import missing
from torchlike.operators.declaration import Literal

if TYPE_CHECKING:
    from torchlike.operators.declaration import Operator
    from torchlike.tensors.tensor import Tensor

__all__ = [
    "OpNode",
    "Plan",
    "differentiate",
    "leave_node",
    "node_class",
    "plan_of",
    "plans",
    "view_node",
    "watch_saved",
]


_new = object.__new__


def _picker(positions: tuple[int, ...]) -> Callable[[Sequence], Sequence]:
    """What takes the elements at these positions from a sequence."""
    if not positions:
        return lambda inputs: ()
    if len(positions) == 1:
        at = positions[0]
        return lambda inputs: (inputs[at],)
    return itemgetter(*positions)


class Plan:
    """What all nodes of one entry and one choice of differentiated inputs share.

    Attributes:
        node: the class of the nodes.
        entry: the forward's entry.
        wanted: the differentiated inputs, as positions among the entry's.
        given: the differentiable outputs.
        gradient: the entry of the gradient where every output in `given` has one.
        needs: the positions of the inputs that the gradient reads.
        pick: takes those from the inputs.
        watched, watched_results: the tensors among the inputs, and the outputs, that are not to be written to before
            the pass: what PyTorch's formula reads.
        watches: whether there are any.
        frees: whether the pass frees what PyTorch saved, though the gradient may read nothing of it.
        order: how to order the edges of the inputs that require grad, or None to leave them as they are.
        tree: what PyTorch would show of the graph, where that is more than one node.
        names: with a tree, the arguments' names of the differentiated inputs.
    """

    __slots__ = (
        "node", "entry", "wanted", "given", "gradient", "needs", "pick", "watched", "watched_results", "watches",
        "frees", "order", "tree", "names",
    )  # fmt: skip

    def __init__(
        self, node: type[OpNode], entry: Entry, wanted: tuple[int, ...], given: tuple[int, ...]
    ) -> None:
        self.order: tuple[int, ...] | None = None
        self.tree: Tree | None = None
        self.names: tuple[str, ...] = ()
        self.node = node
        self.entry = entry
        self.wanted = wanted
        self.given = given
        self.gradient: Gradient = entry.gradient(wanted, given)
        self.needs = self.gradient.needs
        self.pick = _picker(self.needs)
        self.watch(tuple([i for i in self.needs if isinstance(entry.in_avals[i], Aval)]), ())

    def make(self, inputs: Sequence, edges: tuple[Edge, ...]) -> OpNode:
        """A node: every recorded operator makes one, so nothing is called that need not be.

        Args:
            inputs: the entry's.
            edges: of the differentiated inputs.
        """
        node = _new(self.node)
        node.edges = edges
        node.sequence_nr = next_sequence_nr()
        node.rare = None
        node.plan = self
        node.saved = self.pick(inputs)
        node.counters = node.versions = node.origins = ()
        if nodes.remember_forward is not None:
            nodes.remember_forward(node)
        return node

    def watch(self, inputs: tuple[int, ...], results: tuple[int, ...], others: bool = False) -> None:
        """Set what is not to be written to before the pass, and whether tensors are saved that nobody can write to."""
        self.watched = inputs
        self.watched_results = results
        self.watches = bool(inputs or results)
        self.frees = self.watches or others

    def saving_order(self) -> list[int]:
        """The needed inputs in the order in which PyTorch saves them: gradient by gradient."""
        found: dict[int, None] = {}
        for i in self.wanted:
            found.update(dict.fromkeys(self.entry.gradient((i,), self.given).needs))
        found.update(dict.fromkeys(self.needs))
        return [i for i in found if i in self.needs]


class OpNode(Node):
    """The node of a declared operator.

    Attributes:
        op: the operator, where the entry is one's own and not that of a gradient.
        plan: what it shares with others.
        saved: the primal inputs that the gradient reads.
        counters, versions: whose writes would falsify them, and the versions they were saved at.
        origins: where those are from: of an input its tensor, or None for what it was before it was written to; of a
            result its storage and the value therein.
    """

    __slots__ = ("plan", "saved", "counters", "versions", "origins")

    op: Operator | None = None

    plan: Plan
    saved: Sequence | None
    counters: Sequence
    versions: Sequence
    origins: Sequence

    @property
    def output_avals(self) -> Sequence[Aval]:
        return self.plan.entry.out_avals

    @property
    def output_count(self) -> int:
        return len(self.plan.entry.out_avals)

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        if create_graph:
            return self._apply_recorded(grads)
        plan = self.plan
        gradient = plan.gradient
        if len(grads) > 1:
            grads = [grads[i] for i in plan.given]
        partial = None in grads
        if partial:
            given = tuple([i for i, g in zip(plan.given, grads, strict=True) if g is not None])
            if not given:
                return [None] * len(self.edges)
            gradient = plan.entry.gradient(plan.wanted, given)
            grads = [g for g in grads if g is not None]
        saved = self.saved
        if saved is None:
            saved = self._unpacked()
        if self.counters:
            for counter, version in zip(self.counters, self.versions, strict=False):
                if counter.version != version:
                    self.check_versions()
            if hidden.writes:
                saved = self._current(saved)
        if partial and gradient.needs != plan.needs:
            by_position = dict(zip(plan.needs, saved, strict=True))
            saved = [by_position[i] for i in gradient.needs]
        return record(gradient.entry, [*saved, *grads])

    def _apply_recorded(self, grads: list) -> Sequence:
        plan = self.plan
        given = tuple([i for i in plan.given if grads[i] is not None])
        if not given:
            return [None] * len(self.edges)
        cotangents = [grads[i] for i in given]
        saved = self._checked()
        edge_of: dict[int, Any] = dict(zip(plan.wanted, self.edges, strict=True))
        operand_of = {
            i: Variable(x, edge_of.get(i)) if isinstance(x, Value) else x
            for i, x in zip(plan.needs, saved, strict=True)
        }
        outs: list = []
        for i in plan.wanted:
            gradient = plan.entry.gradient((i,), given)
            operands = [*[operand_of[k] for k in gradient.needs], *cotangents]
            shape = outline(gradient.entry)
            if shape.same_as is not None:
                outs.append(operands[shape.same_as])
                continue
            name = self.op and self.op.double_backward or derived_name(shape, type(self).__name__)
            # Where PyTorch has an operator of its own for the gradient, that is a function of all it reads.
            depends = shape.reads if "BackwardBackward" in name or "BackwardData" in name else shape.depends
            outs.append(differentiate(gradient.entry, operands, name, depends)[0])
        return outs

    def release(self) -> None:
        saved = self.saved
        if saved:
            if (saved[0].__class__ is Value and self.plan.frees) or self._keeps_tensors(saved):
                self.saved = None
                self.counters = self.versions = self.origins = ()
        elif saved is None:
            if self.rare is not None:
                self.rare.packed = None
        elif self.plan.frees:
            # The gradient of nothing reads nothing, but PyTorch frees what it saved.
            self.saved = None

    def _keeps_tensors(self, saved: Sequence) -> bool:
        """Whether PyTorch would free a tensor; a number in a tensor's place is one, a factor is not."""
        shown, watches = self.plan.entry.shown, self.plan.watches
        return any(
            watches if isinstance(x, Value) else i in shown
            for i, x in zip(self.plan.needs, saved, strict=True)
        )

    def watch_written(self, t: Tensor, value: Value) -> None:
        """Complain in `apply` if the result of an in-place operator was written to once more.

        Args:
            t: what was written to.
            value: what its storage holds since.
        """
        counter = t._versions()
        self.counters = [*self.counters, counter]
        self.versions = [*self.versions, counter.version]
        self.origins = [*self.origins, (t._storage, value)]

    def forgive_write(self, counter: Any) -> None:
        """Let the node of an in-place operator read its first argument, saved as it was before the write.

        Args:
            counter: a fresh one.
        """
        if self.counters and self.plan.watched and self.plan.watched[0] == 0:
            counter.version = self.versions[0]
            self.counters = [counter, *self.counters[1:]]
            self.origins = [None, *self.origins[1:]]

    def _current(self, saved: Sequence) -> Sequence:
        """What is saved, as the tensors that it came from hold it now.

        PyTorch keeps the tensors themselves: what was written to them through `.data` or by NumPy, or assigned to
        `.data`, is what their gradients are computed from.
        """
        plan = self.plan
        found = list(saved)
        for i, (origin, version) in enumerate(zip(self.origins, self.versions, strict=True)):
            if i >= len(plan.watched):
                storage, value = origin
                if storage.value is not value and not storage.value.is_same(value):
                    name = type(self).forward_name().lower()
                    raise missing(f"the gradient of {name} after its result was changed through .data")
            elif origin is not None and plan.watched[i] in plan.needs:
                k = plan.needs.index(plan.watched[i])
                kept = found[k]
                if origin._storage.shows(origin, kept) or self._is_copy(i):
                    continue
                value, edge = tensors.unwrap(origin)
                if value.array is not None and kept.array is not None and value.is_same(kept):
                    continue
                if value.aval is not kept.aval:
                    raise missing("the gradient of a tensor whose .data was given another shape or dtype")
                if origin._version != version:
                    raise modified_error(value.aval, edge, origin._versions(), version)
                found[k] = value
        return found

    def check_versions(self) -> None:
        """Raise PyTorch's error if a saved tensor was written to."""
        for i, (counter, version) in enumerate(zip(self.counters, self.versions, strict=True)):
            if counter.version != version and not self._is_copy(i):
                plan = self.plan
                if i >= len(plan.watched):
                    # The saved result is not the tensor that was written to, but what that was.
                    k = plan.watched_results[i - len(plan.watched)]
                    own = Edge(self, k) if k in plan.given else None
                    raise modified_error(plan.entry.out_avals[k], own, counter, version, own=True)
                position = plan.watched[i]
                aval = plan.entry.in_avals[position]
                assert isinstance(aval, Aval)
                edge = dict(zip(plan.wanted, self.edges, strict=True)).get(position)
                raise modified_error(aval, edge, counter, version)

    def _is_copy(self, i: int) -> bool:
        """Whether PyTorch saved a copy of a watched tensor."""
        plan, op = self.plan, self.op
        if op is None or op.copies is None or i >= len(plan.watched):
            return False
        origin = self.origins[i]
        shapes = tuple([a.shape for a in plan.entry.in_avals if isinstance(a, Aval)])
        return origin is not None and op.copies(plan.watched[i], origin.stride(), shapes, plan.wanted)

    def pack(self, owners: Sequence[Tensor | None]) -> None:
        """Hand the saved tensors to the user's hooks and keep what those make of them.

        Args:
            owners: per input of the entry, the tensor that it came from.
        """
        assert self.saved is not None
        pair = hooks.stack[-1]
        saved = dict(zip(self.plan.needs, self.saved, strict=True))
        packed: dict[int, Any] = {}
        for i in self.plan.saving_order():
            owner = owners[i]
            packed[i] = saved[i] if owner is None else Packed(owner, pair)
        self.rarities().packed = packed
        self.saved = None
        self.counters = self.versions = self.origins = ()

    def _unpacked(self) -> list:
        packed = None if self.rare is None else self.rare.packed
        if packed is None:
            raise RuntimeError(FREED)
        values = {}
        for i, x in packed.items():
            if isinstance(x, Packed):
                expected = self.plan.entry.in_avals[i]
                assert isinstance(expected, Aval)
                t = x.unpack()
                if t.shape != expected.shape:
                    raise RuntimeError(
                        f"a saved tensor of shape {list(expected.shape)} came back from its unpack hook with "
                        f"shape {list(t.shape)}"
                    )
                if t.dtype is not expected.dtype:
                    t = t.to(expected.dtype)
                x = tensors.unwrap(t)[0]
            values[i] = x
        return [values[i] for i in self.plan.needs]

    def __dir__(self) -> list[str]:
        found = super().__dir__()
        if self.op is not None:
            names = ["result", *[a.name for a in self.op.schema.arguments]]
            found += [f"_saved_{n}" for n in names if self._saved_attribute(n) is not None]
        return sorted(found)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_") and self.op is not None:
            found = self._saved_attribute(name.removeprefix("_saved_"))
            if found is not None:
                return found[0]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _saved_attribute(self, name: str) -> tuple[Any] | None:
        """A saved tensor or argument by its name in the schema, or None if PyTorch keeps none."""
        op, plan = self.op, self.plan
        assert op is not None
        edge_of: dict[int, Any] = dict(zip(plan.wanted, self.edges, strict=True))
        if name == "result" and op.saves is not None and "result" in op.saves:
            by_position = dict(zip(plan.needs, self._checked(), strict=True))
            inputs = [by_position.get(i) for i in range(len(plan.entry.in_avals))]
            if None in inputs:
                return None
            return (tensors.wrap(record(plan.entry, inputs)[0], Edge(self, 0)),)
        key = next((k for k, e in op.entries.items() if e is plan.entry), None)
        position = 0
        for i, a in enumerate(op.schema.arguments):
            k = None if key is None else key[i]
            if not a.dynamic or isinstance(k, Literal):
                if a.name == name and key is not None:
                    return (k.value if isinstance(k, Literal) else k,)
                continue
            count = len(k) if isinstance(k, tuple) else 0 if k is None else 1
            if a.name == name:
                if count == 0 or isinstance(k, tuple):
                    return None
                if op.saves is not None and name not in op.saves:
                    return None
                return self._saved_operand(position, edge_of)
            position += count
        return None

    def _saved_operand(self, position: int, edge_of: dict[int, Any]) -> tuple[Any] | None:
        plan = self.plan
        if position not in plan.needs:
            floating = tuple(
                i for i, a in enumerate(plan.entry.in_avals) if isinstance(a, Aval) and a.dtype.category >= 2
            )
            return (None,) if position in plan.entry.gradient(floating, plan.given).needs else None
        x = self._checked()[plan.needs.index(position)]
        if not isinstance(x, Value):
            # A number in a tensor's place is a tensor to PyTorch.
            return (tensors.wrap(from_host(np.asarray(x)), None) if position in plan.entry.shown else x,)
        edge = edge_of.get(position)
        if edge is not None and type(edge.node) is nodes.AccumulateGrad:
            return (edge.node.variable,)
        return (tensors.wrap(x, edge),)

    def _checked(self) -> Sequence:
        saved = self.saved
        if saved is None:
            saved = self._unpacked()
        if self.counters:
            self.check_versions()
            if hidden.writes:
                saved = self._current(saved)
        return saved

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        if self.plan.tree is not None:
            rare = self.rarities()
            if rare.shown is None:
                named: dict[str, Any] = dict(zip(self.plan.names, self.edges, strict=True))
                rare.shown = shown_edges(self.plan.tree, named, self.sequence_nr)
            return rare.shown
        edge_of = dict(zip(self.plan.wanted, self.edges, strict=True))
        return tuple([shown_edge(edge_of.get(i)) for i in self.plan.entry.shown])

    def spread(self, outs: Sequence) -> list:
        """The gradients of all inputs that `next_functions` shows, from those that were computed."""
        grad_of = dict(zip(self.plan.wanted, outs, strict=True))
        return [grad_of.get(i) for i in self.plan.entry.shown]

    def gathered(self, spread: Sequence) -> list:
        """The inverse of `spread`."""
        grad_of = dict(zip(self.plan.entry.shown, spread, strict=True))
        return [grad_of[i] for i in self.plan.wanted]


_classes: dict[tuple[str, Operator | None], type[OpNode]] = {}


def node_class(name: str, op: Operator | None = None) -> type[OpNode]:
    """The class of the nodes of this name and operator, made on first use."""
    found = _classes.get((name, op))
    if found is None:
        single = op is not None and op.single_output
        members = {"__slots__": (), "__module__": "builtins", "op": op, "single_output": single}
        found = type(name, (OpNode,), members)
        _classes[name, op] = found
    return found


# An operator's plans under (entry, wanted), those of entries recorded elsewhere under (entry, wanted, name).
plans: dict[tuple, Plan] = {}
_MAX_PLANS = 8192


def plan_of(
    op: Operator, entry: Entry, wanted: tuple[int, ...], owners: Sequence[Tensor | None], key: tuple
) -> Plan:
    """The plan of an operator's nodes, which `plans` will have under (entry, wanted) from now on.

    Args:
        op: the operator.
        entry: its entry, with a differentiable output.
        wanted: the inputs that require grad.
        owners: per input, its tensor or None for a number.
        key: the entry's among the operator's.
    """
    name: Any = op.backward
    if callable(name):
        avals = [None if t is None else tensors.unwrap(t)[0].aval for t in owners]
        told = "wanted" in (getattr(name, "__kwdefaults__", None) or ())
        name = name(*avals, wanted=wanted) if told else name(*avals)
    given = differentiable_outputs(entry)
    if isinstance(name, str):
        found = Plan(node_class(name, op), entry, wanted, given)
    else:
        arguments = [a.name for a, k in zip(op.schema.arguments, key, strict=True) if isinstance(k, Aval)]
        present = [arguments.index(a) for a in argument_order(name) if a in arguments]
        order = [i for i in present if i in wanted]
        found = Plan(node_class(name[0], op), entry, tuple(order), given)
        found.order = tuple([wanted.index(i) for i in order])
        found.tree = name
        found.names = tuple([arguments[i] for i in order])
    if op.saves is not None:
        found.watch(*_saved_positions(op, entry, key, wanted))
    _keep((entry, wanted), found)
    return found


def _saved_positions(
    op: Operator, entry: Entry, key: tuple, wanted: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """What an operator says it saves.

    Returns:
        The positions of the tensors among the inputs, those of the outputs, and whether there are other tensors: a
        number in a tensor's place is one to PyTorch.
    """
    assert op.saves is not None
    names: list[str] = []
    numbers: set[str] = set()
    for a, k in zip(op.schema.arguments, key, strict=True):
        if a.dynamic:
            names += [a.name] * (len(k) if isinstance(k, tuple) else isinstance(k, Aval | ScalarKind))
            if a.type != "Scalar" and isinstance(k, ScalarKind):
                numbers.add(a.name)
    saves = op.saves
    if isinstance(saves, dict):
        saves = tuple({n: None for i in wanted for n in saves[names[i]]})
    inputs = [i for i, n in enumerate(names) if n in saves and isinstance(entry.in_avals[i], Aval)]
    outputs = [i for i, n in enumerate(op.schema.returns) if (n or "result") in saves]
    others = "inside" in saves or (isinstance(op.backward, str) and not numbers.isdisjoint(saves))
    return tuple(inputs), tuple(outputs), others


def _named_plan(entry: Entry, wanted: tuple[int, ...], name: str) -> Plan:
    found = plans.get((entry, wanted, name))
    if found is None:
        found = Plan(node_class(name), entry, wanted, differentiable_outputs(entry))
        _keep((entry, wanted, name), found)
    return found


def _keep(key: tuple, plan: Plan) -> None:
    if len(plans) >= _MAX_PLANS:
        plans.clear()
    plans[key] = plan


def leave_node(entry: Entry, name: str, inputs: Sequence, edges: Sequence[Edge | None]) -> OpNode:
    """The node of an entry recorded elsewhere, whose gradient reads nothing that could be written to.

    Args:
        entry: with a differentiable output.
        name: the node's name.
        inputs: the entry's.
        edges: per input, where its gradient goes, or None; at least one is not None.
    """
    wanted = tuple([i for i, e in enumerate(edges) if e is not None])
    plan = _named_plan(entry, wanted, name)
    return plan.make(inputs, tuple([e for e in edges if e is not None]))


def view_node(entry: Entry, name: str, inputs: Sequence, edge: Edge) -> OpNode | None:
    """The node of views of one tensor, or None if no gradient can come to them.

    Args:
        entry: what gives them.
        name: the node's name.
        inputs: the entry's, the first being the tensor's value.
        edge: the tensor's.
    """
    plan = plans.get((entry, _FIRST, name)) or _named_plan(entry, _FIRST, name)
    return plan.make(inputs, (edge,)) if plan.given else None


_FIRST = (0,)


def watch_saved(node: OpNode, owners: Sequence[Tensor | None], results: Sequence[Tensor]) -> None:
    """Remember the versions of what a node saved, or hand it to the user's saved-tensor hooks.

    Args:
        node: of a plan that watches something.
        owners: per input of its entry, the tensor that it came from, or None for a number.
        results: what the operator gave, or nothing if it is still to be written.

    Raises:
        RuntimeError: one of the tensors was made in inference mode.
    """
    op = node.op
    assert op is not None
    if hooks.stack:
        node.pack(owners)
        return
    plan = node.plan
    counters: list = []
    versions = []
    origins: list = []
    for i in plan.watched:
        owner: Any = owners[i]
        if owner._inference:
            raise inference_error()
        counter = owner._counter or owner._storage
        counters.append(counter)
        versions.append(counter.version)
        origins.append(owner)
    if plan.watched_results and results:
        for i in plan.watched_results:
            storage = results[i]._storage
            counters.append(storage)
            versions.append(storage.version)
            origins.append((storage, storage.value))
    node.counters, node.versions, node.origins = counters, versions, origins


def differentiate(
    entry: Entry, operands: Sequence, name: str, depends: Sequence[int] | None = None
) -> list[Variable]:
    """Record an entry on `Variable`s and numbers, and its node if any of them requires grad.

    Args:
        entry: the operator.
        operands: per input of the entry a `Variable` or a number.
        name: the node's name.
        depends: the operands through which a gradient can flow; all if None.
    """
    inputs = [x.value if isinstance(x, Variable) else x for x in operands]
    outs = record(entry, inputs)
    edges: list[Edge] = []
    wanted: list[int] = []
    for i in range(len(operands)) if depends is None else depends:
        edge = getattr(operands[i], "edge", None)
        if edge is not None:
            edges.append(edge)
            wanted.append(i)
    if not wanted:
        return [Variable(v, None) for v in outs]
    plan = _named_plan(entry, tuple(wanted), name)
    node = plan.make(inputs, tuple(edges))
    return [Variable(v, Edge(node, i) if i in plan.given else None) for i, v in enumerate(outs)]
