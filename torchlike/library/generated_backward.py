"""The gradient of an operator that a program defines: one node around its kernel, running the registered formula.

An operator with neither a formula nor anything else under an autograd key gets a node that warns, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torchlike.autograd.function import Function
from torchlike.autograd.modes import state
from torchlike.autograd.nodes import Edge, Node, tensors
from torchlike.errors import warn
from torchlike.library.call_arguments import tensors_in
from torchlike.library.function_schema import FunctionSchema
from torchlike.operators.schema import MISSING
from torchlike.tensors.tensor import Tensor

__all__ = ["Formula", "apart_from_graph", "differentiated", "filled", "with_warning"]


class Formula(Protocol):
    """What `register_autograd` is given.

    Attributes:
        _backward_fn: `(ctx, *grads) -> gradients`; None while there is none.
        _setup_context_fn: `(ctx, inputs, output)`, and `keyword_only_inputs` where there are any.
    """

    _backward_fn: Callable | None
    _setup_context_fn: Callable | None


def filled(schema: FunctionSchema, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """A kernel's arguments with the defaults that were left out."""
    count = schema.positional
    rest = [a.default for a in schema.arguments[len(args) : count]]
    named = {a.name: kwargs.get(a.name, a.default) for a in schema.arguments[count:]}
    assert MISSING not in rest and MISSING not in named.values()
    return (*args, *rest), named


class _Call:
    """What a node's function is told besides the positional arguments.

    Attributes:
        kwargs: the keyword-only arguments.
        inputs: how the arguments lie in lists, where there may be lists of tensors.
        outputs: the same of the results.
        result_is_tuple: whether there are several results.
    """

    def __init__(self, kwargs: dict[str, Any]) -> None:
        self.kwargs = kwargs
        self.inputs: _Structure | None = None
        self.outputs: _Structure | None = None
        self.result_is_tuple = False


def differentiated(
    operator: str, schema: FunctionSchema, run: Callable[[tuple, dict], Any], formula: Formula
) -> Callable[[tuple, dict], Any]:
    """An operator's kernel with its gradient.

    Args:
        operator: as `torch.ops` prints it, `mine.sin.default`.
        schema: its schema.
        run: the kernel, of positional and keyword arguments.
        formula: looked at when the operator runs.
    """
    has_named = schema.positional < len(schema.arguments)

    def forward(ctx: Any, *args: Any) -> Any:
        *given, call = args
        result = run(tuple(given), call.kwargs)
        if formula._setup_context_fn is not None:
            inputs, named = filled(schema, tuple(given), call.kwargs)
            if has_named:
                formula._setup_context_fn(ctx=ctx, inputs=inputs, keyword_only_inputs=named, output=result)
            else:
                formula._setup_context_fn(ctx=ctx, inputs=inputs, output=result)
        return result

    def backward(ctx: Any, *grads: Any) -> tuple:
        if formula._backward_fn is None:
            raise RuntimeError(
                f"Trying to backward through {operator} but no autograd formula was registered. Please use "
                "register_autograd to add one."
            )
        needed = ctx.needs_input_grad
        # The last argument is ours.
        ctx.needs_input_grad = needed[:-1]
        try:
            result = formula._backward_fn(ctx, *grads)
        finally:
            ctx.needs_input_grad = needed
        return (*result, None) if isinstance(result, tuple) else (result, None)

    listed = any(
        t.type.holds("List") and t.type.holds("Tensor") for t in (*schema.arguments, *schema.returns)
    )
    if listed:
        forward, backward = _flat_forward(forward), _flat_backward(backward)
    name = f"GeneratedBackwardFor_{operator.replace('.', '_')}"
    generated: Any = type(
        name, (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    )

    def apply(args: tuple, kwargs: dict[str, Any]) -> Any:
        call = _Call(kwargs)
        if not listed:
            return generated.apply(*args, call)
        flat, call.inputs = _flattened((*args, call), _is_leaf)
        result = _rebuilt(list(generated.apply(*flat, call)), call.outputs)
        return result if call.result_is_tuple else result[0]

    def choose(args: tuple, kwargs: dict[str, Any]) -> Any:
        if state.enabled and any(t.requires_grad for t in tensors_in(args)):
            return apply(args, kwargs)
        return apart_from_graph(run(args, kwargs), args, kwargs)

    return choose


def apart_from_graph(result: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """What a kernel returned, outside of the graph that its own operators may have recorded."""
    if not state.enabled:
        return result
    inputs = tensors_in((*args, *kwargs.values()))

    def outside(v: Any) -> Any:
        if isinstance(v, list | tuple):
            return type(v)(map(outside, v))
        if isinstance(v, Tensor) and v._view is None and v.grad_fn is not None:
            return v if any(v is t for t in inputs) else tensors.alias(v)
        return v

    return outside(result)


# -- lists of tensors among arguments and results, of which a node knows only the tensors


class _Structure:
    """How leaves lie in tuples and lists, printed as PyTorch prints it."""

    def __init__(self, kind: type | None, parts: list[_Structure]) -> None:
        self.kind = kind
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Structure) and self.kind is other.kind and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]

    def shown(self, indent: int = 0) -> str:
        if self.kind is None:
            return "*"
        gap = ",\n" + " " * (indent + 2)
        return f"TreeSpec({self.kind.__name__}, None, [{gap.join(p.shown(indent + 2) for p in self.parts)}])"


