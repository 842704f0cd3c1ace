"""Activations that are made of other functions, and the softmax family's guess of a dimension."""

from __future__ import annotations

import warnings
from typing import Any

from torchlike.nn.declared import torch
from torchlike.tensors.tensor import Tensor

__all__ = ["gumbel_softmax", "log_softmax", "sigmoid", "softmax", "softmin", "softsign", "tanh", "tanhshrink"]


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element; `torch.tanh` is the newer name."""
    return input.tanh()


def sigmoid(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`; `torch.sigmoid` is the newer name."""
    return input.sigmoid()


def tanhshrink(input: Tensor) -> Tensor:
    """`x - tanh(x)`."""
    return input - input.tanh()


def softsign(input: Tensor) -> Tensor:
    """`x / (1 + |x|)`.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.softsign(torch.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    return input / (input.abs() + 1)


def _guessed_dim(name: str, dims: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as "
        f"an argument.",
        stacklevel=stacklevel,
    )
    return 0 if dims in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """`exp(x) / sum(exp(x))` along a dimension.

    Args:
        input: any tensor.
        dim: the dimension; leaving it out is deprecated.
        dtype: to which to cast the input first.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.softmax(torch.zeros(2), dim=0)
        tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _guessed_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The softmax of `-x`; the arguments are those of `softmax`."""
    if dim is None:
        dim = _guessed_dim("softmin", input.dim(), _stacklevel)
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """`x - log(sum(exp(x)))` along a dimension; the arguments are those of `softmax`."""
    if dim is None:
        dim = _guessed_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A draw from the Gumbel-softmax distribution: `softmax((logits + g) / tau)` with Gumbel noise `g`.

    Jang, Gu and Poole (2017), https://arxiv.org/abs/1611.01144.

    Args:
        logits: log-probabilities, not necessarily normalized.
        tau: temperature.
        hard: give a one-hot vector, with the gradient of the soft one.
        eps: deprecated, without effect.
        dim: along which to draw.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    gumbels = -torch.empty_like(logits).exponential_().log()
    soft = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    chosen = torch.zeros_like(logits).scatter_(dim, index, 1.0)
    return chosen - soft.detach() + soft
