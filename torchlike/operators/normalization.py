"""Normalization by a batch's, a layer's, a group's or an instance's own statistics."""

from __future__ import annotations

import warnings
from math import prod

import jax.numpy as jnp
import numpy as np

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING, in_c
from torchlike.operators.declaration import operator
from torchlike.operators.division import divide, reciprocal_sqrt

__all__: list[str] = []

Axes = tuple[int, ...]


def _wide(x):
    return x.astype(jnp.float32) if x.dtype in (jnp.float16, jnp.bfloat16) else x


def _moments(x, axes: Axes):
    """The mean and the variance over some axes, which stay with size 1; in two passes."""
    count = jnp.asarray(prod(x.shape[a] for a in axes), x.dtype)
    mean = divide(x.sum(axes, keepdims=True), count)
    centered = x - mean
    return mean, divide((centered * centered).sum(axes, keepdims=True), count)


def _affine(x, weight, bias, shape: tuple[int, ...]):
    if weight is not None:
        x = x * _wide(weight).reshape(shape)
    return x if bias is None else x + _wide(bias).reshape(shape)


def _by_channel(x) -> tuple[int, ...]:
    """The shape in which a value for each channel broadcasts to `x`."""
    return (1, -1, *(1,) * (x.ndim - 2))


def _batch_axes(x) -> Axes:
    return (0, *range(2, x.ndim))


def _standardized(x, mean, variance, eps: float):
    return (x - mean) * reciprocal_sqrt(variance + jnp.asarray(eps, variance.dtype))


def _updated(running, new, momentum):
    """The running statistic moved towards a batch's."""
    wide = _wide(running)
    momentum = jnp.asarray(momentum, wide.dtype)
    return (momentum * new.astype(wide.dtype) + (1 - momentum) * wide).astype(running.dtype)


def _unbiased(variance, count: int):
    factor = np.float64(count) / np.float64(count - 1) if count > 1 else np.float64(np.nan)
    return variance * jnp.asarray(factor, variance.dtype)


def _check_mixed(input: Aval, **parameters: Aval | None) -> None:
    """Raise if the parameters' types do not go with the input's: theirs, or float32 for a half type."""
    given = [p for p in parameters.values() if p is not None]
    if not given:
        return
    if given[0].dtype is not input.dtype:
        if any(p.dtype is not dtypes.float32 for p in given):
            raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
        if input.dtype not in (dtypes.float16, dtypes.bfloat16):
            raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    for p in given[1:]:
        if p.dtype is not given[0].dtype:
            raise RuntimeError(
                f"expected scalar type {given[0].dtype.legacy_name} but found {p.dtype.legacy_name}"
            )


def _check_elements(count: int, **parameters: Aval | None) -> None:
    for name, p in parameters.items():
        if p is not None and p.shape.numel() != count:
            raise RuntimeError(f"{name} should contain {count} elements not {p.shape.numel()}")


def _check_batch(
    input: Aval, weight: Aval | None, bias: Aval | None, mean: Aval | None, var: Aval | None, *rest: object
) -> None:
    channels = input.shape[1] if input.ndim > 1 else 0
    _check_elements(channels, running_mean=mean, running_var=var, weight=weight, bias=bias)
    if input.dtype not in FLOATING:
        raise NotImplementedError(f"\"batch_norm\" not implemented for '{input.dtype.legacy_name}'")
    _check_mixed(input, weight=weight, bias=bias, running_mean=mean, running_var=var)


_BATCH = "Tensor self, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var"
_STATISTICS = ("running_mean", "running_var")


@operator(
    f"_batch_norm_evaluating({_BATCH}, float eps) -> Tensor",
    check=_check_batch,
    aside=_STATISTICS,
    backward="NativeBatchNormBackward0",
    namespaces=(),
    method=False,
    out=False,
    saves=("self", "weight", "running_mean", "running_var"),
    strides="channels_last",
)
def batch_norm_evaluating(self, weight, bias, running_mean, running_var, eps):
    """Normalized by the running statistics."""
    shape = _by_channel(self)
    x, mean, variance = _wide(self), _wide(running_mean), _wide(running_var)
    y = _standardized(x, mean.reshape(shape), variance.reshape(shape), eps)
    return _affine(y, weight, bias, shape).astype(self.dtype)


def _batch(self, weight, bias, eps):
    x = _wide(self)
    mean, variance = _moments(x, _batch_axes(x))
    y = _affine(_standardized(x, mean, variance, eps), weight, bias, _by_channel(x))
    return y.astype(self.dtype), mean, variance


