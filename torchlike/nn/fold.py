"""Windows of an image as columns, and back."""

from __future__ import annotations

from typing import Any

from torchlike.nn import functional as F
from torchlike.nn.module import Module
from torchlike.tensors.tensor import Tensor

__all__ = ["Fold", "Unfold"]


class Fold(Module):
    """Adds up columns into the image whose windows they are: the transpose of `Unfold`.

    Args:
        output_size: height and width of the image.
        kernel_size, dilation, padding, stride: of the windows, one number or two.

    Shape:
        (N, C * prod(kernel_size), L) or without N, to (N, C, *output_size) or without N.
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """`F.fold` of `input`."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )


class Unfold(Module):
    """Each window of an image as a column.

    Args:
        kernel_size, dilation, padding, stride: of the windows, one number or two.

    Shape:
        (N, C, H, W) or without N, to (N, C * prod(kernel_size), L) or without N, L being how many windows
        fit.
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """`F.unfold` of `input`."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )
