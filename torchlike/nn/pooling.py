"""Pooling: the largest element, mean or p-norm of each window, of fixed size or as many as wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn.module import Module
from torchlike.nn.sizes import Size1, Size2, Size3, ntuple
from torchlike.tensors.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _MaxPoolNd(Module):
    return_indices: bool
    ceil_mode: bool

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The window and how it moves."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The largest element of each window of a line.

    Args:
        kernel_size: length of the window.
        stride: how far it moves at a time; its own length if not given.
        padding: elements of minus infinity added at both ends, at most half a window.
        dilation: distance between the elements of the window.
        return_indices: give also where each maximum was, for `MaxUnpool1d`.
        ceil_mode: keep a last window that reaches over the end.

    Shape:
        (N, C, L) or (C, L) to (N, C, L') or (C, L').

    Example:
        >>> import torchlike as torch
        >>> torch.nn.MaxPool1d(3, stride=2)(torch.zeros(20, 16, 50)).shape
        torch.Size([20, 16, 24])
    """

    def forward(self, input: Tensor) -> Any:
        """The pooled input, with `return_indices` a pair."""
        return F.max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool2d(_MaxPoolNd):
    """The largest element of each window of a plane.

    Args:
        kernel_size: height and width of the window, or one number for both.
        stride: how far it moves at a time; its own size if not given.
        padding: rows and columns of minus infinity added on each side, at most half a window.
        dilation: distance between the elements of the window.
        return_indices: give also where each maximum was, for `MaxUnpool2d`.
        ceil_mode: keep a last window that reaches over the edge.

    Shape:
        (N, C, H, W) or (C, H, W) to (N, C, H', W') or (C, H', W'), with
        `H' = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1`.

    Example:
        >>> import torchlike as torch
        >>> pool = torch.nn.MaxPool2d(2, 2)
        >>> pool
        MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
        >>> pool(torch.zeros(8, 64, 32, 32)).shape
        torch.Size([8, 64, 16, 16])
    """

    def forward(self, input: Tensor) -> Any:
        """The pooled input, with `return_indices` a pair."""
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool3d(_MaxPoolNd):
    """The largest element of each window of a volume; the arguments are those of `MaxPool2d`.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) to (N, C, D', H', W') or (C, D', H', W').

    Example:
        >>> import torchlike as torch
        >>> torch.nn.MaxPool3d(2)(torch.zeros(1, 2, 4, 6, 8)).shape
        torch.Size([1, 2, 2, 3, 4])
    """

    def forward(self, input: Tensor) -> Any:
        """The pooled input, with `return_indices` a pair."""
        return F.max_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class _MaxUnpoolNd(Module):
    _dims: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = ntuple(kernel_size, self._dims)
        self.stride = ntuple(kernel_size if stride is None else stride, self._dims)
        self.padding = ntuple(padding, self._dims)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """`input` put back at `indices` of a tensor of zeros."""
        unpool = getattr(F, f"max_unpool{self._dims}d")
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """The window and how it moves."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the maxima of `MaxPool1d` back to where they were, zeros elsewhere.

    Args:
        kernel_size, stride, padding: those of the pooling that is undone.
    """

    _dims = 1


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the maxima of `MaxPool2d` back to where they were, zeros elsewhere; see `MaxUnpool1d`."""

    _dims = 2


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the maxima of `MaxPool3d` back to where they were, zeros elsewhere; see `MaxUnpool1d`."""

    _dims = 3


