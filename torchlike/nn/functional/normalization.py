"""Normalization that is made of other functions."""

from __future__ import annotations

from torchlike.nn.declared import functional as declared
from torchlike.nn.declared import torch
from torchlike.tensors.tensor import Tensor

__all__ = ["local_response_norm", "normalize"]


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """`y[c] = x[c] * (k + alpha / size * sum of x**2 over the size channels around c) ** -beta`.

    Args:
        input: (N, C, *).
        size: how many neighbouring channels count.
        alpha, beta, k: as in the formula.

    Raises:
        ValueError: if there are fewer than three dimensions.
    """
    dims = input.dim()
    if dims < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {dims} dimensions)"
        )
    if input.numel() == 0:
        return input
    squares = input.mul(input)
    around = (size // 2, (size - 1) // 2)
    if dims == 3:
        squares = declared.pad(squares.unsqueeze(1), (0, 0, *around))
        squares = declared.avg_pool2d(squares, (size, 1), stride=1).squeeze(1)
    else:
        shape = input.size()
        squares = squares.view(shape[0], 1, shape[1], shape[2], -1)
        squares = declared.pad(squares, (0, 0, 0, 0, *around))
        squares = declared.avg_pool3d(squares, (size, 1, 1), stride=1).squeeze(1).view(shape)
    return input / squares.mul(alpha).add(k).pow(beta)


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """`x / max(|x|_p, eps)` along a dimension.

    Args:
        input: any tensor.
        p: of the norm.
        dim: the dimension, or several.
        eps: the smallest divisor.
        out: where to put the result.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    divisor = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / divisor if out is None else torch.div(input, divisor, out=out)
