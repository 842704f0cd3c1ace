"""Summing a broadcast away: the gradient of an expansion."""

from __future__ import annotations

from torchlike.operators.declaration import operator

__all__: list[str] = []


@operator(
    "_sum_to_size(Tensor self, int[] size) -> Tensor",
    method=False,
    namespaces=(),
    out=False,
    backward="ExpandBackward0",
)
def sum_to_size(self, size):
    lead = self.ndim - len(size)
    dims = [i for i in range(self.ndim) if i < lead or (size[i - lead] == 1 != self.shape[i])]
    return self.sum(axis=tuple(dims), keepdims=True).reshape(size)
