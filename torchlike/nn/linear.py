"""Linear and bilinear maps, and the identity."""

from __future__ import annotations

import math
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn import init
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.nn.parameter import Parameter
from torchlike.tensors.tensor import Tensor

__all__ = ["Bilinear", "Identity", "Linear", "NonDynamicallyQuantizableLinear"]


class Identity(Module):
    """Gives back its input; takes any arguments and ignores them, so that it can stand in for another layer.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Identity(54, unused=True)(torch.ones(2))
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """`input` itself."""
        return input


class Linear(Module):
    """`y = x @ W.T + b`.

    Args:
        in_features: size of the last dimension of the input.
        out_features: size of the last dimension of the output.
        bias: whether there is a `b`.
        device, dtype: of the parameters.

    Shape:
        (*, in_features) to (*, out_features).

    Attributes:
        weight: (out_features, in_features), from U(-k, k) with `k = 1 / sqrt(in_features)`.
        bias: (out_features,), from the same distribution, or None.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html.

    Example:
        >>> import torchlike as torch
        >>> layer = torch.nn.Linear(20, 30)
        >>> layer(torch.zeros(128, 20)).shape
        torch.Size([128, 30])
        >>> layer
        Linear(in_features=20, out_features=30, bias=True)
    """

    in_features: int
    out_features: int

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(torch.empty((out_features, in_features), device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(torch.empty(out_features, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        # With this slope the bound of kaiming_uniform_ is 1 / sqrt(in_features).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """`F.linear` of the input with this layer's parameters."""
        params = self._parameters
        try:
            # A tenth of the time that the attributes take to be found.
            weight, bias = params["weight"], params["bias"]
        except KeyError:
            # One of them is no parameter any more: a buffer, or computed from others.
            weight, bias = self.weight, self.bias
        return F.linear(input, weight, bias)

    def extra_repr(self) -> str:
        """The sizes, and whether there is a bias."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` under the name that PyTorch gives the output projection of its attention layer."""


class Bilinear(Module):
    """`y[o] = x1 @ W[o] @ x2 + b[o]`.

    Args:
        in1_features: size of the last dimension of the first input.
        in2_features: size of the last dimension of the second input.
        out_features: size of the last dimension of the output.
        bias: whether there is a `b`.
        device, dtype: of the parameters.

    Shape:
        (*, in1_features) and (*, in2_features) to (*, out_features).

    Attributes:
        weight: (out_features, in1_features, in2_features), from U(-k, k) with `k = 1 / sqrt(in1_features)`.
        bias: (out_features,), from the same distribution, or None.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Bilinear(20, 30, 40)
        Bilinear(in1_features=20, in2_features=30, out_features=40, bias=True)
    """

    in1_features: int
    in2_features: int
    out_features: int

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(
            torch.empty((out_features, in1_features, in2_features), device=device, dtype=dtype)
        )
        self.register_parameter(
            "bias", Parameter(torch.empty(out_features, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.weight.size(1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """`F.bilinear` of the inputs with this layer's parameters."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, and whether there is a bias."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
