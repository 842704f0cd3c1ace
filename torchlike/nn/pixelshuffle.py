"""Moving elements between channels and places."""

from __future__ import annotations

from torchlike.nn import functional as F
from torchlike.nn.module import Module
from torchlike.tensors.tensor import Tensor

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Makes one large image out of `r**2` channels of small ones.

    Shi et al. (2016), https://arxiv.org/abs/1609.05158.

    Args:
        upscale_factor: r.

    Shape:
        (*, C * r**2, H, W) to (*, C, H * r, W * r).

    Example:
        >>> import torchlike as torch
        >>> torch.nn.PixelShuffle(3)(torch.zeros(1, 9, 4, 4)).shape
        torch.Size([1, 1, 12, 12])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """`F.pixel_shuffle` of `input`."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """The inverse of `PixelShuffle`.

    Args:
        downscale_factor: r.

    Shape:
        (*, C, H * r, W * r) to (*, C * r**2, H, W).
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """`F.pixel_unshuffle` of `input`."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Deals the channels of `groups` groups out in turn.

    Args:
        groups: how many groups the channels form.

    Shape:
        (N, C, *) to the same.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """`F.channel_shuffle` of `input`."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """How many groups."""
        return f"groups={self.groups}"
