"""The activations of `torch.nn.functional` that may write into their input."""

from __future__ import annotations

from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_operators = {
    (name, inplace): builtin(space, name + "_" * inplace)
    for names, plain_space, inplace_space in (
        ("relu selu celu threshold", "torch", "torch"),
        ("leaky_relu elu silu mish hardtanh hardswish hardsigmoid", "_nn", "nn.functional"),
    )
    for name in names.split()
    for inplace, space in ((False, plain_space), (True, inplace_space))
}


@functional()
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """`max(x, 0)` of each element.

    Args:
        input: any real tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return _operators["relu", bool(inplace)](input)


@functional()
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """`min(max(x, 0), 6)` of each element.

    Args:
        input: any real tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.relu6(torch.tensor([-1.0, 2.0, 9.0]))
        tensor([0., 2., 6.])
    """
    return _operators["hardtanh", bool(inplace)](input, 0.0, 6.0)


@functional()
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`x` where positive, else `negative_slope * x`.

    Args:
        input: a floating tensor.
        negative_slope: of the part below 0.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.leaky_relu(torch.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5000,  2.0000])
    """
    return _operators["leaky_relu", bool(inplace)](input, negative_slope)


@functional()
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`x` where positive, else `alpha * (exp(x) - 1)`.

    Args:
        input: a floating tensor.
        alpha: minus the value far below 0.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.elu(torch.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return _operators["elu", bool(inplace)](input, alpha)


@functional()
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The scaled `elu` that keeps mean 0 and variance 1 (Klambauer et al., 2017).

    Args:
        input: a floating tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.selu(torch.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return _operators["selu", bool(inplace)](input)


@functional()
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))`, smooth for every `alpha`.

    Args:
        input: a floating tensor.
        alpha: minus the value far below 0; not 0.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.celu(torch.tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.0000])
    """
    return _operators["celu", bool(inplace)](input, alpha)


@functional()
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * sigmoid(x)` of each element.

    Args:
        input: a floating tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.silu(torch.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])
    """
    return _operators["silu", bool(inplace)](input)


@functional()
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * tanh(softplus(x))` of each element.

    Args:
        input: a floating tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.mish(torch.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.9440])
    """
    return _operators["mish", bool(inplace)](input)


@functional()
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Each element kept between two bounds, with gradient 0 at them.

    Args:
        input: any real tensor.
        min_val, max_val: the bounds.
        inplace: whether to write into the input.

    Raises:
        ValueError: the lower bound is above the upper.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.hardtanh(torch.tensor([-3.0, 0.5]))
        tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _operators["hardtanh", bool(inplace)](input, min_val, max_val)


@functional()
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * min(max(x + 3, 0), 6) / 6` of each element.

    Args:
        input: a floating tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.hardswish(torch.tensor([-1.5, 1.5]))
        tensor([-0.3750,  1.1250])
    """
    return _operators["hardswish", bool(inplace)](input)


@functional()
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """`min(max(x + 3, 0), 6) / 6` of each element.

    Args:
        input: a floating tensor.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.hardsigmoid(torch.tensor([-3.0, 1.5]))
        tensor([0.0000, 0.7500])
    """
    return _operators["hardsigmoid", bool(inplace)](input)


@functional("threshold")
def _threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """`x` where it is above a threshold, else a fixed value.

    Args:
        input: any real tensor.
        threshold: where to cut.
        value: what stands below.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.threshold(torch.tensor([0.0, 2.0]), 1.0, -5.0)
        tensor([-5.,  2.])
    """
    return _operators["threshold", bool(inplace)](input, threshold, value)


def _share(name: str) -> None:
    """Give `torch.nn.functional` the function that is torch's own."""
    functional(name)(builtin("torch", name))


for _name in ("relu_", "selu_", "celu_", "threshold_"):
    _share(_name)
