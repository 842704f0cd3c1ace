"""Convolutions whose padding is given by name: "same" or "valid"."""

from __future__ import annotations

import warnings
from typing import Any

from torchlike.operators import declaration
from torchlike.operators.convolution_checks import check_ndim
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

Ints = tuple[int, ...]

# PyTorch says it once in a process.
_warned = False


def _same_pads(input_shape: Ints, weight_shape: Ints, stride: Ints, dilation: Ints, groups: int) -> tuple:
    """Zeros before and after each dimension that keep the size.

    Raises:
        RuntimeError: PyTorch's errors for what has no such padding.
    """
    k, dims = len(weight_shape), len(weight_shape) - 2
    if dims <= 0:
        raise RuntimeError("weight should have at least three dimensions")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if k != len(input_shape):
        raise RuntimeError(
            f"Expected {k}-dimensional input for {k}-dimensional weight{list(weight_shape)}, but got "
            f"{len(input_shape)}-dimensional input of size {list(input_shape)} instead"
        )
    for name, values in (("stride", stride), ("dilation", dilation)):
        if len(values) not in (1, dims):
            raise RuntimeError(f"{name} cannot broadcast to {dims} dimensions")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    spread = dilation * dims if len(dilation) == 1 else dilation
    totals = [d * (n - 1) for d, n in zip(spread, weight_shape[2:], strict=True)]
    return tuple((t // 2, t - t // 2) for t in totals)


def _convolve(
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Ints,
    padding: Any,
    dilation: Ints,
    groups: int,
) -> Any:
    global _warned
    check_ndim(f"conv{dims}d", input.shape, dims)
    if padding == "valid":
        zero = (0,) * dims
        return dispatch.call(
            declaration.get(f"conv{dims}d"), (input, weight, bias, stride, zero, dilation, groups)
        )
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    shape = tuple(input.shape) if input.ndim == dims + 2 else (1, *input.shape)
    pads = _same_pads(shape, tuple(weight.shape), stride, dilation, groups)
    if all(a == b for a, b in pads):
        padding = tuple([a for a, _ in pads])
        return dispatch.call(
            declaration.get(f"conv{dims}d"), (input, weight, bias, stride, padding, dilation, groups)
        )
    if not _warned:
        _warned = True
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy "
            "of the "
            "input be created",
            stacklevel=4,
        )
    op = declaration.get("_convolution_padded")
    return dispatch.call(op, (input, weight, bias, stride, pads, dilation, groups))


_SCHEMA = (
    'conv{n}d.padding(Tensor self, Tensor weight, Tensor? bias=None, int[{n}] stride=1, str padding="valid", '
    "int[{n}] dilation=1, int groups=1) -> Tensor"
)


@composite(_SCHEMA.format(n=1), namespaces=("torch", "nn.functional"), method=False)
def conv1d(self, weight, bias, stride, padding, dilation, groups):
    return _convolve(1, self, weight, bias, stride, padding, dilation, groups)


@composite(_SCHEMA.format(n=2), namespaces=("torch", "nn.functional"), method=False)
def conv2d(self, weight, bias, stride, padding, dilation, groups):
    return _convolve(2, self, weight, bias, stride, padding, dilation, groups)


@composite(_SCHEMA.format(n=3), namespaces=("torch", "nn.functional"), method=False)
def conv3d(self, weight, bias, stride, padding, dilation, groups):
    return _convolve(3, self, weight, bias, stride, padding, dilation, groups)
