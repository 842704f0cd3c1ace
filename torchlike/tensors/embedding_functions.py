"""Embeddings as `torch.nn.functional` has them, and `one_hot`."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.tensors import dispatch, writes
from torchlike.tensors.composite import composite
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_embedding = declaration.get("embedding")
_renorm = declaration.get("_embedding_renorm")
_builtin = builtin("torch", "embedding")


def _row(padding_idx: int | None, rows: int) -> int:
    """A padding row counted from the front, or -1 for none."""
    if padding_idx is None:
        return -1
    if padding_idx > 0:
        assert padding_idx < rows, "Padding_idx must be within num_embeddings"
    elif padding_idx < 0:
        assert padding_idx >= -rows, "Padding_idx must be within num_embeddings"
        padding_idx += rows
    return padding_idx


def _scale_down(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    new = dispatch.call(_renorm, (weight, input, float(max_norm), float(norm_type)))
    writes.write(weight, new._value(), None)


@functional()
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of a table: `weight[input]`.

    Args:
        input: (*) of int64 or int32, indices of rows.
        weight: (rows, width), the table.
        padding_idx: a row that gets no gradient.
        max_norm, norm_type: the rows that are read are first scaled down in place to this norm.
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
    row = -1 if padding_idx is None else _row(padding_idx, weight.size(0))
    if max_norm is not None:
        _scale_down(weight, input, max_norm, norm_type)
    if isinstance(input, Tensor) and isinstance(weight, Tensor):
        return dispatch.call(_embedding, (weight, input, row, scale_grad_by_freq, sparse))
    return _builtin(weight, input, row, scale_grad_by_freq, sparse)


_bag = declaration.get("_embedding_bag")
_begin = builtin("torch", "arange")


@functional()
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of rows of a table, without the rows themselves.

    Args:
        input: indices of rows, (bags, size), or (n) with `offsets`.
        weight: (rows, width), the table.
        offsets: (bags), where in a one-dimensional input each bag begins.
        max_norm, norm_type: the rows that are read are first scaled down in place to this norm.
        scale_grad_by_freq: divide a row's gradient by how often it was read.
        mode: "sum", "mean" or "max".
        sparse: sparse gradients; not there yet.
        per_sample_weights: of the input's shape, a factor for each row; for "sum" only.
        include_last_offset: whether `offsets` has one element more, the end of the last bag.
        padding_idx: a row that counts for nothing.

    Returns:
        (bags, width).
    """
    if weight.dtype.category == 1 and input.dtype.is_floating_point:
        raise ValueError(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, "
            "...)` is deprecated, and should now be `embedding_bag(input, weight, ...)`."
        )
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({tuple(per_sample_weights.shape)}) is not None, then it "
            f"must have the same shape as the input ({tuple(input.shape)})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    flat, begins = _flat_bags(input, offsets)
    bags = begins.shape[0] - (1 if include_last_offset else 0)
    row = _row(padding_idx, weight.size(0))
    if max_norm is not None:
        _scale_down(weight, flat, max_norm, norm_type)
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if sparse:
        if mode == "max":
            raise ValueError("max mode does not support sparse weights")
        raise missing("torch.nn.functional.embedding_bag(sparse=True)", "sparse=False")
    factors: Any = per_sample_weights
    if factors is not None:
        if mode != "sum":
            raise NotImplementedError(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for "
                f"mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
            )
        factors = factors.reshape(-1)
    if include_last_offset:
        begins = begins[:-1]
    return dispatch.call(_bag, (weight, flat, begins, factors, mode, row, scale_grad_by_freq, bags))


def _flat_bags(input: Any, offsets: Any) -> tuple[Any, Any]:
    """The indices in one line, and where each bag begins."""
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed "
                f"length sequences. However, found offsets of type {type(offsets)}"
            )
        bags, size = input.shape
        begins = _begin(0, bags * size, size) if size else _begin(bags) * 0
        return input.reshape(-1), begins
    if input.dim() != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    found = offsets._value().numpy()
    if found.size:
        if found[0] != 0:
            raise RuntimeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
                f"position 0. However, got {found[0]}\n[ torch.{offsets.dtype.legacy_name}Tensor{{}} ]"
            )
        if found[-1] > input.shape[0]:
            raise RuntimeError(
                f"offsets[-1] can not be greater than input's length {input.shape[0]} but got offsets[-1] of "
                f"{found[-1]}"
            )
    return input, offsets


@composite(
    "one_hot(Tensor self, int num_classes=-1) -> Tensor",
    namespaces=("_C._nn", "nn.functional"),
    method=False,
)
def one_hot(self, num_classes):
    if self.dtype.name != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not self.shape.numel():
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
    elif num_classes == -1:
        found = self._value().numpy()
        if found.min() < 0:
            raise RuntimeError("Class values must be non-negative.")
        num_classes = int(found.max()) + 1
    elif num_classes < 1:
        found = self._value().numpy()
        fault = "non-negative." if found.min() < 0 else "smaller than num_classes."
        raise RuntimeError(f"Class values must be {fault}")
    made = dispatch.call(declaration.get("_one_hot"), (self, num_classes))
    if self.shape.numel():
        # PyTorch writes it twice: zeros, then the ones.
        made._storage.version = 2
    return made
