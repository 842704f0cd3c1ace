"""Instance normalization: each channel of each sample by its own statistics."""

from __future__ import annotations

import warnings
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn.batchnorm import _NormBase
from torchlike.tensors.tensor import Tensor

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _InstanceNorm(_NormBase):
    # Dimensions of a single sample, channels first.
    _sample_dims: int

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device=device, dtype=dtype, bias=bias
        )

    def _check_input_dim(self, input: Tensor) -> None:
        n = self._sample_dims
        if input.dim() not in (n, n + 1):
            raise ValueError(f"expected {n}D or {n + 1}D input (got {input.dim()}D input)")

    def _get_no_batch_dim(self) -> int:
        return self._sample_dims

    def _apply_instance_norm(self, input: Tensor) -> Tensor:
        return F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0,
            self.eps,
        )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        # Before PyTorch 0.4 these layers had running statistics by default.
        if local_metadata.get("version") is None and not self.track_running_stats:
            stale = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
            if stale:
                names = " and ".join(f'"{key}"' for key in stale)
                layer = type(self).__name__
                error_msgs.append(
                    f"Unexpected running stats buffer(s) {names} for {layer} with "
                    "track_running_stats=False. If state_dict is a checkpoint saved before 0.4.0, this "
                    f"may be expected because {layer} does not track running stats by default since 0.4.0. "
                    "Please remove these keys from state_dict. If the running stats are actually needed, "
                    f"instead set track_running_stats=True in {layer} to enable them. See the "
                    f"documentation of {layer} for details."
                )
                for key in stale:
                    state_dict.pop(key)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def forward(self, input: Tensor) -> Tensor:
        """`input` with each channel of each sample normalized."""
        self._check_input_dim(input)
        channel_dim = input.dim() - self._sample_dims
        channels = input.size(channel_dim)
        if channels != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={channel_dim} to match num_features "
                    f"({self.num_features}), but got: {channels}."
                )
            warnings.warn(
                f"input's size at dim={channel_dim} does not match num_features. You can silence this "
                "warning by not passing in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        if channel_dim == 0:
            return self._apply_instance_norm(input.unsqueeze(0)).squeeze(0)
        return self._apply_instance_norm(input)


class InstanceNorm1d(_InstanceNorm):
    """`y = (x - mean) / sqrt(var + eps) * weight + bias`, mean and variance per sample and channel.

    Ulyanov et al. (2016), https://arxiv.org/abs/1607.08022.

    Args:
        num_features: channels.
        eps: added to the variance.
        momentum: share of the newest batch in the running statistics.
        affine: whether there are a weight and a bias.
        track_running_stats: whether to keep running statistics and use them in evaluation.
        device, dtype: of the parameters and buffers.
        bias: whether there is a bias where there is a weight.

    Shape:
        (N, C, L) or (C, L) to the same.
    """

    _sample_dims = 2


class InstanceNorm2d(_InstanceNorm):
    """Instance normalization of images; the formula and the arguments are those of `InstanceNorm1d`.

    Shape:
        (N, C, H, W) or (C, H, W) to the same.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.InstanceNorm2d(100)
        InstanceNorm2d(100, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)
    """

    _sample_dims = 3


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization of volumes; the formula and the arguments are those of `InstanceNorm1d`.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) to the same.
    """

    _sample_dims = 4
