"""`Size`: the tuple that a tensor's shape is."""

from __future__ import annotations

from math import prod

__all__ = ["Size"]


class Size(tuple):
    """A shape: a tuple of ints that prints as PyTorch's and counts its elements.

    Example:
        >>> import torchlike as torch
        >>> torch.zeros(2, 3).shape
        torch.Size([2, 3])
        >>> torch.Size([2, 3]).numel()
        6
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return prod(self)

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if type(index) is slice else found

    def __add__(self, other):
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {other.__class__.__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {other.__class__.__name__}) to torch.Size")
        return Size(tuple.__add__(other, self))

    def __mul__(self, count):
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __reduce__(self) -> tuple:
        return (Size, (tuple(self),))
