"""Working on the gradients and parameters of a model."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing_name
from torchlike.nn.utils import rnn
from torchlike.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from torchlike.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]

_ABSENT = frozenset(
    "convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format fuse_conv_bn_eval "
    "fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights fusion memory_format parametrizations "
    "parametrize prune remove_spectral_norm remove_weight_norm skip_init spectral_norm stateless "
    "weight_norm".split()
)


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        raise missing_name(f"torch.nn.utils.{name}")
    raise AttributeError(f"module 'torch.nn.utils' has no attribute '{name}'")