@operator(
    "_batch_norm_training(Tensor self, Tensor? weight, Tensor? bias, float eps) -> Tensor",
    check=lambda self, weight, bias, eps: _check_batch(self, weight, bias, None, None),
    backward="NativeBatchNormBackward0",
    namespaces=(),
    method=False,
    out=False,
    saves=("self", "weight"),
    strides="channels_last",
)
def batch_norm_training(self, weight, bias, eps):
    """Normalized by the batch's own statistics."""
    return _batch(self, weight, bias, eps)[0]


@operator(
    f"_batch_norm_tracking({_BATCH}, Scalar momentum, float eps) -> (Tensor, Tensor, Tensor)",
    check=_check_batch,
    aside=_STATISTICS,
    backward="NativeBatchNormBackward0",
    namespaces=(),
    method=False,
    out=False,
    saves=("self", "weight"),
    strides="channels_last",
)
def batch_norm_tracking(self, weight, bias, running_mean, running_var, momentum, eps):
    """The same, and the running statistics moved towards the batch's."""
    y, mean, variance = _batch(self, weight, bias, eps)
    unbiased = _unbiased(variance, self.size // self.shape[1])
    return (
        y,
        _updated(running_mean, mean.reshape(running_mean.shape), momentum),
        _updated(running_var, unbiased.reshape(running_var.shape), momentum),
    )


def _check_instance(
    input: Aval, weight: Aval | None, bias: Aval | None, mean: Aval | None, var: Aval | None, *rest: object
) -> None:
    batch, channels = input.shape[0], input.shape[1]
    # PyTorch repeats what is given for each sample and then speaks of all of them.
    given = {"running_mean": mean, "running_var": var, "weight": weight, "bias": bias}
    for name, p in given.items():
        if p is not None and p.shape.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {batch * channels} elements not {batch * p.shape.numel()}"
            )
    _check_batch(input, weight, bias, mean, var)


def _instance(self, weight, bias, eps):
    x = _wide(self)
    mean, variance = _moments(x, tuple(range(2, x.ndim)))
    y = _affine(_standardized(x, mean, variance, eps), weight, bias, _by_channel(x))
    return y.astype(self.dtype), mean, variance


@operator(
    "_instance_norm_training(Tensor self, Tensor? weight, Tensor? bias, float eps) -> Tensor",
    check=lambda self, weight, bias, eps: _check_instance(self, weight, bias, None, None),
    backward="ViewBackward0",
    namespaces=(),
    method=False,
    out=False,
)
def instance_norm_training(self, weight, bias, eps):
    """Each sample's channels normalized by their own statistics."""
    return _instance(self, weight, bias, eps)[0]


@operator(
    f"_instance_norm_tracking({_BATCH}, Scalar momentum, float eps) -> (Tensor, Tensor, Tensor)",
    check=_check_instance,
    aside=_STATISTICS,
    backward="ViewBackward0",
    namespaces=(),
    method=False,
    out=False,
)
def instance_norm_tracking(self, weight, bias, running_mean, running_var, momentum, eps):
    """The same, and the running statistics moved towards the samples' on average."""
    y, mean, variance = _instance(self, weight, bias, eps)
    unbiased = _unbiased(variance, prod(self.shape[2:]))
    return (
        y,
        _updated(running_mean, mean.mean(0).reshape(running_mean.shape), momentum),
        _updated(running_var, unbiased.mean(0).reshape(running_var.shape), momentum),
    )


@operator(
    f"_instance_norm_evaluating({_BATCH}, float eps) -> Tensor",
    check=_check_instance,
    aside=_STATISTICS,
    backward="ViewBackward0",
    namespaces=(),
    method=False,
    out=False,
)
def instance_norm_evaluating(self, weight, bias, running_mean, running_var, eps):
    """Normalized by the running statistics."""
    return batch_norm_evaluating(self, weight, bias, running_mean, running_var, eps)


def _check_shape(input: Aval, shape: Axes, star: str, **parameters: Aval | None) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            "but got normalized_shape = []"
        )
    for name, p in parameters.items():
        if p is not None and tuple(p.shape) != tuple(shape):
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(p.shape)} and normalized_shape = {list(shape)}"
            )
    if input.ndim < len(shape) or tuple(input.shape[-len(shape) :]) != tuple(shape):
        shown = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{star}{shown}], but got "
            f"input of size{list(input.shape)}"
        )


