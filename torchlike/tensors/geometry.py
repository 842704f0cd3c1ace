"""Strides as PyTorch would have them: metadata only, since XLA lays memory out as it likes."""

from __future__ import annotations

from collections.abc import Sequence

from torchlike.tensors.storage import contiguous_strides

__all__ = [
    "channels_last_strides",
    "elementwise_strides",
    "is_contiguous",
    "is_dense",
    "iterated_strides",
    "suggests_channels_last",
]


def is_contiguous(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the elements lie in row-major order without gaps."""
    if 0 in shape:
        return True
    expected = 1
    for n, s in zip(reversed(shape), reversed(strides), strict=True):
        if n != 1:
            if s != expected:
                return False
            expected *= n
    return True


def is_dense(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the elements fill a block of memory in some order of the dimensions, none overlapping."""
    if 0 in shape:
        return True
    expected = 1
    for s, n in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if s != expected:
            return False
        expected *= n
    return True


def elementwise_strides(
    out_shape: tuple[int, ...], operands: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
) -> tuple[int, ...] | None:
    """The strides of a pointwise result, or None if it is contiguous.

    PyTorch's iterator orders the dimensions by the operands' strides, the first operand deciding where they differ,
    and allocates the result densely in that order.

    Args:
        out_shape: the result's shape.
        operands: each tensor operand's shape and strides.
    """
    n = len(out_shape)
    same = [strides for shape, strides in operands if tuple(shape) == tuple(out_shape)]
    if len(same) == len(operands):
        if all(is_contiguous(out_shape, s) for s in same):
            return None
        if all(s == same[0] for s in same) and is_dense(out_shape, same[0]):
            return None if same[0] == contiguous_strides(out_shape) else same[0]
    # Strides of broadcast dimensions are 0.
    padded = []
    for shape, strides in operands:
        lead = n - len(shape)
        padded.append(
            tuple(
                0 if i < lead or shape[i - lead] == 1 != out_shape[i] else strides[i - lead] for i in range(n)
            )
        )
    return iterated_strides(tuple(out_shape), padded)


def iterated_strides(out_shape: tuple[int, ...], padded: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The strides that PyTorch's iterator gives a result, or None if it is contiguous.

    Args:
        out_shape: the result's shape.
        padded: per operand its strides in the result's dimensions, 0 where it is broadcast.
    """
    n = len(out_shape)

    def swap(dim0: int, dim1: int) -> int:
        for s in padded:
            a, b = s[dim0], s[dim1]
            if a == 0 or b == 0:
                continue
            if a != b:
                return -1 if a < b else 1
            if out_shape[dim0] > out_shape[dim1]:
                return 1
        return 0

    # Fastest-moving first; insertion sort as the comparison is not a total order.
    order = list(range(n - 1, -1, -1))
    for i in range(1, n):
        dim1 = i
        for dim0 in range(i - 1, -1, -1):
            comparison = swap(order[dim0], order[dim1])
            if comparison > 0:
                order[dim0], order[dim1] = order[dim1], order[dim0]
                dim1 = dim0
            elif comparison < 0:
                break
    strides, step = [0] * n, 1
    for dim in order:
        strides[dim] = step
        step *= max(out_shape[dim], 1)
    result = tuple(strides)
    return None if result == contiguous_strides(out_shape) else result


def channels_last_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of images, (N, C, H, W), or volumes, (N, C, D, H, W), with the channels moving fastest."""
    strides, step = [0] * len(shape), 1
    for dim in (1, *range(len(shape) - 1, 1, -1), 0):
        strides[dim] = step
        step *= max(shape[dim], 1)
    return tuple(strides)


def suggests_channels_last(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether PyTorch takes images or volumes of this geometry to have their channels last; in doubt it does not."""
    if len(shape) not in (4, 5) or strides[1] == 0:
        return False
    least = 0
    for dim in (1, *range(len(shape) - 1, 1, -1), 0):
        if shape[dim] == 0 or strides[dim] < least or (dim == 0 and least == strides[1]):
            return False
        least = strides[dim] * shape[dim]
    return True
