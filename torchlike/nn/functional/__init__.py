"""The functions of `torch.nn.functional`.

Most are operators and come from their declarations; those that are made of other functions are written here.
"""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing_name
from torchlike.nn.functional import activation, attention, normalization, pooling
from torchlike.tensors import binding

_declared = binding.namespace("nn.functional")
_functions = {
    name: getattr(module, name) for module in (activation, normalization, pooling) for name in module.__all__
}
_functions |= {"multi_head_attention_forward": attention.multi_head_attention_forward} | _declared
globals().update(_functions)

__all__ = sorted(name for name in _functions if not name.startswith("_"))

# What PyTorch has there besides; one that nobody declared is missing.
_OPERATORS = frozenset(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d "
    "adaptive_max_pool1d_with_indices adaptive_max_pool2d adaptive_max_pool2d_with_indices "
    "adaptive_max_pool3d adaptive_max_pool3d_with_indices affine_grid avg_pool1d avg_pool2d avg_pool3d "
    "batch_norm bilinear binary_cross_entropy binary_cross_entropy_with_logits celu celu_ channel_shuffle "
    "conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity "
    "cross_entropy ctc_loss elu elu_ embedding embedding_bag fold fractional_max_pool2d "
    "fractional_max_pool2d_with_indices fractional_max_pool3d fractional_max_pool3d_with_indices gelu glu "
    "grid_sample group_norm grouped_mm hardshrink hardsigmoid hardswish hardtanh hardtanh_ huber_loss "
    "instance_norm interpolate l1_loss layer_norm leaky_relu leaky_relu_ linear linear_cross_entropy "
    "logsigmoid max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d "
    "max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d mish mse_loss "
    "multi_margin_loss multilabel_margin_loss native_channel_shuffle "
    "nll_loss one_hot pad pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu relu relu6 relu_ "
    "rms_norm rrelu rrelu_ scaled_dot_product_attention scaled_grouped_mm scaled_mm selu selu_ silu "
    "smooth_l1_loss soft_margin_loss softplus softshrink threshold threshold_ unfold upsample "
    "upsample_bilinear upsample_nearest".split()
)


def __getattr__(name: str) -> Any:
    # A plugin may declare a function later than this module is imported.
    if name in _declared:
        return _declared[name]
    if name in _OPERATORS:
        raise missing_name(f"torch.nn.functional.{name}")
    raise AttributeError(f"module 'torch.nn.functional' has no attribute '{name}'")
