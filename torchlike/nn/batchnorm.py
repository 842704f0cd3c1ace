"""Batch normalization, and the base that instance normalization shares with it."""

from __future__ import annotations

from typing import Any

from torchlike import dtypes
from torchlike.nn import functional as F
from torchlike.nn import init
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.nn.parameter import Parameter
from torchlike.tensors.tensor import Tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class _NormBase(Module):
    """Per-channel weight, bias and running statistics."""

    # Version 2 of the state dictionary has `num_batches_tracked`.
    _version = 2
    num_features: int
    eps: float
    momentum: float | None
    affine: bool
    track_running_stats: bool

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            param = Parameter(torch.empty(num_features, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, param)
        statistics = (
            {
                "running_mean": torch.zeros(num_features, device=device, dtype=dtype),
                "running_var": torch.ones(num_features, device=device, dtype=dtype),
                "num_batches_tracked": torch.tensor(0, dtype=dtypes.int64, device=device),
            }
            if track_running_stats
            else dict.fromkeys(("running_mean", "running_var", "num_batches_tracked"))
        )
        for name, buffer in statistics.items():
            self.register_buffer(name, buffer)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the running statistics: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget the statistics and set the weight to 1 and the bias to 0."""
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """The sizes and switches."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
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
        version = local_metadata.get("version")
        key = f"{prefix}num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            tracked = self.num_batches_tracked
            state_dict[key] = tracked if tracked is not None else torch.tensor(0, dtype=dtypes.int64)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class _BatchNorm(_NormBase):
    def forward(self, input: Tensor) -> Tensor:
        """`input` normalized, by its own statistics in training, else by the running ones."""
        self._check_input_dim(input)
        factor = 0.0 if self.momentum is None else self.momentum
        tracking = self.training and self.track_running_stats
        if tracking and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                # Without a momentum, the running statistics are plain averages over the batches.
                factor = 1.0 / float(self.num_batches_tracked)
        by_batch = self.training or (self.running_mean is None and self.running_var is None)
        keeps = tracking or not self.training
        return F.batch_norm(
            input,
            self.running_mean if keeps else None,
            self.running_var if keeps else None,
            self.weight,
            self.bias,
            by_batch,
            factor,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """`y = (x - mean) / sqrt(var + eps) * weight + bias`, mean and variance per channel over all else.

    In training the statistics are the batch's own (the variance biased), and
    `running = (1 - momentum) * running + momentum * batch` (the variance unbiased); in evaluation they are
    the running ones. Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167.

    Args:
        num_features: channels.
        eps: added to the variance.
        momentum: share of the newest batch in the running statistics; None for their plain average.
        affine: whether there are a weight and a bias.
        track_running_stats: whether there are running statistics; without them each batch has its own,
            always.
        device, dtype: of the parameters and buffers.
        bias: whether there is a bias where there is a weight.

    Shape:
        (N, C) or (N, C, L) to the same.

    Attributes:
        weight, bias: (C,), of ones and of zeros at first, or None.
        running_mean, running_var: (C,), buffers.
        num_batches_tracked: an integer buffer.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.BatchNorm1d(100)(torch.randn(20, 100)).shape
        torch.Size([20, 100])
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.dim()}D input)")


class BatchNorm2d(_BatchNorm):
    """Batch normalization of images; the formula and the arguments are those of `BatchNorm1d`.

    Shape:
        (N, C, H, W) to the same.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.BatchNorm2d(64)
        BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 4:
            raise ValueError(f"expected 4D input (got {input.dim()}D input)")


class BatchNorm3d(_BatchNorm):
    """Batch normalization of volumes; the formula and the arguments are those of `BatchNorm1d`.

    Shape:
        (N, C, D, H, W) to the same.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 5:
            raise ValueError(f"expected 5D input (got {input.dim()}D input)")
