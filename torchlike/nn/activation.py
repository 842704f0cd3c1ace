"""Activations: functions of each element, and the softmax family."""

from __future__ import annotations

import warnings
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn import init as initializers
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.nn.multihead_attention import MultiheadAttention
from torchlike.nn.parameter import Parameter
from torchlike.tensors.tensor import Tensor

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "MultiheadAttention",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _MaybeInplace(Module):
    """An activation with no argument but whether it writes into its input."""

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Whether it works in place."""
        return "inplace=True" if self.inplace else ""


def _and_inplace(module: Any) -> str:
    return ", inplace=True" if module.inplace else ""


class Threshold(Module):
    """`x` where it is above `threshold`, else `value`.

    Args:
        threshold: where to cut.
        value: what stands below.
        inplace: whether to write into the input.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """`F.threshold` of `input`."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The two numbers."""
        return f"threshold={self.threshold}, value={self.value}{_and_inplace(self)}"


class ReLU(_MaybeInplace):
    """`max(0, x)`.

    Args:
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.relu` of `input`."""
        return F.relu(input, inplace=self.inplace)


class RReLU(Module):
    """`x` where it is positive, else `a * x`, `a` drawn from U(lower, upper) in training, their mean after.

    Args:
        lower, upper: the bounds of the slope.
        inplace: whether to write into the input.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """`F.rrelu` of `input`."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The bounds."""
        return f"lower={self.lower}, upper={self.upper}{_and_inplace(self)}"


class Hardtanh(Module):
    """`x`, cut off below `min_val` and above `max_val`.

    Args:
        min_val, max_val: the bounds.
        inplace: whether to write into the input.
        min_value, max_value: deprecated names of the bounds.
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        for old, new, given in (("min_value", "min_val", min_value), ("max_value", "max_val", max_value)):
            if given is not None:
                warnings.warn(
                    f"keyword argument `{old}` is deprecated and renamed to `{new}`",
                    FutureWarning,
                    stacklevel=2,
                )
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """`F.hardtanh` of `input`."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The bounds."""
        return f"min_val={self.min_val}, max_val={self.max_val}{_and_inplace(self)}"


class ReLU6(Hardtanh):
    """`min(max(0, x), 6)`.

    Args:
        inplace: whether to write into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Whether it works in place."""
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """`1 / (1 + exp(-x))`."""

    def forward(self, input: Tensor) -> Tensor:
        """The sigmoid of `input`."""
        return input.sigmoid()


class Hardsigmoid(_MaybeInplace):
    """`x / 6 + 1 / 2`, cut off at 0 and 1.

    Args:
        inplace: whether to write into the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.hardsigmoid` of `input`."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Tanh(Module):
    """`(exp(x) - exp(-x)) / (exp(x) + exp(-x))`."""

    def forward(self, input: Tensor) -> Tensor:
        """The hyperbolic tangent of `input`."""
        return input.tanh()


class SiLU(_MaybeInplace):
    """`x * sigmoid(x)`, also called swish.

    Args:
        inplace: whether to write into the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.silu` of `input`."""
        return F.silu(input, inplace=self.inplace)


class Mish(_MaybeInplace):
    """`x * tanh(softplus(x))`.

    Args:
        inplace: whether to write into the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.mish` of `input`."""
        return F.mish(input, inplace=self.inplace)


class Hardswish(_MaybeInplace):
    """`x * relu6(x + 3) / 6`.

    Args:
        inplace: whether to write into the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.hardswish` of `input`."""
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class ELU(Module):
    """`x` where it is positive, else `alpha * (exp(x) - 1)`.

    Args:
        alpha: minus the limit at minus infinity.
        inplace: whether to write into the input.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """`F.elu` of `input`."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The factor."""
        return f"alpha={self.alpha}{_and_inplace(self)}"


class CELU(Module):
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`.

    Args:
        alpha: minus the limit at minus infinity.
        inplace: whether to write into the input.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """`F.celu` of `input`."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The factor."""
        return f"alpha={self.alpha}{_and_inplace(self)}"


