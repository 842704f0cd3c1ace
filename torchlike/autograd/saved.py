"""Saved tensors: what a node keeps for the pass, the check that nobody wrote to it, and the user's hooks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torchlike.autograd import nodes
from torchlike.autograd.modes import set_grad_mode
from torchlike.autograd.modes import state as modes
from torchlike.autograd.nodes import AccumulateGrad, Edge, Node, tensors
from torchlike.engine import Aval

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["Packed", "SavedTensor", "hidden", "hooks", "inference_error", "modified_error", "type_text"]


class _Hooks(threading.local):
    """The saved-tensor hooks of a thread.

    Attributes:
        stack: (pack, unpack), the innermost last.
        disabled: why new ones are refused, or None.
    """

    def __init__(self) -> None:
        self.stack: list[tuple[Callable, Callable]] = []
        self.disabled: str | None = None


hooks = _Hooks()


class _Hidden:
    """Whether a saved tensor may have changed although its version did not.

    Attributes:
        writes: whether any tensor was ever written through `.data`, given another one's memory or shared with NumPy.
    """

    writes = False


hidden = _Hidden()


def type_text(aval: Aval) -> str:
    """An aval's type as PyTorch's older messages spell it."""
    name, on = aval.dtype.legacy_name, aval.device.type
    if aval.dtype.is_complex:
        return f"{on.upper()}{name}Type"
    return f"torch.{'' if on == 'cpu' else on + '.'}{name}Tensor"


def modified_error(
    aval: Aval, edge: Edge | None, versions: Any, expected: int, own: bool = False
) -> RuntimeError:
    """PyTorch's error for a saved tensor that was written to.

    Args:
        aval: the saved tensor's.
        edge: where its gradient went when it was saved.
        versions: its version counter.
        expected: its version when it was saved.
        own: the edge is that of the saving node's own result.
    """
    origin = ""
    if edge is not None and type(edge.node) is not AccumulateGrad:
        writer = versions.writer
        if own or writer is None:
            writer = type(edge.node.public)
        origin = f", which is output {edge.nr} of {writer.forward_name()},"
    if nodes.remember_forward is None:
        hint = (
            "enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True, check_nan=False)."
        )
    else:
        hint = (
            "the backtrace further above shows the operation that failed to compute its gradient. The "
            "variable in question was changed in there or anywhere later. Good luck!"
        )
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{type_text(aval)} {list(aval.shape)}]{origin} is at version {versions.version}; expected version "
        f"{expected} instead. Hint: {hint}"
    )


def inference_error() -> RuntimeError:
    """PyTorch's error for an inference tensor that a gradient would have to read."""
    return RuntimeError(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
        "in computation tracked by autograd. To work around this, you can make a clone to get a normal "
        "tensor and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
    )


class Packed:
    """What the user's hooks made of a tensor."""

    __slots__ = ("content", "unpack_hook")

    def __init__(self, t: Tensor, pair: tuple[Callable, Callable]) -> None:
        pack, self.unpack_hook = pair
        versions = t._versions()
        before = versions.version
        # The hook's own operators must not be packed in turn.
        stack, hooks.stack = hooks.stack, []
        grad_mode = modes.grad_mode
        set_grad_mode(False)
        try:
            self.content = pack(t)
        finally:
            hooks.stack = stack
            set_grad_mode(grad_mode)
        if versions.version != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack "
                "hook cannot be modified by in-place operations as this can lead to unexpected side-effects. "
                "Please open an issue if you need to perform in-place operations on the input to a pack hook."
            )

    def unpack(self) -> Tensor:
        """The tensor that the unpack hook gives."""
        t = self.unpack_hook(self.content)
        if not isinstance(t, tensors.tensor_type):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(t).__name__}"
            )
        return t


class SavedTensor:
    """A tensor that a custom function keeps by `save_for_backward`."""

    __slots__ = ("tensor", "edge", "output_nr", "versions", "version", "packed")

    def __init__(self, t: Tensor, output_nr: int | None) -> None:
        if t._inference:
            raise inference_error()
        self.output_nr = output_nr
        # An output itself, or its edge, would tie the node to itself.
        self.edge = t._gradient_edge() if output_nr is None else None
        self.versions = t._versions()
        self.version = self.versions.version
        self.packed = Packed(t, hooks.stack[-1]) if hooks.stack else None
        self.tensor: Any = None
        if self.packed is None:
            self.tensor = t if output_nr is None else tensors.alias(t)

    def unpack(self, node: Node) -> Tensor:
        """The tensor, tied to the graph where it was.

        Args:
            node: of the function.

        Raises:
            RuntimeError: it was written to since.
        """
        edge = self.edge if self.output_nr is None else Edge(node, self.output_nr)
        if self.packed is not None:
            return tensors.wrap(tensors.unwrap(self.packed.unpack())[0], edge)
        t = self.tensor
        if self.versions.version != self.version:
            own = self.output_nr is not None
            raise modified_error(tensors.unwrap(t)[0].aval, edge, self.versions, self.version, own)
        if self.output_nr is None:
            return t
        t = tensors.alias(t)
        t._edge = edge
        return t
