"""The graph that operators leave behind: nodes, edges, and what a node saves for its gradient.

A node's gradient is an engine entry recorded like any other operator, so a backward pass joins the forward in one
program, and a backward pass with `create_graph` is the same code run on `Variable`s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from torchlike.engine import Aval, Entry, Gradient, Value, record

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["AccumulateGrad", "Edge", "Node", "OpNode", "Tensors", "Variable", "differentiate", "node_class", "tensors"]


class Tensors:
    """What this floor needs of the one above it, filled in by `torchlike.tensors`."""

    wrap: Callable[[Value, Edge | None], Tensor]
    unwrap: Callable[[Tensor], tuple[Value, Edge | None]]
    accumulate: Callable[[Tensor, Any], None]


tensors = Tensors()

_sequence = count()
# Where the forward line of a node is remembered; None while anomaly mode is off.
remember_forward: Callable[[Node], None] | None = None


class Node:
    """A step of the backward pass.

    Attributes:
        edges: per differentiable input, the edge that its gradient takes, or None.
        sequence_nr: creation order; the pass runs the latest first.
    """

    __slots__ = ("edges", "sequence_nr", "pre_hooks", "hooks", "tensor_hooks", "retained", "metadata_", "__weakref__")

    edges: tuple[Edge | None, ...]

    def __init__(self, edges: tuple[Edge | None, ...]) -> None:
        self.edges = edges
        self.sequence_nr: float = next(_sequence)
        self.pre_hooks: dict | None = None
        self.hooks: dict | None = None
        self.tensor_hooks: dict[int, dict] | None = None
        self.retained: dict[int, ref] | None = None
        self.metadata_: dict | None = None
        if remember_forward is not None:
            remember_forward(self)

    def name(self) -> str:
        """The node's name, `AddBackward0`."""
        return type(self).__name__

    @property
    def metadata(self) -> dict:
        """A dictionary for whatever the user wants to keep with the node."""
        if self.metadata_ is None:
            self.metadata_ = {}
        return self.metadata_

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Per input, the node that its gradient goes to and which of that node's outputs it is."""
        return tuple((None, 0) if e is None else (e.node, e.nr) for e in self.edges)

    @property
    def output_count(self) -> int:
        """How many outputs the forward operator had: as many gradients come in."""
        return 1

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        """Turn the outputs' gradients into the inputs', one per edge.

        Args:
            grads: a `Variable` per output if `create_graph`, else a `Value`; None where no gradient came.
            create_graph: whether to record the gradient's own graph.
        """
        raise NotImplementedError

    def release(self) -> None:
        """Forget what was saved, after a pass that does not retain the graph."""

    def register_hook(self, hook: Callable) -> Handle:
        """Call `hook(grad_inputs, grad_outputs)` after this node ran."""
        if self.hooks is None:
            self.hooks = {}
        return Handle(self.hooks, hook)

    def register_prehook(self, hook: Callable) -> Handle:
        """Call `hook(grad_outputs)` before this node runs."""
        if self.pre_hooks is None:
            self.pre_hooks = {}
        return Handle(self.pre_hooks, hook)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


class Edge(NamedTuple):
    """Where a gradient goes: a node and which of its forward outputs it belongs to."""

    node: Node
    nr: int


class Handle:
    """Removes a hook; also a context manager that removes it at the end."""

    _ids = count()

    def __init__(self, hooks: dict, hook: Callable) -> None:
        self._hooks = hooks
        self.id = next(self._ids)
        hooks[self.id] = hook

    def remove(self) -> None:
        self._hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Variable:
    """A value and the edge that its gradient takes: a tensor without storage, for passes that create a graph."""

    __slots__ = ("value", "edge")

    def __init__(self, value: Value, edge: Edge | None) -> None:
        self.value = value
        self.edge = edge


