"""Dropout of elements and of whole channels, and the kind that suits a SELU.

The noise is drawn on the host, one Bernoulli number an element or a channel, as PyTorch draws it on the CPU.
"""

from __future__ import annotations

import math
import warnings

from torchlike.nn.declared import torch
from torchlike.tensors.tensor import Tensor

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

# scale * alpha of the SELU: minus the value that it takes at minus infinity.
_SELU_LIMIT = 1.7580993408473766


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to zero with probability `p` and divide the others by `1 - p`.

    Args:
        input: any tensor.
        p: the probability.
        training: if not, give the input back.
        inplace: whether to write into the input.

    Raises:
        ValueError: if `p` is no probability.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.dropout(torch.ones(3), p=1.0)
        tensor([0., 0., 0.])
    """
    _check_probability(p)
    return _drop(input, p, training, inplace, by_channel=False)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, L) or (C, L)."""
    _check_probability(p)
    dims = input.dim()
    if dims not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {dims}D input. Note that dropout1d "
            f"exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an "
            "optional batch "
            "dimension (i.e. 2D or 3D inputs)."
        )
    return _drop_batched(input, p, training, inplace, batched=dims == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, H, W) or, as in PyTorch, (N, C, L)."""
    _check_probability(p)
    dims = input.dim()
    if dims not in (3, 4):
        warnings.warn(_deprecated_dims("dropout2d", dims, 2, "3D or 4D"), stacklevel=2)
    if dims == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is "
            "desired - input is interpreted as shape (N, C, L), where C is the channel dim. This "
            "behavior will change "
            "in a future release to interpret the input as one without a batch dimension, i.e. shape (C, "
            "H, W). To "
            "maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _drop(input, p, training, inplace, by_channel=True)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    _check_probability(p)
    dims = input.dim()
    if dims not in (4, 5):
        warnings.warn(_deprecated_dims("dropout3d", dims, 3, "4D or 5D"), stacklevel=2)
    return _drop_batched(input, p, training, inplace, batched=dims == 5)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance behind a SELU.

    `a * x * kept + b`, dropped elements becoming the SELU's negative limit, with `a` and `b` such that a
    standard normal input stays one.

    Args:
        input: any tensor.
        p: the probability.
        training: if not, give the input back.
        inplace: whether to write into the input.
    """
    _check_probability(p)
    return _drop_to_limit(input, p, training, inplace, by_channel=False)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels."""
    _check_probability(p)
    return _drop_to_limit(input, p, training, inplace, by_channel=True)


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _deprecated_dims(name: str, dims: int, spatial: int, taken: str) -> str:
    return (
        f"{name}: Received a {dims}-D input to {name}, which is deprecated and will result in an error in "
        f"a future "
        "release. To retain the behavior and silence this warning, please use dropout instead. Note that "
        f"{name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a "
        f"channel "
        f"dimension, and an optional batch dimension (i.e. {taken} inputs)."
    )


def _noise(input: Tensor, p: float, by_channel: bool) -> Tensor:
    """1 for what is kept and 0 for what is dropped, of a shape that broadcasts to the input's."""
    if not by_channel:
        return torch.empty_like(input).bernoulli_(1 - p)
    if input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    shape = (*input.shape[:2], *(1,) * (input.dim() - 2))
    return input.new_empty(shape).bernoulli_(1 - p)


def _drop(input: Tensor, p: float, training: bool, inplace: bool, by_channel: bool) -> Tensor:
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        factor = input.new_zeros(())
    else:
        factor = _noise(input, p, by_channel).div_(1 - p)
    return input.mul_(factor) if inplace else input * factor


def _drop_batched(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    if batched:
        return _drop(input, p, training, inplace, by_channel=True)
    if inplace:
        return _drop(input.unsqueeze_(0), p, training, inplace, by_channel=True).squeeze_(0)
    return _drop(input.unsqueeze(0), p, training, inplace, by_channel=True).squeeze(0)


def _drop_to_limit(input: Tensor, p: float, training: bool, inplace: bool, by_channel: bool) -> Tensor:
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        zero = input.new_zeros(())
        return input.mul_(zero) if inplace else input * zero
    kept = _noise(input, p, by_channel)
    a = 1.0 / math.sqrt((_SELU_LIMIT**2 * p + 1) * (1 - p))
    b = kept.add(-1).mul_(_SELU_LIMIT * a).add_(_SELU_LIMIT * a * p)
    kept.mul_(a)
    return input.mul_(kept).add_(b) if inplace else input * kept + b
