"""Dropout: zero at random in training, do nothing in evaluation."""

from __future__ import annotations

from torchlike.nn import functional as F
from torchlike.nn.module import Module
from torchlike.tensors.tensor import Tensor

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _DropoutNd(Module):
    p: float
    inplace: bool

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The probability, and whether it works in place."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Sets each element to zero with probability `p` and divides the others by `1 - p`, in training only.

    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.

    Args:
        p: the probability.
        inplace: whether to write into the input.

    Shape:
        Any to the same.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Dropout(p=0.2).eval()(torch.ones(3))
        tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with elements dropped."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Sets whole channels to zero with probability `p`; the arguments are those of `Dropout`.

    Shape:
        (N, C, L) or (C, L) to the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Sets whole channels to zero with probability `p`; the arguments are those of `Dropout`.

    Shape:
        (N, C, H, W) or (N, C, L) to the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Sets whole channels to zero with probability `p`; the arguments are those of `Dropout`.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) to the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance behind a SELU: dropped elements take its negative limit.

    Klambauer et al. (2017), https://arxiv.org/abs/1706.02515. The arguments are those of `Dropout`; like
    PyTorch's, it never works in place.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`input` with elements dropped."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """`AlphaDropout` of whole channels."""

    def forward(self, input: Tensor) -> Tensor:
        """`input` with channels dropped."""
        return F.feature_alpha_dropout(input, self.p, self.training)
