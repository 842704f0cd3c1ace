"""Graphs as PyTorch would show them, where one operator here is several there.

Such an operator declares in place of its node's name a tree: a node's name, then what its edges lead to, each
an argument's name or a tree again. `F.linear` is

    ("AddmmBackward0", "bias", "input", ("TBackward0", "weight"))

The pass knows only the operator's own node; the others are made when someone looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlike.autograd.nodes import Edge, Node
from torchlike.errors import missing

__all__ = ["ShownNode", "Tree", "argument_order", "shown_edges"]

Tree = tuple


class ShownNode(Node):
    """A node that PyTorch would have, between those that there are."""

    __slots__ = ("shown",)

    shown: tuple[tuple[Any, int], ...]

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        return self.shown

    def register_hook(self, fn: Callable) -> Any:
        raise missing(
            f"a hook on {self.name()} inside a fused operator", "a hook on the node or tensor after it"
        )

    def register_prehook(self, fn: Callable) -> Any:
        raise missing(
            f"a hook on {self.name()} inside a fused operator", "a hook on the node or tensor after it"
        )


_classes: dict[str, type[ShownNode]] = {}


def argument_order(tree: Tree) -> list[str]:
    """The arguments' names in the order in which PyTorch's pass comes to them."""
    found: list[str] = []
    for branch in tree[1:]:
        found += [branch] if isinstance(branch, str) else argument_order(branch)
    return found


def shown_edges(tree: Tree, edge_of: dict[str, Edge], sequence_nr: int) -> tuple[tuple[Any, int], ...]:
    """What a node's `next_functions` shows.

    Args:
        tree: of the node.
        edge_of: the edges of those arguments that require grad, by name.
        sequence_nr: of the operator's own node.
    """
    shown: list[tuple[Any, int]] = []
    for branch in tree[1:]:
        if isinstance(branch, str):
            edge = edge_of.get(branch)
            shown.append((None, 0) if edge is None else (edge.node.public, edge.nr))
        elif any(name in edge_of for name in argument_order(branch)):
            shown.append((_node(branch, edge_of, sequence_nr), 0))
        else:
            shown.append((None, 0))
    return tuple(shown)


def _node(tree: Tree, edge_of: dict[str, Edge], sequence_nr: int) -> ShownNode:
    name = tree[0]
    cls = _classes.get(name)
    if cls is None:
        cls = _classes[name] = type(name, (ShownNode,), {"__slots__": (), "__module__": "builtins"})
    node = cls(())
    node.sequence_nr = sequence_nr
    node.shown = shown_edges(tree, edge_of, sequence_nr)
    return node
