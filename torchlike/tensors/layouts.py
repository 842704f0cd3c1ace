"""`layout` and `memory_format`: how PyTorch names the arrangement of a tensor's memory.

XLA lays memory out as it likes; here they decide strides, which programs may ask for.
"""

from __future__ import annotations

from collections.abc import Sequence

from torchlike.errors import missing
from torchlike.tensors.geometry import channels_last_strides, elementwise_strides, is_dense
from torchlike.tensors.storage import contiguous_strides

__all__ = [
    "channels_last",
    "channels_last_3d",
    "check_strided",
    "contiguous_format",
    "format_strides",
    "is_in_format",
    "layout",
    "memory_format",
    "preserve_format",
    "sparse_coo",
    "strided",
]


class _Named:
    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> tuple:
        return (_by_name, (self._name,))


class layout(_Named):
    """The kind of storage: `torch.strided`, or one of PyTorch's sparse kinds, which torchlike does not have."""

    __slots__ = ()


class memory_format(_Named):
    """An order of the dimensions in memory: `torch.contiguous_format`, `torch.channels_last`, ..."""

    __slots__ = ()


strided = layout("strided")
sparse_coo = layout("sparse_coo")
sparse_csr = layout("sparse_csr")
sparse_csc = layout("sparse_csc")
sparse_bsr = layout("sparse_bsr")
sparse_bsc = layout("sparse_bsc")
jagged = layout("jagged")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")

_NAMES = {
    x._name: x
    for x in (
        strided,
        sparse_coo,
        sparse_csr,
        sparse_csc,
        sparse_bsr,
        sparse_bsc,
        jagged,
        contiguous_format,
        preserve_format,
        channels_last,
        channels_last_3d,
    )
}


def _by_name(name: str) -> _Named:
    return _NAMES[name]


def check_strided(name: str, given: layout | None) -> None:
    """Refuse the layouts that torchlike does not have.

    Raises:
        NotImplementedError: a sparse layout.
    """
    if given is not None and given is not strided:
        raise missing(f"torch.{name}(layout={given!r})", "torch.strided, the default")


def format_strides(
    format: memory_format | None, shape: Sequence[int], strides: Sequence[int]
) -> tuple[int, ...] | None:
    """The strides of a fresh tensor made in a memory format, or None if it is contiguous.

    Args:
        format: the format; None means `preserve_format`.
        shape, strides: those of the tensor that is copied or imitated.

    Raises:
        RuntimeError: the format needs another number of dimensions.
    """
    shape = tuple(shape)
    if format is None or format is preserve_format:
        if is_dense(shape, strides):
            found: tuple[int, ...] | None = tuple(strides)
        else:
            found = elementwise_strides(shape, [(shape, tuple(strides))])
    elif format is contiguous_format:
        return None
    else:
        found = _last_strides(format, shape)
    return None if found == contiguous_strides(shape) else found


def _last_strides(format: memory_format, shape: tuple[int, ...]) -> tuple[int, ...]:
    rank = 4 if format is channels_last else 5
    if len(shape) != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {format._name} format")
    return channels_last_strides(shape)


def is_in_format(format: memory_format, shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether a tensor of this geometry is contiguous in `channels_last` or `channels_last_3d`."""
    rank = 4 if format is channels_last else 5
    if len(shape) != rank:
        return False
    expected = 1
    for dim in (1, *range(rank - 1, 1, -1), 0):
        if shape[dim] != 1:
            if strides[dim] != expected:
                return False
            expected *= shape[dim]
    return True
