"""Pooling by p-norm, made of average and maximum pooling."""

from __future__ import annotations

import math
from typing import Any

from torchlike.nn.declared import functional as declared
from torchlike.nn.sizes import ntuple
from torchlike.tensors.tensor import Tensor

__all__ = ["lp_pool1d", "lp_pool2d", "lp_pool3d"]


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """`(sum of x**p over each window) ** (1 / p)` along a line.

    Args:
        input: (N, C, L) or (C, L).
        norm_type: p; infinity gives the maximum.
        kernel_size: length of the window.
        stride: how far it moves at a time; its own length if not given.
        ceil_mode: keep a last window that reaches over the end.
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """`lp_pool1d` over a plane: (N, C, H, W) or (C, H, W)."""
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """`lp_pool1d` over a volume: (N, C, D, H, W) or (C, D, H, W)."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(
    dims: int, input: Tensor, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Tensor:
    if norm_type in (math.inf, -math.inf):
        pool = getattr(declared, f"max_pool{dims}d")
        sign = 1 if norm_type > 0 else -1
        pooled = pool(sign * input.abs(), kernel_size, stride, 0, 1, ceil_mode)
        return pooled if sign > 0 else -pooled
    pool = getattr(declared, f"avg_pool{dims}d")
    mean = pool(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    size = math.prod(ntuple(kernel_size, dims))
    # Rounding may take a mean of powers just below zero, where the root would not be a number.
    return (mean.sign() * mean.abs().relu()).mul(size).pow(1.0 / norm_type)
