"""Writes through views that PyTorch forbids, because the graph could not follow them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchlike.autograd.nodes import Edge, Node
from torchlike.engine import Aval

__all__ = ["ForbiddenWrite", "LostView", "check_edge", "explanation"]

_MODES = {
    "no_grad": ("no_grad mode", "with grad mode enabled"),
    "inference": ("inference mode", "in normal mode"),
}


def explanation(creation: str, edge: Edge | None, indirect: bool = False) -> str:
    """PyTorch's text for a forbidden write.

    Args:
        creation: how the view came to be: "no_grad", "inference", "multiple" or "function".
        edge: where the view's gradient goes, or None.
        indirect: whether not the view itself was written to, but its base or another view of that.
    """
    if edge is not None and type(edge.node) is ForbiddenWrite:
        edge = edge.node.before
    written = "its base or another view of its base has been" if indirect else "is being"
    origin = None
    if edge is not None and edge.node.edges:
        origin = f"Output {edge.nr} of {edge.node.public.forward_name()} is a view"
    if creation in _MODES or origin is None:
        mode, when = _MODES.get(creation, _MODES["no_grad"])
        start = "A view was created in" if origin is None else f"{origin} of a view which was created in"
        text = f"{start} {mode} and {written} modified inplace {when}."
    else:
        text = f"{origin} and {written} modified inplace."
    if creation == "multiple":
        return (
            f"{text} This view is the output of a function that returns multiple views. Such functions do not allow "
            "the output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    if creation == "function":
        return (
            f"{text} This view was created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated with the custom "
            "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
            "output of the custom Function."
        )
    block = "inference_mode" if creation == "inference" else "no_grad"
    return (
        f"{text} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
        f"moving both the view and the inplace either both inside the {block} block (if you don't want the inplace to "
        "be tracked) or both outside (if you want the inplace to be tracked)."
    )


class ForbiddenWrite(Node):
    """In place of the node of a view that the graph has lost: reading its elements is fine, its gradient is not."""

    __slots__ = ("text", "before", "aval")

    def __init__(self, creation: str, before: Edge | None, aval: Aval) -> None:
        Node.__init__(self, ())
        self.text = explanation(creation, before, indirect=True)
        self.before = before
        self.aval = aval

    @property
    def output_avals(self) -> Sequence[Aval]:
        return (self.aval,)

    def apply(self, grads: list, create_graph: bool) -> Sequence[Any]:
        raise RuntimeError(self.text)


class LostView(Node):
    """The node of a view whose base was written to and then left the graph: no gradient goes on from it."""

    __slots__ = ("aval",)

    def __init__(self, aval: Aval) -> None:
        Node.__init__(self, ())
        self.aval = aval

    @property
    def output_avals(self) -> Sequence[Aval]:
        return (self.aval,)

    def apply(self, grads: list, create_graph: bool) -> Sequence[Any]:
        return ()


LostView.__name__ = "AsStridedBackward0"


def check_edge(edge: Edge) -> None:
    """Raise PyTorch's error where a gradient would go to a view that the graph has lost."""
    if type(edge.node) is ForbiddenWrite:
        raise RuntimeError(edge.node.text)
