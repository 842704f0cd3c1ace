"""Sequences of different lengths: padded, packed for recurrent networks, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from torchlike.nn.declared import class_text, torch
from torchlike.tensors import packing
from torchlike.tensors.tensor import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence_(NamedTuple):
    """The parts of a `PackedSequence`."""

    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(PackedSequence_):
    """Sequences of different lengths, all first steps, then all second ones and so on: what recurrent networks take.

    `pack_padded_sequence` and `pack_sequence` make them.

    Attributes:
        data: (S, *), S being the sum of the lengths.
        batch_sizes: int64 on the CPU: how many sequences have each step.
        sorted_indices: the order from the longest sequence to the shortest, or None if they came so.
        unsorted_indices: its inverse.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).data
        tensor([1, 3, 2])
    """

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, list | tuple) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence and pack_padded_sequences in "
                "nn.utils.rnn. https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Any, change: Callable[[Any], Any]) -> PackedSequence:
        """Other data, and the indices changed."""
        indices = [None if i is None else change(i) for i in (self.sorted_indices, self.unsorted_indices)]
        return type(self)(data, self.batch_sizes, *indices)

    def pin_memory(self) -> PackedSequence:
        """The same in memory that a GPU can reach."""
        return self._with(self.data.pin_memory(), lambda i: i.pin_memory())

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same with `data.to(...)`; itself if that changes nothing."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._with(data, lambda i: i.to(data.device))

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same on a GPU."""
        return self.to(*args, **{"device": "cuda", **kwargs})

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same on the CPU."""
        return self.to(*args, **{"device": "cpu", **kwargs})

    def double(self) -> PackedSequence:
        """The same in float64."""
        return self.to(dtype=self.data.double().dtype)

    def float(self) -> PackedSequence:
        """The same in float32."""
        return self.to(dtype=self.data.float().dtype)

    def half(self) -> PackedSequence:
        """The same in float16."""
        return self.to(dtype=self.data.half().dtype)

    def long(self) -> PackedSequence:
        """The same in int64."""
        return self.to(dtype=self.data.long().dtype)

    def int(self) -> PackedSequence:
        """The same in int32."""
        return self.to(dtype=self.data.int().dtype)

    def short(self) -> PackedSequence:
        """The same in int16."""
        return self.to(dtype=self.data.short().dtype)

    def char(self) -> PackedSequence:
        """The same in int8."""
        return self.to(dtype=self.data.char().dtype)

    def byte(self) -> PackedSequence:
        """The same in uint8."""
        return self.to(dtype=self.data.byte().dtype)

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether the data is in pinned memory."""
        return self.data.is_pinned()


def invert_permutation(permutation: Any) -> Any:
    """The permutation that takes one back.

    Args:
        permutation: a vector of indices, or None, which is given back.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    places = torch.arange(0, permutation.numel(), device=permutation.device)
    return torch.empty_like(permutation).scatter_(0, permutation, places)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences.

    Args:
        input: (T, N, *), or (N, T, *) with `batch_first`.
        lengths: of the N sequences, as a list or a tensor on the CPU.
        batch_first: see `input`.
        enforce_sorted: whether to insist on the longest being the first, and so on, rather than to sort them.

    Raises:
        RuntimeError: the lengths are not in order, not positive or not as many as sequences.

    Example:
        >>> import torchlike as torch
        >>> padded = torch.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
        >>> packed = torch.nn.utils.rnn.pack_padded_sequence(padded, [2, 1, 3], True, enforce_sorted=False)
        >>> packed.data, packed.batch_sizes
        (tensor([4, 1, 3, 5, 2, 6]), tensor([3, 2, 1]))
    """
    if isinstance(lengths, Tensor):
        counts = lengths._value().numpy().astype(np.int64)
    else:
        counts = np.asarray(lengths, np.int64)
    order = None
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
        order = packing.on_host(order).to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    data, batch_sizes = packing.pack(input, counts, batch_first)
    return PackedSequence(data, batch_sizes, order)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Args:
        sequence: the packed sequences.
        batch_first: whether the result is (N, T, *) rather than (T, N, *).
        padding_value: what to write behind the sequences' ends.
        total_length: T; by default that of the longest sequence.

    Returns:
        The padded sequences in their original order, and their lengths.

    Raises:
        ValueError: the total is less than the longest sequence.

    Example:
        >>> import torchlike as torch
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])])
        >>> torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        (tensor([[1, 2],
                [3, 0]]), tensor([2, 1]))
    """
    total: Any = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < total:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {total}"
            )
        total = total_length
    padded, lengths = packing.pad(sequence.data, sequence.batch_sizes, batch_first, padding_value, total)
    order = sequence.unsorted_indices
    if order is not None:
        return padded.index_select(0 if batch_first else 1, order), lengths[order.cpu()]
    return padded, lengths


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences of different lengths side by side.

    Args:
        sequences: tensors (L, *).
        batch_first: whether the result is (N, T, *) rather than (T, N, *).
        padding_value: what to fill up with.
        padding_side: "right", behind the sequences' ends, or "left", before their beginnings.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
        tensor([[1, 2],
                [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {class_text(type(sequences))}"
        )
    return packing.pad_sequence(tuple(sequences), batch_first, padding_value, padding_side)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Undo `pad_sequence`.

    Args:
        padded_sequences: (T, N, *), which is transposed in place as in PyTorch, or (N, T, *) with `batch_first`.
        lengths: of the N sequences.
        batch_first: see `padded_sequences`.

    Example:
        >>> import torchlike as torch
        >>> padded = torch.tensor([[1, 2], [3, 0]])
        >>> torch.nn.utils.rnn.unpad_sequence(padded, torch.tensor([2, 1]), batch_first=True)
        [tensor([1, 2]), tensor([3])]
    """
    padded: Any = padded_sequences
    if not batch_first:
        padded.transpose_(0, 1)
    steps = torch.arange(padded.shape[1], device=lengths.device)
    rows: Iterable[Any] = zip(padded, lengths, strict=True)
    return [sequence[steps < length] for sequence, length in rows]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths; see `pack_padded_sequence`.

    Args:
        sequences: tensors (L, *).
        enforce_sorted: whether to insist on the longest being the first, and so on, rather than to sort them.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).batch_sizes
        tensor([2, 1])
    """
    lengths = [x.size(0) for x in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo `pack_sequence`.

    Example:
        >>> import torchlike as torch
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])])
        >>> torch.nn.utils.rnn.unpack_sequence(packed)
        [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
