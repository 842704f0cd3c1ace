"""The node of a custom function: runs the user's `backward` and checks what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torchlike.autograd.entry_points import cast, zeros_like
from torchlike.autograd.node_hooks import from_tensor, to_tensor
from torchlike.autograd.nodes import Edge, Node, Variable, tensors
from torchlike.autograd.operator_nodes import differentiate
from torchlike.engine import Aval, record
from torchlike.operators import declaration

if TYPE_CHECKING:
    from torchlike.autograd.function import BackwardCFunction

__all__ = ["FunctionNode", "fitted"]


class FunctionNode(Node):
    """The node of one call of a custom function.

    The context, which the user sees as `grad_fn` and may put any attribute on, is apart from the node, which
    the pass relies on.

    Attributes:
        ctx: the context; it holds this node weakly.
        is_tensor: per argument of `apply`, whether it is a tensor; the edges are those of the tensors.
    """

    __slots__ = ("ctx", "is_tensor", "avals")

    def __init__(
        self, edges: tuple[Edge | None, ...], ctx: BackwardCFunction, is_tensor: tuple[bool, ...]
    ) -> None:
        Node.__init__(self, edges)
        self.ctx = ctx
        self.is_tensor = is_tensor
        self.avals: Sequence[Aval | None] = ()

    @property
    def public(self) -> Any:
        return self.ctx

    def name(self) -> str:
        return type(self.ctx).__name__

    def set_outputs(self, avals: Sequence[Aval | None]) -> None:
        """Say what came out of `forward`: an aval per tensor, None for anything else."""
        self.avals = avals

    @property
    def output_avals(self) -> Sequence[Aval]:
        return self.avals  # type: ignore[return-value]

    @property
    def output_count(self) -> int:
        return len(self.avals)

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        ctx = self.ctx
        given = [to_tensor(g) for g in grads]
        if ctx._materializes:
            for i, aval in enumerate(self.avals):
                if given[i] is None and aval is not None:
                    given[i] = tensors.wrap(zeros_like(aval), None)
        results = _backward_of(ctx._forward_cls)(ctx, *given)
        if not isinstance(results, tuple):
            results = (results,)
        expected = len(self.is_tensor)
        if len(results) > expected and all(r is None for r in results[expected:]):
            results = results[:expected]
        if len(results) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(results)})"
            )
        outs: list = []
        for i, (is_tensor, t) in enumerate(zip(self.is_tensor, results, strict=True)):
            if not is_tensor:
                if t is not None:
                    raise RuntimeError(
                        f"function {self.name()} returned a gradient different than None at position "
                        f"{i + 1}, but the corresponding forward input was not a Variable"
                    )
                continue
            if t is not None and not isinstance(t, tensors.tensor_type):
                raise RuntimeError(f"expected Variable or None (got {type(t).__name__})")
            outs.append(from_tensor(t, create_graph))
        return [fitted(self, i, e, g) for i, (e, g) in enumerate(zip(self.edges, outs, strict=True))]

    def release(self) -> None:
        self.ctx.maybe_clear_saved_tensors()


def _backward_of(cls: Any) -> Any:
    """The user's method, which is called `backward` or `vjp`."""
    has_backward, has_vjp = (not hasattr(fn, "is_missing") for fn in (cls.backward, cls.vjp))
    if has_backward and has_vjp:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
            "implement one of them."
        )
    return cls.vjp if has_vjp else cls.backward


def fitted(node: Node, index: int, edge: Edge | None, grad: Any) -> Any:
    """A gradient in the shape and dtype of what it is the gradient of.

    Args:
        node: where it comes from, for the message.
        index: which of the node's gradients it is.
        edge: where it goes.
        grad: a `Variable` or a `Value`.

    Raises:
        RuntimeError: its shape does not broadcast from that of the input, or it is on another device.
    """
    if edge is None or grad is None:
        return None
    expected = edge.node.output_avals[edge.nr]
    aval = grad.value.aval if isinstance(grad, Variable) else grad.aval
    if aval is expected:
        return grad
    if aval.shape != expected.shape:
        if not _expands(expected.shape, aval.shape):
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - got "
                f"{list(aval.shape)} but expected shape compatible with {list(expected.shape)}"
            )
        grad = _summed_to(grad, expected.shape)
    if aval.dtype is not expected.dtype:
        grad = cast(grad, expected.dtype)
    if aval.device != expected.device:
        raise RuntimeError(
            f"Function {node.name()} returned an invalid gradient at index {index} - expected device "
            f"{expected.device} but got {aval.device}"
        )
    return grad


def _expands(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a tensor of `shape` can be expanded to shape `to`."""
    lead = len(to) - len(shape)
    return lead >= 0 and all(n == m or n == 1 for n, m in zip(shape, to[lead:], strict=True))


def _summed_to(grad: Any, shape: tuple[int, ...]) -> Any:
    op = declaration.get("_sum_to_size")
    if isinstance(grad, Variable):
        return differentiate(op.entry((grad.value.aval, tuple(shape))), [grad], "SumBackward1")[0]
    return record(op.entry((grad.aval, tuple(shape))), (grad,))[0]
