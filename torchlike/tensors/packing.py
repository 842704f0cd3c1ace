"""Packed sequences: where each step lies, and the ways between packed and padded data."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import from_host
from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.queries import size_dim
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.views import transpose

__all__ = ["Packing", "on_host", "pack", "pad", "pad_sequence", "sizes_of_steps"]

_PACKED_INPUT, _PACKED_OUTPUT, _PADDED_INPUT, _PADDED_OUTPUT, _PAD_SEQUENCE = (
    declaration.get(name)
    for name in ("_packed_input", "_packed_output", "_padded_input", "_padded_output", "_pad_sequence")
)


def on_host(array: np.ndarray) -> Tensor:
    """A tensor on the CPU."""
    return wrap(from_host(array))


def sizes_of_steps(data: Tensor, batch_sizes: Tensor) -> tuple[int, ...]:
    """How many sequences have each step.

    Raises:
        RuntimeError: the sizes are no int64, or do not fit the data.
    """
    if batch_sizes.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {batch_sizes.dtype.legacy_name}")
    sizes = tuple(batch_sizes._value().numpy().tolist())
    if not sizes or sum(sizes) != size_dim(data, 0):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size_dim(data, 0)} (input tensor's size at "
            f"dimension 0), but got split_sizes={list(sizes)}"
        )
    if any(a < b for a, b in pairwise(sizes)):
        raise missing("packed sequences of which more have a later step than an earlier one")
    return sizes


@lru_cache(maxsize=256)
def _indices(sizes: tuple[int, ...], total: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, places and lengths of sequences, the longest first, with so many steps in all, padding included."""
    batch = sizes[0]
    rows = np.full((total, batch), -1, np.int64)
    start = 0
    for t, size in enumerate(sizes):
        rows[t, :size] = np.arange(start, start + size)
        start += size
    present = rows.reshape(-1) >= 0
    return rows, np.flatnonzero(present), (rows >= 0).sum(0)


class Packing:
    """Where the steps of packed sequences lie.

    Args:
        sizes: how many sequences have each step, from the most to the fewest.
        total: how many steps there are with padding; by default those of the longest sequence.
    """

    def __init__(self, sizes: tuple[int, ...], total: int | None = None) -> None:
        rows, places, lengths = _indices(sizes, len(sizes) if total is None else total)
        self.rows, self.places, self.lengths = on_host(rows), on_host(places), on_host(lengths)

    def padded(self, data: Tensor) -> Tensor:
        """(S, *) to (T, N, *)."""
        return dispatch.call(_PADDED_INPUT, (data, self.rows, self.places))

    def packed(self, output: Tensor) -> Tensor:
        """(T, N, *) to (S, *)."""
        return dispatch.call(_PACKED_OUTPUT, (output, self.rows, self.places))


def pack(input: Tensor, lengths: np.ndarray, batch_first: bool) -> tuple[Tensor, Tensor]:
    """The data of sequences, and how many have each step.

    Args:
        input: (T, N, *), or (N, T, *) with `batch_first`.
        lengths: of the sequences, the longest first.
        batch_first: see `input`.

    Raises:
        RuntimeError: the lengths are not in order, not positive or not as many as sequences.
    """
    if lengths.ndim != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.ndim}D cpu Long tensor"
        )
    if batch_first:
        input = transpose(input, 0, 1)
    batch = size_dim(input, 1)
    if not input.shape.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    if len(lengths) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} (batch_size={batch})"
        )
    if lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if "
            "you do not need ONNX exportability."
        )
    if lengths[0] > input.shape[0]:
        raise missing("torch.nn.utils.rnn.pack_padded_sequence with lengths beyond the input's")
    sizes = (lengths[None, :] > np.arange(lengths[0])[:, None]).sum(1)
    packing = Packing(tuple(sizes.tolist()), input.shape[0])
    data = dispatch.call(_PACKED_INPUT, (input, packing.rows, packing.places))
    return data, on_host(sizes)


def pad(
    data: Tensor, batch_sizes: Tensor, batch_first: bool, value: float, total: int
) -> tuple[Tensor, Tensor]:
    """The sequences side by side, and their lengths; see `torch.nn.utils.rnn.pad_packed_sequence`."""
    packing = Packing(sizes_of_steps(data, batch_sizes), total)
    padded = dispatch.call(_PADDED_OUTPUT, (data, packing.rows, packing.places, value))
    return transpose(padded, 0, 1) if batch_first else padded, packing.lengths


def pad_sequence(sequences: tuple[Any, ...], batch_first: bool, value: float, side: str) -> Tensor:
    """See `torch.nn.utils.rnn.pad_sequence`."""
    for i, x in enumerate(sequences):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {side}.")
    if sequences[0].ndim == 0:
        raise RuntimeError("ArrayRef: invalid slice, N = 1; size = 0")
    return dispatch.call(_PAD_SEQUENCE, (sequences, batch_first, side == "left", value))
