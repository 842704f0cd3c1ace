"""`rrelu`: the leaky rectifier whose slope is drawn for each element while training."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import from_host
from torchlike.operators import declaration
from torchlike.tensors import dispatch, draw_uniform, writes
from torchlike.tensors.composite import composite
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.sampling import generator_of
from torchlike.tensors.tensor import Tensor, wrap

__all__: list[str] = []

_ARGUMENTS = (
    "float lower=0.125, float upper=0.3333333333333333, bool training=False, any generator=None) -> Tensor"
)


def _apply(self: Tensor, lower: float, upper: float, training: bool, generator: Any, inplace: bool) -> Tensor:
    for name, bound in (("lower", lower), ("upper", upper)):
        if not isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound:g}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    run = writes.call_inplace if inplace else dispatch.call
    if not training:
        return run(declaration.get("_rrelu_evaluating"), (self, (lower + upper) / 2))
    if self.dtype.category != 2:
        raise NotImplementedError(
            f"\"rrelu_with_noise_out_cpu\" not implemented for '{self.dtype.legacy_name}'"
        )
    # One double for each element that is not positive, in order, between bounds of the tensor's own type.
    low, high = (float(self.dtype.np.type(bound)) for bound in (lower, upper))
    below = self._value().numpy() <= 0
    slopes = np.ones(below.shape, np.float64)
    count = (int(np.count_nonzero(below)),)
    slopes[below] = draw_uniform.uniform(generator_of("rrelu", generator), count, dtypes.float64, low, high)
    drawn = wrap(from_host(slopes.astype(self.dtype.np), self.device))
    return run(declaration.get("_rrelu_drawn"), (self, drawn))


@composite(f"rrelu(Tensor self, {_ARGUMENTS}", method=False)
def rrelu(self: Tensor, lower: float, upper: float, training: bool, generator: Any) -> Tensor:
    return _apply(self, lower, upper, training, generator, False)


@composite(f"rrelu_(Tensor self, {_ARGUMENTS}", method=False)
def rrelu_(self: Tensor, lower: float, upper: float, training: bool, generator: Any) -> Tensor:
    return _apply(self, lower, upper, training, generator, True)


_plain, _inplace = builtin("torch", "rrelu"), builtin("torch", "rrelu_")


@functional("rrelu")
def _rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """`x` where positive, else `a * x`; `a` is drawn evenly between two bounds in training, else their mean.

    Args:
        input: a floating tensor.
        lower, upper: the bounds of the slope.
        training: whether to draw.
        inplace: whether to write into the input.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.rrelu(torch.tensor([-1.0, 2.0]), 0.5, 1.0)
        tensor([-0.7500,  2.0000])
    """
    return (_inplace if inplace else _plain)(input, lower, upper, training)


functional("rrelu_")(_inplace)
