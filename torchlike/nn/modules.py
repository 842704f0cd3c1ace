"""`torch.nn.modules`: the layers by the files that PyTorch keeps them in."""

from __future__ import annotations

from torchlike.nn import (
    activation,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    linear,
    loss,
    module,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    sparse,
    transformer,
    upsampling,
)
from torchlike.nn import state_dict as utils
from torchlike.nn.module import Module

__all__ = [
    "Module",
    "activation",
    "batchnorm",
    "container",
    "conv",
    "distance",
    "dropout",
    "flatten",
    "fold",
    "instancenorm",
    "linear",
    "loss",
    "module",
    "normalization",
    "padding",
    "pixelshuffle",
    "pooling",
    "sparse",
    "transformer",
    "upsampling",
    "utils",
]