def _is_leaf(v: Any) -> bool:
    if isinstance(v, list):
        return any(not isinstance(x, Tensor) for x in v)
    return not isinstance(v, tuple)


def _is_gradient_leaf(v: Any) -> bool:
    if isinstance(v, list):
        return any(x is not None and not isinstance(x, Tensor) for x in v)
    return not isinstance(v, tuple)


def _flattened(tree: Any, is_leaf: Callable[[Any], bool]) -> tuple[list, _Structure]:
    if is_leaf(tree):
        return [tree], _Structure(None, [])
    flat: list = []
    parts = []
    for part in tree:
        leaves, structure = _flattened(part, is_leaf)
        flat += leaves
        parts.append(structure)
    return flat, _Structure(type(tree), parts)


def _rebuilt(leaves: list, structure: Any) -> Any:
    """The tree again; takes its leaves off the list."""
    if structure.kind is None:
        return leaves.pop(0)
    parts = [_rebuilt(leaves, p) for p in structure.parts]
    return parts if structure.kind is list else tuple(parts)


def _flat_forward(forward: Callable) -> Callable:
    def flat(ctx: Any, *args: Any) -> tuple:
        *leaves, call = args
        result = forward(ctx, *_rebuilt(leaves, call.inputs))
        call.result_is_tuple = isinstance(result, tuple)
        results, call.outputs = _flattened(result if call.result_is_tuple else (result,), _is_leaf)
        ctx._pt_metadata = call
        return tuple(results)

    return flat


def _flat_backward(backward: Callable) -> Callable:
    def flat(ctx: Any, *grads: Any) -> tuple:
        call = ctx._pt_metadata
        needed = ctx.needs_input_grad
        ctx.needs_input_grad = _rebuilt(list(needed[:-1]), call.inputs)
        try:
            result = backward(ctx, *_rebuilt(list(grads), call.outputs))
        finally:
            ctx.needs_input_grad = needed
        leaves, structure = _flattened(result, _is_gradient_leaf)
        if structure != call.inputs:
            raise RuntimeError(
                "Expected the return from backward to be of the same structure as the inputs. Got: "
                f"{structure.shown()} (return from backward), {call.inputs.shown()} (inputs)"
            )
        return (*leaves, None)

    return flat


# -- operators without a formula


class WarnNotImplemented(Node):
    """The node of a kernel that is registered for a device and records no graph, of an operator without a formula."""

    __slots__ = ("operator", "avals")

    def __init__(self, edges: tuple[Edge | None, ...], operator: str) -> None:
        Node.__init__(self, edges)
        self.operator = operator
        self.avals: list = []

    @property
    def output_avals(self) -> list:
        return self.avals

    @property
    def output_count(self) -> int:
        return len(self.avals)

    def apply(self, grads: list, create_graph: bool) -> list:
        _warn_about(self.operator)
        return [None] * len(self.edges)


WarnNotImplemented.__module__ = "builtins"


def _warn_about(operator: str) -> None:
    warn(
        f"{operator}: an autograd kernel was not registered to the Autograd key(s) but we are trying to backprop "
        "through it. This may lead to silently incorrect behavior. This behavior is deprecated and will be removed in "
        "a future version of PyTorch. If your operator is differentiable, please ensure you have registered an "
        "autograd kernel to the correct Autograd key (e.g. DispatchKey::Autograd, "
        "DispatchKey::CompositeImplicitAutograd). If your operator is not differentiable, or to squash this warning "
        "and use the previous behavior, please register torch::CppFunction::makeFallthrough() to "
        "DispatchKey::Autograd."
    )


def with_warning(
    operator: str, schema: FunctionSchema, run: Callable[[tuple, dict], Any]
) -> Callable[[tuple, dict], Any]:
    """A kernel of an operator without a formula: a gradient that comes to its results is warned about.

    Args:
        operator: the name, `mine::sin`.
        schema: its schema.
        run: the kernel.
    """

    def call(args: tuple, kwargs: dict[str, Any]) -> Any:
        inputs = tensors_in((*args, *kwargs.values()))
        if not (state.enabled and any(t.requires_grad for t in inputs)):
            return run(args, kwargs)
        node = WarnNotImplemented(tuple([t._gradient_edge() for t in inputs]), operator)
        result = run(args, kwargs)
        outputs = result if isinstance(result, tuple) else (result,)
        for of, output in zip(schema.returns, outputs, strict=False):
            for t in tensors_in((output,)):
                if t.requires_grad:
                    t.register_hook(lambda grad: _warn_about(operator))
                elif t.dtype.category >= 2 and not of.is_mutated:
                    t._edge = Edge(node, len(node.avals))
                    node.avals.append(t._value().aval)
        return result

    return call
