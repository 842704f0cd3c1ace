"""Convolutions and transposed convolutions over one, two and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn import init
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.nn.parameter import Parameter
from torchlike.nn.sizes import Size1, Size2, Size3, ntuple, repeated_in_reverse
from torchlike.tensors.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_PADDINGS = ("same", "valid")
_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolutions share: their sizes, their parameters and how those are drawn."""

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int
    padding_mode: str

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: str | tuple[int, ...],
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in _PADDINGS:
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {set(_PADDINGS)}")
            if padding == "same" and any(step != 1 for step in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(_PADDING_MODES)}, but got padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._padding_for_pad()
        shape = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(
            torch.empty((shape[0], shape[1] // groups, *kernel_size), device=device, dtype=dtype)
        )
        self.register_parameter(
            "bias", Parameter(torch.empty(out_channels, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def _padding_for_pad(self) -> Sequence[int]:
        """The padding as `F.pad` takes it, for the modes that pad before they convolve."""
        if not isinstance(self.padding, str):
            return repeated_in_reverse(self.padding, 2)
        amounts: list[int] = []
        for size, dilation in zip(reversed(self.kernel_size), reversed(self.dilation), strict=True):
            total = dilation * (size - 1) if self.padding == "same" else 0
            amounts += [total // 2, total - total // 2]
        return amounts

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        # With this slope the bound of kaiming_uniform_ is 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        convolve = getattr(F, f"conv{len(self.kernel_size)}d")
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = (0,) * len(self.kernel_size)
        return convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """The convolution of `input` with this layer's weight, and the bias added."""
        params = self._parameters
        try:
            # See `Linear.forward`.
            weight, bias = params["weight"], params["bias"]
        except KeyError:
            weight, bias = self.weight, self.bias
        return self._conv_forward(input, weight, bias)

    def extra_repr(self) -> str:
        """The sizes, and whatever else is not at its default."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        )
        if self.padding != (0,) * len(self.padding):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * len(self.dilation):
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * len(self.output_padding):
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv1d(_ConvNd):
    """`out[n, o] = bias[o] + sum_c weight[o, c] * input[n, c]`, `*` correlating over the length.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: length of the window.
        stride: how far the window moves at a time.
        padding: elements added at both ends, or `"valid"` (none), or `"same"` (as many as keep the length).
        dilation: distance between the elements of the window.
        groups: into how many parts the channels are split, each convolved alone.
        bias: whether there is one.
        padding_mode: `zeros`, `reflect`, `replicate` or `circular`.
        device, dtype: of the parameters.

    Shape:
        (N, in_channels, L) or (in_channels, L) to (N, out_channels, L') or (out_channels, L'), with
        `L' = (L + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1`.

    Attributes:
        weight: (out_channels, in_channels / groups, kernel_size), from U(-k, k), `k = 1 / sqrt(fan_in)`.
        bias: (out_channels,), from the same distribution, or None.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Conv1d(16, 33, 3, stride=2)(torch.zeros(20, 16, 50)).shape
        torch.Size([20, 33, 24])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size1,
        stride: Size1 = 1,
        padding: str | Size1 = 0,
        dilation: Size1 = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            ntuple(kernel_size, 1),
            ntuple(stride, 1),
            padding if isinstance(padding, str) else ntuple(padding, 1),
            ntuple(dilation, 1),
            False,
            (0,),
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )


class Conv2d(_ConvNd):
    """`out[n, o] = bias[o] + sum_c weight[o, c] * input[n, c]`, `*` correlating over the plane.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: height and width of the window, or one number for both.
        stride: how far the window moves at a time.
        padding: rows and columns added on each side, or `"valid"` (none), or `"same"` (as many as keep the
            size).
        dilation: distance between the elements of the window.
        groups: into how many parts the channels are split, each convolved alone.
        bias: whether there is one.
        padding_mode: `zeros`, `reflect`, `replicate` or `circular`.
        device, dtype: of the parameters.

    Shape:
        (N, in_channels, H, W) or (in_channels, H, W) to (N, out_channels, H', W') or (out_channels, H', W'),
        with `H' = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1`.

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), from U(-k, k), `k = 1 / sqrt(fan_in)`.
        bias: (out_channels,), from the same distribution, or None.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html.

    Example:
        >>> import torchlike as torch
        >>> layer = torch.nn.Conv2d(3, 64, 3, 1, 1)
        >>> layer
        Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
        >>> layer(torch.zeros(8, 3, 32, 32)).shape
        torch.Size([8, 64, 32, 32])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size2,
        stride: Size2 = 1,
        padding: str | Size2 = 0,
        dilation: Size2 = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            ntuple(kernel_size, 2),
            ntuple(stride, 2),
            padding if isinstance(padding, str) else ntuple(padding, 2),
            ntuple(dilation, 2),
            False,
            (0, 0),
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )


class Conv3d(_ConvNd):
    """`out[n, o] = bias[o] + sum_c weight[o, c] * input[n, c]`, `*` correlating over the volume.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: depth, height and width of the window, or one number for all.
        stride: how far the window moves at a time.
        padding: what is added on each side, or `"valid"` (nothing), or `"same"` (as much as keeps the size).
        dilation: distance between the elements of the window.
        groups: into how many parts the channels are split, each convolved alone.
        bias: whether there is one.
        padding_mode: `zeros`, `reflect`, `replicate` or `circular`.
        device, dtype: of the parameters.

    Shape:
        (N, in_channels, D, H, W) to (N, out_channels, D', H', W'), or both without N.

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), from U(-k, k), `k = 1 / sqrt(fan_in)`.
        bias: (out_channels,), from the same distribution, or None.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Conv3d(2, 4, 3, padding="same")(torch.zeros(1, 2, 5, 6, 7)).shape
        torch.Size([1, 4, 5, 6, 7])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size3,
        stride: Size3 = 1,
        padding: str | Size3 = 0,
        dilation: Size3 = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            ntuple(kernel_size, 3),
            ntuple(stride, 3),
            padding if isinstance(padding, str) else ntuple(padding, 3),
            ntuple(dilation, 3),
            False,
            (0, 0, 0),
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )


class _ConvTransposeNd(_ConvNd):
    """What the transposed convolutions share: the gradient of a convolution with respect to its input."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            transposed,
            output_padding,
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )

    def _output_padding(
        self,
        input: Tensor,
        output_size: Sequence[int] | None,
        stride: Sequence[int],
        padding: Sequence[int],
        kernel_size: Sequence[int],
        num_spatial_dims: int,
        dilation: Sequence[int] | None = None,
    ) -> Sequence[int]:
        """What to add at one end of each dimension, so that the result has `output_size`."""
        if output_size is None:
            return self.output_padding
        leading = 2 if input.dim() == num_spatial_dims + 2 else 1
        if len(output_size) == leading + num_spatial_dims:
            output_size = output_size[leading:]
        if len(output_size) != num_spatial_dims:
            raise ValueError(
                f"ConvTranspose{num_spatial_dims}D: for {input.dim()}D input, output_size must have "
                f"{num_spatial_dims} or {leading + num_spatial_dims} elements (got {len(output_size)})"
            )
        dilation = (1,) * num_spatial_dims if dilation is None else dilation
        smallest = [
            (input.size(d + leading) - 1) * stride[d]
            - 2 * padding[d]
            + dilation[d] * (kernel_size[d] - 1)
            + 1
            for d in range(num_spatial_dims)
        ]
        largest = [size + step - 1 for size, step in zip(smallest, stride, strict=True)]
        if any(
            not low <= size <= high for low, size, high in zip(smallest, output_size, largest, strict=True)
        ):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {smallest} to "
                f"{largest} (for an input of {input.size()[2:]})"
            )
        return [size - low for size, low in zip(output_size, smallest, strict=True)]

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The transposed convolution of `input`; `output_size` chooses among those a stride allows."""
        dims = len(self.kernel_size)
        if self.padding_mode != "zeros":
            raise ValueError(f"Only `zeros` padding mode is supported for ConvTranspose{dims}d")
        if not isinstance(self.padding, tuple):
            raise AssertionError("self.padding must be a tuple")
        output_padding = self._output_padding(
            input, output_size, self.stride, self.padding, self.kernel_size, dims, self.dilation
        )
        convolve = getattr(F, f"conv_transpose{dims}d")
        return convolve(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            output_padding,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_ConvTransposeNd):
    """The gradient of `Conv1d` with respect to its input, as a layer; it lengthens by the stride.

    Args:
        in_channels, out_channels, kernel_size, stride, groups, bias, dilation: as for `Conv1d`.
        padding: `dilation * (kernel_size - 1) - padding` zeros are added at both ends.
        output_padding: length added at one end of the output.
        padding_mode: only `zeros`.
        device, dtype: of the parameters.

    Shape:
        (N, in_channels, L) to (N, out_channels, L'), or both without N, with
        `L' = (L - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1`.

    Attributes:
        weight: (in_channels, out_channels / groups, kernel_size), from U(-k, k), `k = 1 / sqrt(fan_in)`.
        bias: (out_channels,), from the same distribution, or None.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ConvTranspose1d(3, 5, 4, stride=2)(torch.zeros(1, 3, 10)).shape
        torch.Size([1, 5, 22])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size1,
        stride: Size1 = 1,
        padding: Size1 = 0,
        output_padding: Size1 = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size1 = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            ntuple(kernel_size, 1),
            ntuple(stride, 1),
            ntuple(padding, 1),
            ntuple(dilation, 1),
            True,
            ntuple(output_padding, 1),
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )


class ConvTranspose2d(_ConvTransposeNd):
    """The gradient of `Conv2d` with respect to its input, as a layer; it enlarges by the stride.

    Args:
        in_channels, out_channels, kernel_size, stride, groups, bias, dilation: as for `Conv2d`.
        padding: `dilation * (kernel_size - 1) - padding` zeros are added on each side.
        output_padding: size added on one side of each dimension of the output.
        padding_mode: only `zeros`.
        device, dtype: of the parameters.

    Shape:
        (N, in_channels, H, W) to (N, out_channels, H', W'), or both without N, with
        `H' = (H - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1`.

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size), from U(-k, k), `k = 1 / sqrt(fan_in)`.
        bias: (out_channels,), from the same distribution, or None.

    Example:
        >>> import torchlike as torch
        >>> up = torch.nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1)
        >>> up(torch.zeros(1, 16, 6, 6), output_size=(12, 12)).shape
        torch.Size([1, 8, 12, 12])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size2,
        stride: Size2 = 1,
        padding: Size2 = 0,
        output_padding: Size2 = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size2 = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            ntuple(kernel_size, 2),
            ntuple(stride, 2),
            ntuple(padding, 2),
            ntuple(dilation, 2),
            True,
            ntuple(output_padding, 2),
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )


class ConvTranspose3d(_ConvTransposeNd):
    """The gradient of `Conv3d` with respect to its input, as a layer; it enlarges by the stride.

    Args:
        in_channels, out_channels, kernel_size, stride, groups, bias, dilation: as for `Conv3d`.
        padding: `dilation * (kernel_size - 1) - padding` zeros are added on each side.
        output_padding: size added on one side of each dimension of the output.
        padding_mode: only `zeros`.
        device, dtype: of the parameters.

    Shape:
        (N, in_channels, D, H, W) to (N, out_channels, D', H', W'), or both without N.

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size), from U(-k, k), `k = 1 / sqrt(fan_in)`.
        bias: (out_channels,), from the same distribution, or None.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ConvTranspose3d(2, 3, 2, stride=2)(torch.zeros(1, 2, 3, 4, 5)).shape
        torch.Size([1, 3, 6, 8, 10])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size3,
        stride: Size3 = 1,
        padding: Size3 = 0,
        output_padding: Size3 = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size3 = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            ntuple(kernel_size, 3),
            ntuple(stride, 3),
            ntuple(padding, 3),
            ntuple(dilation, 3),
            True,
            ntuple(output_padding, 3),
            groups,
            bias,
            padding_mode,
            device=device,
            dtype=dtype,
        )
