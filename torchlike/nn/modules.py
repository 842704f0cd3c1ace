"""`torch.nn.modules`: the layers by the files that PyTorch keeps them in."""

from __future__ import annotations

import sys as _sys

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
    rnn,
    sparse,
    transformer,
    upsampling,
)
from torchlike.nn import tuples as utils
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
    "rnn",
    "sparse",
    "transformer",
    "upsampling",
    "utils",
]

# `from torch.nn.modules.conv import Conv2d` finds them here.
_sys.modules.update({f"{__name__}.{name}": globals()[name] for name in __all__ if name != "Module"})
