"""Normalization within a sample: by layer, group, root mean square, or neighbouring channels."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn import init
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.nn.parameter import Parameter
from torchlike.tensors.tensor import Tensor

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LocalResponseNorm(Module):
    """`y[c] = x[c] * (k + alpha / size * sum of x**2 over the size channels around c) ** -beta`.

    Args:
        size: how many neighbouring channels count.
        alpha, beta, k: as in the formula.

    Shape:
        (N, C, *) to the same.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.LocalResponseNorm(2)
        LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """`input` normalized."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The constants of the formula."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class _Affine(Module):
    """A weight of ones and a bias of zeros, where they are wanted."""

    def _make(self, shape: Any, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, wanted in (("weight", weight), ("bias", bias)):
            param = Parameter(torch.empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, param)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_Affine):
    """`y = (x - mean) / sqrt(var + eps) * weight + bias`, mean and variance over the last dimensions.

    Ba, Kiros and Hinton (2016), https://arxiv.org/abs/1607.06450.

    Args:
        normalized_shape: the sizes of the last dimensions, or one number for the very last.
        eps: added to the variance.
        elementwise_affine: whether there is a weight.
        bias: whether there is a bias where there is a weight.
        device, dtype: of the parameters.

    Shape:
        (*, *normalized_shape) to the same.

    Attributes:
        weight, bias: of `normalized_shape`, ones and zeros at first, or None.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.LayerNorm(10)
        LayerNorm((10,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """`input` normalized."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The sizes and switches."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(_Affine):
    """`y = (x - mean) / sqrt(var + eps) * weight + bias`, mean and variance per sample and group of channels.

    Wu and He (2018), https://arxiv.org/abs/1803.08494.

    Args:
        num_groups: into how many groups the channels are split.
        num_channels: channels.
        eps: added to the variance.
        affine: whether there is a weight.
        device, dtype: of the parameters.
        bias: whether there is a bias where there is a weight.

    Shape:
        (N, num_channels, *) to the same.

    Raises:
        ValueError: if the groups do not divide the channels.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.GroupNorm(3, 6)
        GroupNorm(3, 6, eps=1e-05, affine=True, bias=True)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make(num_channels, affine, affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """`input` normalized."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The sizes and switches."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """`y = x / sqrt(mean of x**2 + eps) * weight`, the mean over the last dimensions.

    Zhang and Sennrich (2019), https://arxiv.org/abs/1910.07467.

    Args:
        normalized_shape: the sizes of the last dimensions, or one number for the very last.
        eps: added to the mean square; None for the smallest normal step of the data type.
        elementwise_affine: whether there is a weight.
        device, dtype: of the weight.

    Shape:
        (*, *normalized_shape) to the same.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.RMSNorm([2, 3])
        RMSNorm((2, 3), eps=None, elementwise_affine=True)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = (
            torch.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        )
        self.register_parameter("weight", None if weight is None else Parameter(weight))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        if self.elementwise_affine:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """`x` normalized."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The sizes and switches."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, Integral) else tuple(normalized_shape)  # type: ignore[return-value]
