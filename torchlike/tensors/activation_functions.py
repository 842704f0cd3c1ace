"""The activations of `torch.nn.functional` that may write into their input."""

from __future__ import annotations

from typing import Any

from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []


def _apply(name: str, inplace: bool, *args: Any) -> Tensor:
    run = dispatch.call_inplace if inplace else dispatch.call
    return run(declaration.get(name), args)


def _functional(schema: str) -> Any:
    return composite(schema, namespaces=("nn.functional",), method=False)


@_functional("relu(Tensor input, bool inplace=False) -> Tensor")
def relu(input: Tensor, inplace: bool) -> Tensor:
    return _apply("relu", inplace, input)


@_functional("relu6(Tensor input, bool inplace=False) -> Tensor")
def relu6(input: Tensor, inplace: bool) -> Tensor:
    return _apply("hardtanh", inplace, input, 0.0, 6.0)


@_functional("leaky_relu(Tensor input, Scalar negative_slope=0.01, bool inplace=False) -> Tensor")
def leaky_relu(input: Tensor, negative_slope: float, inplace: bool) -> Tensor:
    return _apply("leaky_relu", inplace, input, negative_slope)


@_functional("elu(Tensor input, Scalar alpha=1.0, bool inplace=False) -> Tensor")
def elu(input: Tensor, alpha: float, inplace: bool) -> Tensor:
    return _apply("elu", inplace, input, alpha, *declaration.get("elu").defaults[2:])


@_functional("selu(Tensor input, bool inplace=False) -> Tensor")
def selu(input: Tensor, inplace: bool) -> Tensor:
    return _apply("selu", inplace, input)


@_functional("celu(Tensor input, Scalar alpha=1.0, bool inplace=False) -> Tensor")
def celu(input: Tensor, alpha: float, inplace: bool) -> Tensor:
    return _apply("celu", inplace, input, alpha)


@_functional("silu(Tensor input, bool inplace=False) -> Tensor")
def silu(input: Tensor, inplace: bool) -> Tensor:
    return _apply("silu", inplace, input)


@_functional("mish(Tensor input, bool inplace=False) -> Tensor")
def mish(input: Tensor, inplace: bool) -> Tensor:
    return _apply("mish", inplace, input)


@_functional("hardtanh(Tensor input, Scalar min_val=-1.0, Scalar max_val=1.0, bool inplace=False) -> Tensor")
def hardtanh(input: Tensor, min_val: float, max_val: float, inplace: bool) -> Tensor:
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _apply("hardtanh", inplace, input, min_val, max_val)


@_functional("hardswish(Tensor input, bool inplace=False) -> Tensor")
def hardswish(input: Tensor, inplace: bool) -> Tensor:
    return _apply("hardswish", inplace, input)


@_functional("hardsigmoid(Tensor input, bool inplace=False) -> Tensor")
def hardsigmoid(input: Tensor, inplace: bool) -> Tensor:
    return _apply("hardsigmoid", inplace, input)


@_functional("threshold(Tensor input, Scalar threshold, Scalar value, bool inplace=False) -> Tensor")
def threshold(input: Tensor, threshold: float, value: float, inplace: bool) -> Tensor:
    return _apply("threshold", inplace, input, threshold, value)


@_functional("relu_(Tensor input) -> Tensor")
def relu_(input: Tensor) -> Tensor:
    return _apply("relu", True, input)


@_functional("selu_(Tensor input) -> Tensor")
def selu_(input: Tensor) -> Tensor:
    return _apply("selu", True, input)


@_functional("celu_(Tensor input, Scalar alpha=1.0) -> Tensor")
def celu_(input: Tensor, alpha: float) -> Tensor:
    return _apply("celu", True, input, alpha)


@_functional("threshold_(Tensor input, Scalar threshold, Scalar value) -> Tensor")
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    return _apply("threshold", True, input, threshold, value)
