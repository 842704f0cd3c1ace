"""Dropout with a mask that was drawn before.

The mask is the program's input, one byte an element; what it is multiplied by is rounded where PyTorch
rounds.
"""

from __future__ import annotations

import jax.numpy as jnp

from torchlike.engine import Aval
from torchlike.operators.declaration import operator

__all__: list[str] = []

# scale * alpha of the SELU: minus the value that it takes at minus infinity.
_SELU_LIMIT = 1.7580993408473766


def _check(self: Aval, mask: Aval, *rest: object) -> None:
    if self.dtype.is_complex:
        raise NotImplementedError(f"\"bernoulli_scalar_cpu_\" not implemented for '{self.dtype.legacy_name}'")
    if self.dtype.category < 2:
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {self.dtype.legacy_name}"
        )


def _dropped(self, mask, factor):
    # A product, not a choice: what is not finite stays so.
    return self * jnp.where(mask, jnp.asarray(factor, self.dtype), jnp.zeros((), self.dtype))


# With one sample's channels to drop, PyTorch adds a batch dimension and takes it away again.
for _name, _node in (
    ("_dropout", ("MulBackward0", "self")),
    ("_dropout_unbatched", ("SqueezeBackward1", ("MulBackward0", ("UnsqueezeBackward0", "self")))),
):
    operator(
        f"{_name}(Tensor self, Tensor mask, Scalar factor) -> Tensor",
        check=_check,
        aside=("mask",),
        strides="elementwise",
        backward=lambda *_, _node=_node: _node,
        namespaces=(),
        method=False,
        out=False,
    )(_dropped)


@operator(
    "_alpha_dropout(Tensor self, Tensor mask, float p) -> Tensor",
    check=_check,
    aside=("mask",),
    strides="elementwise",
    backward=lambda *_: ("AddBackward0", ("MulBackward0", "self")),
    namespaces=(),
    method=False,
    out=False,
)
def alpha_dropout(self, mask, p):
    """`a * x * mask + b`, with `a` and `b` such that a standard normal input stays one behind a SELU."""
    a = 1.0 / ((_SELU_LIMIT**2 * p + 1) * (1 - p)) ** 0.5

    def number(x):
        return jnp.asarray(x, self.dtype)

    shift = number(_SELU_LIMIT * a * p)
    b = jnp.where(mask, number(0) + shift, -number(_SELU_LIMIT * a) + shift)
    return self * jnp.where(mask, number(a), number(0)) + b