def _check_layer(
    input: Aval, normalized_shape: Axes, weight: Aval | None, bias: Aval | None, *rest: object
) -> None:
    _check_shape(input, normalized_shape, ", ", weight=weight, bias=bias)
    _check_mixed(input, weight=weight, bias=bias)
    if input.dtype not in FLOATING:
        raise NotImplementedError(f"\"LayerNormKernelImpl\" not implemented for '{input.dtype.legacy_name}'")


@operator(
    "layer_norm(Tensor self, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float "
    "eps=1e-05, bool cudnn_enable=True) -> Tensor",
    check=_check_layer,
    backward="NativeLayerNormBackward0",
    method=False,
    out=False,
    saves=("self", "weight", "bias"),
)
def layer_norm(self, normalized_shape, weight, bias, eps, cudnn_enable):
    """Normalized over the last dimensions; which library a GPU would use makes no difference here."""
    x = _wide(self)
    if not x.size:
        return self
    mean, variance = _moments(x, tuple(range(x.ndim - len(normalized_shape), x.ndim)))
    y = _standardized(x, mean, variance, eps)
    return _affine(y, weight, bias, tuple(normalized_shape)).astype(self.dtype)


def _check_group(input: Aval, num_groups: int, weight: Aval | None, bias: Aval | None, *rest: object) -> None:
    shape = list(input.shape)
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{shape} and num_groups={num_groups}"
        )
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and (p.ndim != 1 or p.shape[0] != shape[1]):
            # PyTorch shows the weight's shape for either.
            found = p if weight is None else weight
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got "
                f"{name} of shape {list(found.shape)} and input of shape {shape}"
            )
    _check_mixed(input, weight=weight, bias=bias)
    if input.dtype not in FLOATING:
        raise NotImplementedError(f"\"GroupNormKernelImpl\" not implemented for '{input.dtype.legacy_name}'")


@operator(
    "group_norm(Tensor self, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, "
    "bool cudnn_enabled=True) -> Tensor",
    check=_check_group,
    backward="NativeGroupNormBackward0",
    method=False,
    out=False,
    saves=("self", "weight"),
    strides="channels_last",
)
def group_norm(self, num_groups, weight, bias, eps, cudnn_enabled):
    """Normalized over groups of channels; which library a GPU would use makes no difference here."""
    if not self.size:
        return self
    x = _wide(self)
    grouped = x.reshape(x.shape[0], num_groups, -1)
    mean, variance = _moments(grouped, (2,))
    y = _standardized(grouped, mean, variance, eps).reshape(x.shape)
    return _affine(y, weight, bias, _by_channel(x)).astype(self.dtype)


def _check_rms(input: Aval, normalized_shape: Axes, weight: Aval | None, eps: float | None) -> None:
    _check_shape(input, normalized_shape, "", weight=weight)
    if input.dtype not in FLOATING and not input.dtype.is_complex:
        raise NotImplementedError(f"\"rms_norm\" not implemented for '{input.dtype.legacy_name}'")
    if weight is not None and weight.dtype is not input.dtype:
        warnings.warn(
            f"Mismatch dtype between input and weight: input dtype = {in_c(input.dtype)}, weight dtype = "
            f"{in_c(weight.dtype)}, Cannot dispatch to fused implementation.",
            stacklevel=2,
        )


def _rms_node(input: Aval, weight: Aval | None = None, *rest: object) -> str:
    narrow = input.dtype in (dtypes.float16, dtypes.bfloat16)
    wide = dtypes.float32 if narrow else input.dtype
    if weight is not None:
        wide = dtypes.promote_types(wide, weight.dtype)
    return "MulBackward0" if wide is input.dtype else "ToCopyBackward0"


@operator(
    "rms_norm(Tensor self, int[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor",
    check=_check_rms,
    backward=_rms_node,
    method=False,
    out=False,
)
def rms_norm(self, normalized_shape, weight, eps):
    """Divided by the root of the mean square over the last dimensions."""
    x = _wide(self)
    axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    count = jnp.asarray(prod(normalized_shape), x.dtype)
    if eps is None:
        eps = float(jnp.finfo(x.dtype).eps)
    square = divide((x * x).sum(axes, keepdims=True), count) + jnp.asarray(eps, x.dtype)
    y = x * reciprocal_sqrt(square)
    return (y if weight is None else y * weight).astype(self.dtype)