class SELU(_MaybeInplace):
    """`scale * elu(x, alpha)` with the two constants that keep mean 0 and variance 1 from layer to layer.

    Args:
        inplace: whether to write into the input.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.selu` of `input`."""
        return F.selu(input, self.inplace)


class GLU(Module):
    """`a * sigmoid(b)`, `a` and `b` being the halves of the input.

    Args:
        dim: the dimension to halve.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.GLU()(torch.zeros(4, 2)).shape
        torch.Size([4, 1])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """`F.glu` of `input`."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class GELU(Module):
    """`x * Phi(x)`, `Phi` being the normal distribution function.

    Args:
        approximate: `none`, or `tanh` for `0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))`.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """`F.gelu` of `input`."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Which formula."""
        return f"approximate={self.approximate!r}"


class Hardshrink(Module):
    """`x` where it is above `lambd` or below `-lambd`, else 0.

    Args:
        lambd: half the width of the gap.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """`F.hardshrink` of `input`."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The width."""
        return f"{self.lambd}"


class LeakyReLU(Module):
    """`x` where it is positive, else `negative_slope * x`.

    Args:
        negative_slope: the slope below zero.
        inplace: whether to write into the input.
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """`F.leaky_relu` of `input`."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope."""
        return f"negative_slope={self.negative_slope}{_and_inplace(self)}"


class LogSigmoid(Module):
    """`log(1 / (1 + exp(-x)))`."""

    def forward(self, input: Tensor) -> Tensor:
        """`F.logsigmoid` of `input`."""
        return F.logsigmoid(input)


class Softplus(Module):
    """`log(1 + exp(beta * x)) / beta`, and `x` itself where `beta * x` is above `threshold`.

    Args:
        beta: how sharp the bend is.
        threshold: where to turn to the identity.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """`F.softplus` of `input`."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The two numbers."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softshrink(Module):
    """`x` moved towards zero by `lambd`, and 0 within that distance of it.

    Args:
        lambd: how far.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """`F.softshrink` of `input`."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The distance."""
        return str(self.lambd)


class PReLU(Module):
    """`x` where it is positive, else `weight * x`, the weight being learned.

    Args:
        num_parameters: 1, or one slope for each channel.
        init: the slope to begin with.
        device, dtype: of the weight.
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(torch.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to what they began with."""
        initializers.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """`F.prelu` of `input`."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes."""
        return f"num_parameters={self.num_parameters}"


class Softsign(Module):
    """`x / (1 + |x|)`."""

    def forward(self, input: Tensor) -> Tensor:
        """`F.softsign` of `input`."""
        return F.softsign(input)


class Tanhshrink(Module):
    """`x - tanh(x)`."""

    def forward(self, input: Tensor) -> Tensor:
        """`F.tanhshrink` of `input`."""
        return F.tanhshrink(input)


class _AlongDim(Module):
    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Softmin(_AlongDim):
    """`exp(-x) / sum(exp(-x))` along a dimension.

    Args:
        dim: the dimension; leaving it out is deprecated.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.softmin` of `input`."""
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax(_AlongDim):
    """`exp(x) / sum(exp(x))` along a dimension.

    Args:
        dim: the dimension; leaving it out is deprecated.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Softmax(dim=1)(torch.zeros(1, 2))
        tensor([[0.5000, 0.5000]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.softmax` of `input`."""
        return F.softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """The softmax over the channels at each place of an image.

    Shape:
        (N, C, H, W) or (C, H, W) to the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.softmax` of `input` over the channels."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """`x - log(sum(exp(x)))` along a dimension.

    Args:
        dim: the dimension; leaving it out is deprecated.
    """

    def forward(self, input: Tensor) -> Tensor:
        """`F.log_softmax` of `input`."""
        return F.log_softmax(input, self.dim, _stacklevel=5)
