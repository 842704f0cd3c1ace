"""The leaky rectifier with a slope of its own for each element, or with one for all."""

from __future__ import annotations

import jax.numpy as jnp

from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import operator

__all__: list[str] = []


@operator(
    "_rrelu_drawn(Tensor self, Tensor slopes) -> Tensor",
    inplace=True,
    aside=("slopes",),
    kernel="rrelu_with_noise_out_cpu",
    accepts=FLOATING,
    namespaces=(),
    method=False,
    out=False,
    backward="RreluWithNoiseBackward0",
)
def rrelu_drawn(self, slopes):
    return self * slopes


@operator(
    "_rrelu_evaluating(Tensor self, float slope) -> Tensor",
    promote="same",
    strides="contiguous",
    inplace=True,
    kernel="leaky_relu_cpu",
    accepts=FLOATING,
    namespaces=(),
    method=False,
    out=False,
    backward="RreluWithNoiseBackward0",
)
def rrelu_evaluating(self, slope):
    return jnp.where(self > 0, self, self * jnp.asarray(slope, self.dtype))
