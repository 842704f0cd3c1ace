"""`torch.nn.functional.embedding`, whose arguments stand in another order than `torch.embedding`'s."""

from __future__ import annotations

from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_EMBEDDING = declaration.get("embedding")


@composite(
    "embedding.functional(Tensor input, Tensor weight, int? padding_idx=None, float? max_norm=None, "
    "float norm_type=2.0, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
    namespaces=("nn.functional",),
    method=False,
)
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None,
    max_norm: float | None,
    norm_type: float,
    scale_grad_by_freq: bool,
    sparse: bool,
) -> Tensor:
    """The rows of a table: `weight[input]`.

    Args:
        input: (*) of int64 or int32, indices of rows.
        weight: (rows, width), the table.
        padding_idx: a row that gets no gradient.
        max_norm, norm_type: to which rows read would be scaled down in place; not there yet.
        scale_grad_by_freq: divide a row's gradient by how often it was read.
        sparse: sparse gradients; not there yet.

    Returns:
        (*, width).

    Raises:
        AssertionError: `padding_idx` is no row.
        IndexError: an index is out of range.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.embedding(torch.tensor([1, 0]), torch.tensor([[1.0], [2.0]]))
        tensor([[2.],
                [1.]])
    """
    if padding_idx is None:
        padding_idx = -1
    else:
        rows = weight.shape[0]
        if padding_idx > 0:
            assert padding_idx < rows, "Padding_idx must be within num_embeddings"
        elif padding_idx < 0:
            assert padding_idx >= -rows, "Padding_idx must be within num_embeddings"
            padding_idx += rows
    if max_norm is not None:
        raise missing("torch.nn.functional.embedding(max_norm=...)", "weight.renorm_() before the call")
    return dispatch.call(_EMBEDDING, (weight, input, padding_idx, scale_grad_by_freq, sparse))
