"""Normalization as `torch.nn.functional` has it, with running statistics that are written to in place."""

from __future__ import annotations

from typing import Any

from torchlike.operators import declaration
from torchlike.tensors import dispatch, writes
from torchlike.tensors.composite import composite
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.queries import wrap_dim
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_evaluating = declaration.get("_batch_norm_evaluating")
_training = declaration.get("_batch_norm_training")
_tracking = declaration.get("_batch_norm_tracking")
_instance_evaluating = declaration.get("_instance_norm_evaluating")
_instance_training = declaration.get("_instance_norm_training")
_instance_tracking = declaration.get("_instance_norm_tracking")


def _write(running: Tensor, new: Tensor, counts: bool) -> None:
    """Put a new running statistic in place of the old, outside the graph.

    Args:
        running: the tensor to write to.
        new: its new value.
        counts: whether PyTorch takes this for a write, which saved tensors complain about.
    """
    writes.write(running, new._value(), None)
    if not counts:
        running._versions().version -= 1


@composite(
    "batch_norm(Tensor self, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    method=False,
)
def _batch_norm(self, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled):
    if not self.shape.numel():
        return _batch_norm_of_nothing(self, weight, bias)
    if not training:
        for name, running in (("running_mean", running_mean), ("running_var", running_var)):
            if running is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        return dispatch.call(_evaluating, (self, weight, bias, running_mean, running_var, eps))
    if running_mean is None:
        wrap_dim(1, self.ndim)
        return dispatch.call(_training, (self, weight, bias, eps))
    args = (self, weight, bias, running_mean, running_var, momentum, eps)
    out, mean, variance = dispatch.call(_tracking, args)
    _write(running_mean, mean, counts=False)
    _write(running_var, variance, counts=False)
    return out


def _batch_norm_of_nothing(input: Any, weight: Any, bias: Any) -> Any:
    out = input.clone()
    if weight is not None:
        out = out * weight[0]
    return out if bias is None else out + bias[0]


_batch_norm_builtin = builtin("torch", "batch_norm")


@functional()
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel brought to mean 0 and variance 1: `(x - mean) / sqrt(var + eps) * weight + bias`.

    Ioffe and Szegedy (2015), Batch normalization.

    Args:
        input: (N, C, *).
        running_mean, running_var: (C); in training they are written to, else they are what to normalize by.
        weight, bias: (C), applied afterwards.
        training: whether to normalize by the batch's own statistics.
        momentum: how far the running statistics move towards the batch's; the variance's is the unbiased one.
        eps: added to the variance.

    Returns:
        The input's shape.

    Raises:
        ValueError: in training with one value a channel.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([[1.0], [3.0]])
        >>> torch.nn.functional.batch_norm(x, None, None, training=True)
        tensor([[-1.0000],
                [ 1.0000]])
    """
    if training:
        size = input.size()
        _check_more_than_one(size, size[0], size[2:], size)
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if training and eps <= 0.0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if training is True and momentum.__class__ is float and eps.__class__ is float:
        # What needs no parsing.
        return _batch_norm(input, weight, bias, running_mean, running_var, True, momentum, eps, True)
    return _batch_norm_builtin(input, weight, bias, running_mean, running_var, training, momentum, eps, True)


def _check_more_than_one(size: Any, first: int, rest: Any, shown: Any) -> None:
    count = first
    for n in rest:
        count *= n
    if count == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {shown}")


@composite(
    "instance_norm(Tensor self, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    method=False,
)
def _instance_norm(
    self, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled
):
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        return dispatch.call(_instance_evaluating, (self, weight, bias, running_mean, running_var, eps))
    if running_mean is None:
        return dispatch.call(_instance_training, (self, weight, bias, eps))
    args = (self, weight, bias, running_mean, running_var, momentum, eps)
    out, mean, variance = dispatch.call(_instance_tracking, args)
    _write(running_mean, mean, counts=True)
    _write(running_var, variance, counts=True)
    return out


_instance_norm_builtin = builtin("torch", "instance_norm")


@functional()
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample brought to mean 0 and variance 1; see `batch_norm`.

    Ulyanov, Vedaldi and Lempitsky (2016), Instance normalization.

    Args:
        input: (N, C, *).
        running_mean, running_var: (C); written to with `use_input_stats`, else what to normalize by.
        weight, bias: (C), applied afterwards.
        use_input_stats: whether to normalize by each sample's own statistics.
        momentum: how far the running statistics move towards the samples'.
        eps: added to the variance.
    """
    if use_input_stats:
        count = 1
        for n in input.size()[2:]:
            count *= n
        if count == 1:
            raise ValueError(
                f"Expected more than 1 spatial element when training, got input size {input.size()}"
            )
    return _instance_norm_builtin(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True
    )


_layer_norm = declaration.get("layer_norm")
_layer_norm_builtin = builtin("torch", "layer_norm")


@functional()
def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """The last dimensions together brought to mean 0 and variance 1.

    Ba, Kiros and Hinton (2016), Layer normalization.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the sizes of the last dimensions.
        weight, bias: of that shape, applied afterwards.
        eps: added to the variance.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.layer_norm(torch.tensor([[1.0, 3.0]]), (2,))
        tensor([[-1.0000,  1.0000]])
    """
    if normalized_shape.__class__ is tuple and eps.__class__ is float and isinstance(input, Tensor):
        if (weight is None or isinstance(weight, Tensor)) and (bias is None or isinstance(bias, Tensor)):
            return dispatch.call(_layer_norm, (input, normalized_shape, weight, bias, eps, True))
    return _layer_norm_builtin(input, normalized_shape, weight, bias, eps, True)


_group_norm_builtin = builtin("torch", "group_norm")


@functional()
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Groups of channels of each sample brought to mean 0 and variance 1.

    Wu and He (2018), Group normalization.

    Args:
        input: (N, C, *).
        num_groups: how many groups; divides C.
        weight, bias: (C), applied afterwards.
        eps: added to the variance.
    """
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    size = list(input.size())
    shown = [size[0] * size[1] // num_groups, num_groups, *size[2:]]
    _check_more_than_one(size, shown[0], size[2:], shown)
    return _group_norm_builtin(input, num_groups, weight, bias, eps, True)


_rms_norm_builtin = builtin("torch", "rms_norm")


@functional()
def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """The last dimensions together brought to mean square 1: `x / sqrt(mean(x ** 2) + eps) * weight`.

    Zhang and Sennrich (2019), Root mean square layer normalization.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the sizes of the last dimensions.
        weight: of that shape, applied afterwards.
        eps: added to the mean square; the dtype's own epsilon by default.
    """
    return _rms_norm_builtin(input, normalized_shape, weight, eps)
