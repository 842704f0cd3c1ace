"""Moving elements between channels and positions: pixel and channel shuffles, sliding blocks and back."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp

from torchlike.engine import Aval
from torchlike.operators.accepted import BOOL, COMPLEX, FLOATING
from torchlike.operators.declaration import operator
from torchlike.operators.windows import Ints, shown

__all__: list[str] = []

_BOTH = ("torch", "nn.functional")


def _check_pixels(name: str, factor_name: str, self: Aval, factor: int) -> None:
    if self.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {self.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {factor_name}, but got {factor}")


def _check_shuffle(self: Aval, upscale_factor: int) -> None:
    _check_pixels("pixel_shuffle", "upscale_factor", self, upscale_factor)
    square = upscale_factor**2
    if self.shape[-3] % square:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, but input.size(-3)={self.shape[-3]} is not divisible by {square}"
        )


@operator(
    "pixel_shuffle(Tensor self, int upscale_factor) -> Tensor",
    check=_check_shuffle,
    namespaces=_BOTH,
    method=False,
    out=False,
    strides="channels_last",
)
def pixel_shuffle(self, upscale_factor):
    """(*, C r^2, H, W) to (*, C, H r, W r)."""
    r = upscale_factor
    *lead, c, h, w = self.shape
    x = self.reshape(prod(lead), c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(*lead, c // r**2, h * r, w * r)


def _check_unshuffle(self: Aval, downscale_factor: int) -> None:
    _check_pixels("pixel_unshuffle", "downscale_factor", self, downscale_factor)
    for name, axis in (("height", -2), ("width", -1)):
        if self.shape[axis] % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({axis})="
                f"{self.shape[axis]} is not divisible by {downscale_factor}"
            )


@operator(
    "pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor",
    check=_check_unshuffle,
    namespaces=_BOTH,
    method=False,
    out=False,
    strides="channels_last",
)
def pixel_unshuffle(self, downscale_factor):
    """(*, C, H r, W r) to (*, C r^2, H, W)."""
    r = downscale_factor
    *lead, c, h, w = self.shape
    x = self.reshape(prod(lead), c, h // r, r, w // r, r).transpose(0, 1, 3, 5, 2, 4)
    return x.reshape(*lead, c * r**2, h // r, w // r)


def _check_channels(self: Aval, groups: int) -> None:
    if self.ndim <= 2:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(self.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if self.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {self.shape[1]} channels and {groups} "
            "groups."
        )


def _shuffled(self, groups):
    n, c, *rest = self.shape
    return self.reshape(n, groups, c // groups, *rest).swapaxes(1, 2).reshape(self.shape)


for _name, _node in (
    ("channel_shuffle", "ChannelShuffleBackward0"),
    ("native_channel_shuffle", "NotImplemented"),
):
    operator(
        f"{_name}(Tensor self, int groups) -> Tensor",
        check=_check_channels,
        backward=_node,
        namespaces=_BOTH,
        method=False,
        out=False,
        strides="channels_last",
    )(_shuffled)


def _check_two(**arguments: Ints) -> None:
    for name, values in arguments.items():
        if len(values) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")


def _check_blocks(kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> None:
    for name, prefix, values in (
        ("kernel size", "kernel", kernel),
        ("dilation", "dilation", dilation),
        ("padding", "pad", padding),
        ("stride", "stride", stride),
    ):
        least, must = (0, "non-negative") if name == "padding" else (1, "greater than zero")
        if min(values) < least:
            raise RuntimeError(
                f"{name} should be {must}, but got {prefix}_height: {values[0]} {prefix}_width: {values[1]}"
            )


def _counts(size: Ints, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> list[int]:
    """How many blocks fit, per dimension."""
    return [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)
    ]


def _pair(values: Ints) -> str:
    return f"({values[0]}, {values[1]})"


_COLUMNS = FLOATING | COMPLEX | BOOL


def _check_im2col(self: Aval, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints) -> None:
    _check_two(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    _check_blocks(kernel_size, dilation, padding, stride)
    if self.ndim < 3 and 0 not in self.shape[1:]:
        last = max(self.ndim, 1)
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-last}, {last - 1}], but got {self.ndim})"
        )
    if self.ndim < 3 or self.ndim > 4 or 0 in (self.shape[1:] if self.ndim == 4 else self.shape):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            f"for input, but got: {list(self.shape)}"
        )
    counts = _counts(self.shape[-2:], kernel_size, dilation, padding, stride)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {_pair(self.shape[-2:])}, kernel_size={_pair(kernel_size)}, "
            f"dilation={_pair(dilation)}, padding={_pair(padding)}, calculated shape of the array of sliding "
            f"blocks as {_pair(tuple(counts))}, but its components must be at least one."
        )
    if self.dtype not in _COLUMNS:
        raise NotImplementedError(f"\"im2col_out_cpu\" not implemented for '{self.dtype.legacy_name}'")


def _blocks(x, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints):
    pads = tuple((p, p) for p in padding)
    parts = jnp.stack(shown(x, kernel, stride, pads, dilation), -3)
    *lead, c, k, h, w = parts.shape
    return parts.reshape(*lead, c * k, h * w)


@operator(
    "im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
    check=_check_im2col,
    backward="Im2ColBackward0",
    namespaces=("_C._nn",),
    method=False,
    out=False,
)
def im2col(self, kernel_size, dilation, padding, stride):
    """(N, C, H, W) to (N, C * kernel, blocks)."""
    return _blocks(self, kernel_size, dilation, padding, stride)


def _check_col2im(
    self: Aval, output_size: Ints, kernel_size: Ints, dilation: Ints, padding: Ints, stride: Ints
) -> None:
    _check_two(
        output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    _check_blocks(kernel_size, dilation, padding, stride)
    shape = list(self.shape)
    if self.ndim not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
            f"dimensions for input, but got: {shape}"
        )
    axis = self.ndim - 2
    if shape[axis] % prod(kernel_size):
        raise RuntimeError(
            f"Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={shape[axis]} and kernel_size={_pair(kernel_size)}."
        )
    counts = _counts(output_size, kernel_size, dilation, padding, stride)
    given = (
        f"Given output_size={_pair(output_size)}, kernel_size={_pair(kernel_size)}, "
        f"dilation={_pair(dilation)}, padding={_pair(padding)}, stride={_pair(stride)}, "
    )
    if shape[-1] != prod(counts):
        raise RuntimeError(
            f"{given}expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{counts[0]} * {counts[1]} = {prod(counts)}, but got input.size(2)={shape[-1]}."
        )
    if min(counts) < 1:
        raise RuntimeError(
            f"{given}calculated shape of the array of sliding blocks as {_pair(tuple(counts))}, which is too "
            "small (non-positive)"
        )
    if self.dtype not in _COLUMNS:
        raise NotImplementedError(f"\"col2im_out_cpu\" not implemented for '{self.dtype.legacy_name}'")


@operator(
    "col2im(Tensor self, int[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] "
    "stride) -> Tensor",
    check=_check_col2im,
    backward="Col2ImBackward0",
    namespaces=("_C._nn",),
    method=False,
    out=False,
)
def col2im(self, output_size, kernel_size, dilation, padding, stride):
    """The transpose of `im2col`: overlapping blocks are added up."""
    *lead, rows, _ = self.shape
    shape = (*lead, rows // prod(kernel_size), *output_size)
    # Booleans have no transposes in JAX.
    x = self.astype(jnp.int32) if self.dtype == jnp.bool_ else self
    like = jax.ShapeDtypeStruct(shape, x.dtype)
    static = (kernel_size, dilation, padding, stride)
    return jax.linear_transpose(lambda y: _blocks(y, *static), like)(x)[0].astype(self.dtype)
