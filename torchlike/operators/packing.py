"""Sequences of different lengths: side by side with padding, or packed, all first steps, then all second ones.

Where each step lies is two arrays of indices that the host knows: `rows` (T, N), of each step its row in the packed
data or -1, and `places` (S), of each row its position in the padded steps. So each way is a selection, and its gradient
the other one. Indices are inputs of the program: other lengths of the same sum and maximum compile nothing.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from torchlike.errors import missing
from torchlike.operators.declaration import operator
from torchlike.operators.linear_pairs import linear_pair

__all__: list[str] = []


def _spread(rows, places, packed):
    found = packed.at[jnp.maximum(rows, 0)].get(mode="promise_in_bounds")
    present = (rows >= 0).reshape(*rows.shape, *(1,) * (packed.ndim - 1))
    return jnp.where(present, found, jnp.zeros((), packed.dtype))


def _gathered(rows, places, padded):
    return padded.reshape(-1, *padded.shape[2:]).at[places].get(mode="promise_in_bounds")


_ARGUMENTS = "Tensor self, Tensor rows, Tensor places"
_INTERNAL: dict[str, Any] = {
    "namespaces": (),
    "method": False,
    "out": False,
    "aside": ("rows", "places"),
    "saves": (),
}


def _packed(self, rows, places):
    return linear_pair(_gathered, _spread, (rows, places), self)


@operator(f"_packed_input({_ARGUMENTS}) -> Tensor", backward="PackPaddedSequenceBackward0", **_INTERNAL)
def packed_input(self, rows, places):
    """(T, N, *) to (S, *)."""
    return _packed(self, rows, places)


@operator(f"_packed_output({_ARGUMENTS}) -> Tensor", backward="CatBackward0", **_INTERNAL)
def packed_output(self, rows, places):
    """The same of a recurrent layer's output, which PyTorch puts together from its steps."""
    return _packed(self, rows, places)


@operator(f"_padded_input({_ARGUMENTS}) -> Tensor", backward="SplitWithSizesBackward0", **_INTERNAL)
def padded_input(self, rows, places):
    """(S, *) to (T, N, *), with zeros behind the sequences' ends."""
    return linear_pair(_spread, _gathered, (rows, places), self)


@operator(f"_padded_output({_ARGUMENTS}, Scalar value) -> Tensor", backward="CopySlices", **_INTERNAL)
def padded_output(self, rows, places, value):
    """The same with another number behind the ends."""
    present = (rows >= 0).reshape(*rows.shape, *(1,) * (self.ndim - 1))
    spread = linear_pair(_spread, _gathered, (rows, places), self)
    return jnp.where(present, spread, value.astype(self.dtype))


def _check_pad(tensors: tuple, batch_first: bool, left: bool, value: Any) -> None:
    first = tensors[0]
    for t in tensors[1:]:
        if t.ndim != first.ndim:
            raise missing("torch.nn.utils.rnn.pad_sequence of sequences with different numbers of dimensions")
        for i in range(1, t.ndim):
            if t.shape[i] != first.shape[i]:
                raise RuntimeError(
                    f"The size of tensor a ({first.shape[i]}) must match the size of tensor b ({t.shape[i]}) at "
                    f"non-singleton dimension {i}"
                )


@operator(
    "_pad_sequence(Tensor[] tensors, bool batch_first, bool left, Scalar value) -> Tensor",
    check=_check_pad,
    backward="CopySlices",
    saves=(),
    namespaces=(),
    method=False,
    out=False,
)
def pad_sequence(tensors, batch_first, left, value):
    """Sequences of different lengths beside one another."""
    to = tensors[0].dtype
    longest = max(x.shape[0] for x in tensors)
    padded = []
    for x in tensors:
        lack = longest - x.shape[0]
        ends = ((lack, 0) if left else (0, lack), *((0, 0),) * (x.ndim - 1))
        padded.append(jnp.pad(x.astype(to), ends, constant_values=value.astype(to)))
    return jnp.stack(padded, 0 if batch_first else 1)
