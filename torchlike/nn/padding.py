"""Padding: with a constant, the reflection, the edge, or the other end of the input."""

from __future__ import annotations

from typing import Any

from torchlike.nn import functional as F
from torchlike.nn.module import Module
from torchlike.nn.sizes import ntuple
from torchlike.tensors.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _PadNd(Module):
    """Padding by `padding`: (left, right, top, bottom, front, back), as far as there are dimensions.

    Args:
        padding: one number for all sides, or one for each.
    """

    _dims: int
    _mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self._dims)

    def forward(self, input: Tensor) -> Tensor:
        """`input` padded."""
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """How much on each side."""
        return f"{self.padding}"


class _CircularPadNd(_PadNd):
    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """`input` padded."""
        n = self._dims + 1
        if input.dim() not in (n, n + 1):
            raise ValueError(f"expected {n}D or {n + 1}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Pads a line with what stands at its other end.

    Args:
        padding: left and right, or one number for both.

    Shape:
        (N, C, L) or (C, L) to (N, C, L + left + right) or (C, L + left + right).

    Example:
        >>> import torchlike as torch
        >>> torch.nn.CircularPad1d((1, 0))(torch.tensor([[1.0, 2.0, 3.0]]))
        tensor([[3., 1., 2., 3.]])
    """

    _dims = 1


class CircularPad2d(_CircularPadNd):
    """Pads a plane with what stands at its other side.

    Args:
        padding: left, right, top and bottom, or one number for all.
    """

    _dims = 2


class CircularPad3d(_CircularPadNd):
    """Pads a volume with what stands at its other side.

    Args:
        padding: left, right, top, bottom, front and back, or one number for all.
    """

    _dims = 3


class _ConstantPadNd(_PadNd):
    _mode = "constant"
    value: float

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """`input` padded."""
        return F.pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        """How much on each side, and with what."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Pads a line with a constant.

    Args:
        padding: left and right, or one number for both.
        value: the constant.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ConstantPad1d(1, 9.0)(torch.tensor([[1.0, 2.0]]))
        tensor([[9., 1., 2., 9.]])
    """

    _dims = 1


class ConstantPad2d(_ConstantPadNd):
    """Pads a plane with a constant.

    Args:
        padding: left, right, top and bottom, or one number for all.
        value: the constant.
    """

    _dims = 2


class ConstantPad3d(_ConstantPadNd):
    """Pads a volume with a constant.

    Args:
        padding: left, right, top, bottom, front and back, or one number for all.
        value: the constant.
    """

    _dims = 3


class ReflectionPad1d(_PadNd):
    """Pads a line with its reflection about its ends.

    Args:
        padding: left and right, or one number for both; less than the length.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ReflectionPad1d((2, 0))(torch.tensor([[1.0, 2.0, 3.0]]))
        tensor([[3., 2., 1., 2., 3.]])
    """

    _dims = 1
    _mode = "reflect"


class ReflectionPad2d(_PadNd):
    """Pads a plane with its reflection about its edges.

    Args:
        padding: left, right, top and bottom, or one number for all.
    """

    _dims = 2
    _mode = "reflect"


class ReflectionPad3d(_PadNd):
    """Pads a volume with its reflection about its faces.

    Args:
        padding: left, right, top, bottom, front and back, or one number for all.
    """

    _dims = 3
    _mode = "reflect"


class ReplicationPad1d(_PadNd):
    """Pads a line with its end elements.

    Args:
        padding: left and right, or one number for both.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ReplicationPad1d((2, 0))(torch.tensor([[1.0, 2.0, 3.0]]))
        tensor([[1., 1., 1., 2., 3.]])
    """

    _dims = 1
    _mode = "replicate"


class ReplicationPad2d(_PadNd):
    """Pads a plane with the elements at its edges.

    Args:
        padding: left, right, top and bottom, or one number for all.
    """

    _dims = 2
    _mode = "replicate"


class ReplicationPad3d(_PadNd):
    """Pads a volume with the elements at its faces.

    Args:
        padding: left, right, top, bottom, front and back, or one number for all.
    """

    _dims = 3
    _mode = "replicate"


class ZeroPad1d(ConstantPad1d):
    """Pads a line with zeros.

    Args:
        padding: left and right, or one number for both.
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """How much on each side."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Pads a plane with zeros.

    Args:
        padding: left, right, top and bottom, or one number for all.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ZeroPad2d(2)
        ZeroPad2d((2, 2, 2, 2))
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """How much on each side."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Pads a volume with zeros.

    Args:
        padding: left, right, top, bottom, front and back, or one number for all.
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """How much on each side."""
        return f"{self.padding}"
