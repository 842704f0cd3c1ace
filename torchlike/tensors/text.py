"""A tensor's text, and what it says of attributes that it lacks."""

from __future__ import annotations

from typing import Any

from torchlike import names
from torchlike.dtypes import get_default_dtype
from torchlike.errors import missing_name
from torchlike.tensors import attributes
from torchlike.tensors.printing import format_tensor
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []


@attributes.method("__repr__")
def text(self: Tensor, *, tensor_contents: Any = None) -> str:
    """The tensor as PyTorch prints it; `set_printoptions` says how."""
    try:
        node = self.grad_fn
        name = None if node is None else node.name()
    except RuntimeError:
        # A view that the graph has lost.
        name = "Invalid"
    return format_tensor(
        self._value().numpy(),
        dtype=self.dtype,
        default_dtype=get_default_dtype(),
        requires_grad=self.requires_grad,
        grad_fn_name=name,
        device=self.device,
        class_name="tensor" if type(self).__name__ in ("Tensor", "Parameter") else type(self).__name__,
    )


@attributes.method("__getattr__")
def lacking(self: Tensor, name: str) -> Any:
    """Raise for an attribute that tensors do not have: called where Python finds none."""
    if names.in_pytorch("torch.Tensor", name):
        raise missing_name(f"torch.Tensor.{name}")
    raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
