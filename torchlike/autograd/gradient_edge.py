"""A tensor's place in the graph, without the tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torchlike.autograd.nodes import Node

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["GradientEdge", "get_gradient_edge", "node_of"]


class GradientEdge(NamedTuple):
    """Where a tensor's gradient goes: stands for the tensor in `backward` and `grad`.

    Attributes:
        node: the node.
        output_nr: which of the node's forward outputs it is.
        ownership_token: what keeps the node alive; a node here does so by itself.
    """

    node: Node
    output_nr: int
    ownership_token: Any = None


def node_of(edge: GradientEdge) -> Node:
    """The node that the pass knows: that of a custom function for its context."""
    context = getattr(edge.node, "_live", None)
    return edge.node if context is None else context("next_functions")


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge of a tensor that requires grad.

    Raises:
        RuntimeError: it does not.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> edge = torch.autograd.graph.get_gradient_edge(x * x)
        >>> torch.autograd.grad(edge, x)
        (tensor(4.),)
    """
    edge = tensor._gradient_edge()
    if edge is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require gradients"
        )
    return GradientEdge(edge.node.public, edge.nr)