class OpNode(Node):
    """The node of a declared operator.

    Attributes:
        gradient: the entry of its gradient, where every output has one.
        saved: the primal inputs that the gradient reads.
        counters, versions: whose writes would falsify them, and the versions they were saved at.
    """

    __slots__ = ("entry", "gradient", "saved", "counters", "versions", "wanted")

    def __init__(
        self, entry: Entry, gradient: Gradient, inputs: Sequence, edges: tuple[Edge | None, ...], wanted: tuple
    ) -> None:
        Node.__init__(self, edges)
        self.entry = entry
        self.gradient = gradient
        self.saved: tuple | None = tuple([inputs[i] for i in gradient.needs])
        self.wanted = wanted
        self.counters: Sequence = ()
        self.versions: Sequence = ()

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        edges = [self.edges[i] for i in self.entry.shown]
        return tuple((None, 0) if e is None else (e.node, e.nr) for e in edges)

    @property
    def output_count(self) -> int:
        return len(self.entry.out_avals)

    def watch(self, counters: Sequence, versions: Sequence) -> None:
        """Complain in `apply` if any of the counters has moved on from its version.

        Args:
            counters: one per needed input (None for a number), or only the result's.
            versions: the versions at which they were saved.
        """
        self.counters = counters
        self.versions = versions

    def check_versions(self) -> None:
        """Raise PyTorch's error if a saved tensor was written to."""
        for i, (counter, version) in enumerate(zip(self.counters, self.versions, strict=True)):
            if counter is not None and counter.version != version:
                self._raise_modified(i, counter.version, version)

    def _raise_modified(self, i: int, version: int, expected: int) -> None:
        if len(self.counters) == len(self.gradient.needs):
            position = self.gradient.needs[i]
            aval, edge = self.entry.in_avals[position], self.edges[position]
        else:
            aval, edge = self.entry.out_avals[0], Edge(self, 0)
        assert isinstance(aval, Aval)
        origin = ""
        if edge is not None and type(edge.node) is not AccumulateGrad:
            origin = f", which is output {edge.nr} of {edge.node.name()},"
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[torch.{'cuda.' if aval.device.type == 'cuda' else ''}{aval.dtype.legacy_name}Tensor "
            f"{list(aval.shape)}]{origin} is at version {version}; expected version {expected} instead. Hint: "
            "enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True)."
        )

    def apply(self, grads: list, create_graph: bool) -> list:
        given = None
        if None in grads:
            given = tuple([i for i, g in enumerate(grads) if g is not None])
            gradient = self.entry.gradient(self.wanted, given)
            grads = [g for g in grads if g is not None]
        else:
            gradient = self.gradient
        saved = self.saved
        if saved is None:
            raise RuntimeError(FREED)
        if self.counters:
            self.check_versions()
        if given is not None and gradient.needs != self.gradient.needs:
            by_position = dict(zip(self.gradient.needs, saved, strict=True))
            saved = tuple([by_position[i] for i in gradient.needs])
        if create_graph:
            operands = [
                Variable(x, self.edges[i]) if isinstance(x, Value) else x
                for i, x in zip(gradient.needs, saved, strict=True)
            ]
            outs = differentiate(gradient.entry, [*operands, *grads], "MulBackward0")
        else:
            outs = record(gradient.entry, [*saved, *grads])
        filled = [None] * len(self.edges)
        for i, x in zip(self.wanted, outs, strict=True):
            filled[i] = x
        return filled

    def release(self) -> None:
        if self.saved:
            self.saved = None
            self.counters = self.versions = ()


FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved "
    "tensors after calling backward."
)


class AccumulateGrad(Node):
    """The end of the pass at a leaf: adds to the leaf's `.grad`."""

    __slots__ = ("_variable",)

    def __init__(self, variable: Tensor) -> None:
        Node.__init__(self, ())
        self.sequence_nr = float("inf")
        # Weak: the leaf holds this node, and a cycle would keep its memory until the garbage collector ran.
        self._variable = ref(variable)

    @property
    def variable(self) -> Tensor | None:
        """The leaf, while it is alive."""
        return self._variable()

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        leaf = self._variable()
        if leaf is not None and grads[0] is not None:
            tensors.accumulate(leaf, grads[0])
        return ()


_classes: dict[str, type[OpNode]] = {}


def node_class(name: str) -> type[OpNode]:
    """The node class of this name, made on first use."""
    found = _classes.get(name)
    if found is None:
        found = _classes[name] = type(name, (OpNode,), {"__slots__": ()})
    return found


def differentiate(entry: Entry, operands: Sequence, name: str) -> list[Variable]:
    """Record an entry on `Variable`s and numbers, and its node if any of them requires grad.

    Args:
        entry: the operator.
        operands: per input of the entry a `Variable` or a number.
        name: the node's name.
    """
    inputs = [x.value if isinstance(x, Variable) else x for x in operands]
    outs = record(entry, inputs)
    edges = tuple([x.edge if isinstance(x, Variable) else None for x in operands])
    wanted = tuple([i for i, e in enumerate(edges) if e is not None])
    if not wanted:
        return [Variable(v, None) for v in outs]
    given = differentiable_outputs(entry)
    node = node_class(name)(entry, entry.gradient(wanted, given), inputs, edges, wanted)
    return [Variable(v, Edge(node, i) if i in given else None) for i, v in enumerate(outs)]


def differentiable_outputs(entry: Entry) -> tuple[int, ...]:
    """The outputs that can carry a gradient: the floating and complex ones."""
    return tuple([i for i, a in enumerate(entry.out_avals) if a.dtype.category >= 2])
