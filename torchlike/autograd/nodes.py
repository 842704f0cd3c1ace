"""The graph that operators leave behind: nodes, edges and leaves.

A node says where its gradients go (`edges`) and how to compute them (`apply`). What few nodes have, hooks
above all, lives in one attribute that is None for the rest, so that making a node and running it stay cheap.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from torchlike.autograd.handles import RemovableHandle
from torchlike.engine import Aval, Entry, Value

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = [
    "FREED",
    "AccumulateGrad",
    "Edge",
    "Node",
    "Rarities",
    "Tensors",
    "Variable",
    "differentiable_outputs",
    "move_retained",
    "retain_at",
    "shown_edge",
    "tensors",
]

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
    "if you need to access saved tensors after calling backward."
)


class Tensors:
    """What this floor needs of the one above it, filled in by `torchlike.tensors`.

    Attributes:
        tensor_type: the `Tensor` class.
        wrap: a tensor of a value and an edge.
        unwrap: a tensor's value and edge.
        alias: a tensor on the same storage, outside the graph.
        rebase: moves a tensor that was written to, and what it is a view of, from an edge to another.
        accumulate: adds a gradient to a leaf's `.grad`; a `Variable` with its graph.
        retain: adds a gradient to the `.grad` of a tensor that is no leaf.
        generator_type: the `Generator` class.
        function: the public function of this name, `torch.stack`.
    """

    tensor_type: type[Any]
    wrap: Callable[[Value, Edge | None], Tensor]
    unwrap: Callable[[Tensor], tuple[Value, Edge | None]]
    alias: Callable[[Tensor], Tensor]
    rebase: Callable[[Tensor, Edge | None, Edge], None]
    accumulate: Callable[[Tensor, Any], None]
    retain: Callable[[Tensor, Any], None]
    generator_type: type[Any]
    function: Callable[[str], Callable]


tensors = Tensors()

next_sequence_nr = count().__next__
# Where the forward line of a node is remembered; None while anomaly mode is off.
remember_forward: Callable[[Node], None] | None = None


class Rarities:
    """What most nodes do not have.

    Attributes:
        tensor_hooks: per output, the hooks of the tensor that it is.
        retained: per output, a weak reference to the tensor whose `retain_grad()` was called.
        pre_hooks, hooks: of the node itself.
        metadata: the user's dictionary; anomaly mode keeps the forward line in it.
        packed: per saved operand, what saved-tensor hooks made of it.
        shown: the nodes made for `next_functions` alone.
    """

    __slots__ = ("tensor_hooks", "retained", "pre_hooks", "hooks", "metadata", "packed", "shown")

    def __init__(self) -> None:
        self.tensor_hooks: dict[int, OrderedDict] | None = None
        self.retained: dict[int, ref] | None = None
        self.pre_hooks: OrderedDict | None = None
        self.hooks: OrderedDict | None = None
        self.metadata: dict | None = None
        self.packed: dict[int, Any] | None = None
        self.shown: tuple | None = None


class Node:
    """A step of the backward pass.

    Attributes:
        edges: per differentiable input, the edge that its gradient takes, or None.
        sequence_nr: creation order; the pass runs the latest first.
        rare: hooks and the like, None for most.
    """

    __slots__ = ("edges", "sequence_nr", "rare", "__weakref__")

    edges: tuple[Edge | None, ...]
    sequence_nr: int
    rare: Rarities | None
    # Whether all nodes of the class are known to have one output.
    single_output = False

    def __init__(self, edges: tuple[Edge | None, ...]) -> None:
        self.edges = edges
        self.sequence_nr = next_sequence_nr()
        self.rare = None
        if remember_forward is not None:
            remember_forward(self)

    @property
    def output_avals(self) -> Sequence[Aval]:
        """The avals of the forward's outputs: as many gradients come in."""
        raise NotImplementedError

    @property
    def output_count(self) -> int:
        """How many outputs the forward had."""
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

    def spread(self, outs: Sequence) -> Sequence:
        """The gradients of all inputs that `next_functions` shows, from those that `apply` gave."""
        return outs

    def gathered(self, spread: Sequence) -> Sequence:
        """The inverse of `spread`."""
        return spread

    def rarities(self) -> Rarities:
        """The attribute `rare`, made if it is not there yet."""
        if self.rare is None:
            self.rare = Rarities()
        return self.rare

    def name(self) -> str:
        """The node's name, `AddBackward0`."""
        return type(self).__name__

    @property
    def public(self) -> Any:
        """What users see as `grad_fn`: the node itself, but of a custom function its context."""
        return self

    @classmethod
    def forward_name(cls) -> str:
        """The name of the operator that left the node, as PyTorch's messages give it: `Add`."""
        return re.sub(r"Backward(\d*)$", lambda found: found[1].removeprefix("0"), cls.__name__)

    @property
    def metadata(self) -> dict:
        """A dictionary for whatever the user wants to keep with the node."""
        rare = self.rarities()
        if rare.metadata is None:
            rare.metadata = {}
        return rare.metadata

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Per input, the node that its gradient goes to and which of that node's outputs it is."""
        return tuple([shown_edge(e) for e in self.edges])

    @property
    def requires_grad(self) -> bool:
        """Whether any gradient leaves it; the node would not be there otherwise."""
        return True

    @property
    def _input_metadata(self) -> list[Aval]:
        return list(self.output_avals)

    def _sequence_nr(self) -> int:
        return self.sequence_nr

    def register_hook(self, fn: Callable) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after this node ran; what it returns replaces `grad_inputs`.

        Example:
            >>> import torchlike as torch
            >>> x = torch.tensor([0.0, 0.0, 0.0], requires_grad=True)
            >>> y = x.clone()
            >>> handle = y.grad_fn.register_hook(lambda grad_inputs, grad_outputs: (grad_inputs[0] * 2,))
            >>> y.sum().backward()
            >>> x.grad
            tensor([2., 2., 2.])
        """
        rare = self.rarities()
        if rare.hooks is None:
            rare.hooks = OrderedDict()
        return _add_hook(rare.hooks, fn)

    def register_prehook(self, fn: Callable) -> RemovableHandle:
        """Call `fn(grad_outputs)` before this node runs; what it returns replaces `grad_outputs`.

        Example:
            >>> import torchlike as torch
            >>> x = torch.tensor([0.0, 0.0, 0.0], requires_grad=True)
            >>> y = x.clone()
            >>> handle = y.grad_fn.register_prehook(lambda grad_outputs: (grad_outputs[0] * 3,))
            >>> y.sum().backward()
            >>> x.grad
            tensor([3., 3., 3.])
        """
        rare = self.rarities()
        if rare.pre_hooks is None:
            rare.pre_hooks = OrderedDict()
        return _add_hook(rare.pre_hooks, fn)

    def tensor_hooks(self, nr: int) -> OrderedDict:
        """The hooks of the tensor that is output `nr`, to add to."""
        rare = self.rarities()
        if rare.tensor_hooks is None:
            rare.tensor_hooks = {}
        return rare.tensor_hooks.setdefault(nr, OrderedDict())

    def __dir__(self) -> list[str]:
        return [
            "_input_metadata",
            "_sequence_nr",
            "metadata",
            "name",
            "next_functions",
            "register_hook",
            "register_prehook",
            "requires_grad",
        ]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


def _add_hook(hooks: OrderedDict, hook: Callable) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


class Edge(NamedTuple):
    """Where a gradient goes: a node and which of its forward outputs it belongs to."""

    node: Node
    nr: int


def shown_edge(edge: Edge | None) -> tuple[Any, int]:
    """An edge as `next_functions` shows it."""
    if edge is None or (type(edge.node) is AccumulateGrad and not edge.node.accepts):
        return None, 0
    return edge.node.public, edge.nr


class Variable:
    """A value and the edge that its gradient takes: a tensor without storage, for recorded passes."""

    __slots__ = ("value", "edge")

    def __init__(self, value: Value, edge: Edge | None) -> None:
        self.value = value
        self.edge = edge


class AccumulateGrad(Node):
    """The end of the pass at a leaf: adds to the leaf's `.grad`.

    The leaf holds this node, so the node holds the leaf weakly, lest its memory wait for the garbage
    collector; of a leaf that only the graph still needs it keeps a double on the same storage.

    Args:
        variable: the leaf.
        accepts: False for a view made outside the graph of what requires grad. To PyTorch it requires grad
            too, but no gradient gets to it.

    Attributes:
        leaf: a weak reference to the leaf.
        post_hooks: called with the leaf once its `.grad` is up to date.
    """

    __slots__ = ("leaf", "accepts", "_double", "_aval", "post_hooks")

    single_output = True

    def __init__(self, variable: Tensor, accepts: bool = True) -> None:
        Node.__init__(self, ())
        # Leaves come before everything else that is ready.
        self.sequence_nr = 2**63 - self.sequence_nr
        self.post_hooks: OrderedDict | None = None
        self.leaf = ref(variable)
        self._aval = tensors.unwrap(variable)[0].aval
        self.accepts = accepts
        self._double: Tensor | None = tensors.alias(variable) if accepts else None

    @property
    def variable(self) -> Tensor:
        """The leaf."""
        leaf = self.leaf()
        if leaf is None:
            if self._double is None:
                raise RuntimeError("the leaf of this node is gone")
            leaf = tensors.alias(self._double)
            leaf._edge = Edge(self, 0)
            leaf._grad = self._double._grad
            self.leaf = ref(leaf)
        return leaf

    @property
    def output_avals(self) -> Sequence[Aval]:
        return (self._aval,)

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def _sequence_nr(self) -> int:
        return 2**64 - 1

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        grad = grads[0]
        if grad is not None:
            leaf = self.leaf()
            if leaf is None:
                # Nobody can see the gradient but through `next_functions`, or a hook.
                leaf = self.variable if self.post_hooks and self._double is not None else self._double
                if leaf is None:
                    return ()
            elif leaf._edge is None or not self.accepts:
                # It was told since not to require grad.
                return ()
            tensors.accumulate(leaf, grad)
            if self.post_hooks:
                for hook in list(self.post_hooks.values()):
                    result = hook(leaf)
                    if result is None:
                        continue
                    if not isinstance(result, tensors.tensor_type):
                        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
                    raise RuntimeError("Tensor post accumulate grad hooks should return None.")
        return ()


def move_retained(t: Tensor, before: Edge, after: Edge) -> None:
    """Let a tensor that retains its gradient do so at the edge that a write gave it."""
    retained = None if before.node.rare is None else before.node.rare.retained
    if retained:
        held = retained.get(before.nr)
        if held is not None and held() is t:
            del retained[before.nr]
            retain_at(t, after)


def retain_at(t: Tensor, edge: Edge) -> None:
    """Have the gradient that comes to an edge added to the `.grad` of a tensor."""
    rare = edge.node.rarities()
    if rare.retained is None:
        rare.retained = {}
    rare.retained[edge.nr] = ref(t)


def differentiable_outputs(entry: Entry) -> tuple[int, ...]:
    """The outputs that can carry a gradient: the floating and complex ones."""
    return tuple([i for i, a in enumerate(entry.out_avals) if a.dtype.category >= 2])