class _AvgPoolNd(Module):
    kernel_size: Any
    stride: Any
    padding: Any
    ceil_mode: bool
    count_include_pad: bool

    def extra_repr(self) -> str:
        """The window and how it moves."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of a line.

    Args:
        kernel_size: length of the window.
        stride: how far it moves at a time; its own length if not given.
        padding: zeros added at both ends.
        ceil_mode: keep a last window that reaches over the end.
        count_include_pad: whether the padding counts in the mean.

    Shape:
        (N, C, L) or (C, L) to (N, C, L') or (C, L').

    Example:
        >>> import torchlike as torch
        >>> torch.nn.AvgPool1d(3, stride=2)(torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]]))
        tensor([[[2., 4., 6.]]])
    """

    def __init__(
        self,
        kernel_size: Size1,
        stride: Size1 | None = None,
        padding: Size1 = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = ntuple(kernel_size, 1)
        self.stride = ntuple(kernel_size if stride is None else stride, 1)
        self.padding = ntuple(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class _AvgPoolWithDivisor(_AvgPoolNd):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override


class AvgPool2d(_AvgPoolWithDivisor):
    """The mean of each window of a plane.

    Args:
        kernel_size: height and width of the window, or one number for both.
        stride: how far it moves at a time; its own size if not given.
        padding: rows and columns of zeros added on each side.
        ceil_mode: keep a last window that reaches over the edge.
        count_include_pad: whether the padding counts in the mean.
        divisor_override: divide by this instead of the size of the window.

    Shape:
        (N, C, H, W) or (C, H, W) to (N, C, H', W') or (C, H', W').

    Example:
        >>> import torchlike as torch
        >>> torch.nn.AvgPool2d(3, stride=2)(torch.zeros(20, 16, 50, 32)).shape
        torch.Size([20, 16, 24, 15])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_AvgPoolWithDivisor):
    """The mean of each window of a volume; the arguments are those of `AvgPool2d`.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) to (N, C, D', H', W') or (C, D', H', W').
    """

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPoolNd(Module):
    norm_type: float
    ceil_mode: bool

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The norm, the window and how it moves."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """`(sum of x**p over each window) ** (1 / p)` along a line.

    Args:
        norm_type: p; infinity gives the maximum.
        kernel_size: length of the window.
        stride: how far it moves at a time; its own length if not given.
        ceil_mode: keep a last window that reaches over the end.

    Shape:
        (N, C, L) or (C, L) to (N, C, L') or (C, L').
    """

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """`(sum of x**p over each window) ** (1 / p)` over a plane; see `LPPool1d`.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.LPPool2d(2, 2)(torch.full((1, 1, 2, 2), 3.0))
        tensor([[[[6.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """`(sum of x**p over each window) ** (1 / p)` over a volume; see `LPPool1d`."""

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class _AdaptivePoolNd(Module):
    def extra_repr(self) -> str:
        """The size of the output."""
        return f"output_size={self.output_size}"


class _AdaptiveMaxPoolNd(_AdaptivePoolNd):
    return_indices: bool

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest elements of as many windows as the output is to have.

    Args:
        output_size: length of the output.
        return_indices: give also where each maximum was.

    Shape:
        (N, C, L) or (C, L) to (N, C, output_size) or (C, output_size).
    """

    output_size: Size1

    def forward(self, input: Tensor) -> Any:
        """The pooled input, with `return_indices` a pair."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest elements of as many windows as the output is to have; see `AdaptiveMaxPool1d`.

    Args:
        output_size: height and width, one number for both, or None for a dimension to be kept.
        return_indices: give also where each maximum was.

    Shape:
        (N, C, H, W) or (C, H, W) to (N, C, *output_size) or (C, *output_size).
    """

    output_size: Size2

    def forward(self, input: Tensor) -> Any:
        """The pooled input, with `return_indices` a pair."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest elements of as many windows as the output is to have; see `AdaptiveMaxPool2d`."""

    output_size: Size3

    def forward(self, input: Tensor) -> Any:
        """The pooled input, with `return_indices` a pair."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _AdaptiveAvgPoolNd(_AdaptivePoolNd):
    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of as many windows as the output is to have.

    Args:
        output_size: length of the output.

    Shape:
        (N, C, L) or (C, L) to (N, C, output_size) or (C, output_size).
    """

    output_size: Size1

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of as many windows as the output is to have; with size 1, global average pooling.

    Args:
        output_size: height and width, one number for both, or None for a dimension to be kept.

    Shape:
        (N, C, H, W) or (C, H, W) to (N, C, *output_size) or (C, *output_size).

    Example:
        >>> import torchlike as torch
        >>> torch.nn.AdaptiveAvgPool2d((1, 1))(torch.zeros(8, 64, 7, 7)).shape
        torch.Size([8, 64, 1, 1])
    """

    output_size: Size2

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of as many windows as the output is to have; see `AdaptiveAvgPool2d`."""

    output_size: Size3

    def forward(self, input: Tensor) -> Tensor:
        """The pooled input."""
        return F.adaptive_avg_pool3d(input, self.output_size)
