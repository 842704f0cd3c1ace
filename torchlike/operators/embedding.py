"""Embeddings: rows of a table by index, one by one or summed in bags."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.errors import missing
from torchlike.operators.accepted import FLOATING
from torchlike.operators.convolution_checks import legacy_type
from torchlike.operators.declaration import Guard, operator
from torchlike.operators.division import divide
from torchlike.operators.norms import vector_norm
from torchlike.operators.ranges import Outside

__all__: list[str] = []


def _check_indices(indices: Aval, function: str) -> None:
    if indices.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
            f"but got {legacy_type(indices.dtype)} instead (while checking arguments for {function})"
        )


def _check(weight: Aval, indices: Aval, padding_idx: int, scale_grad_by_freq: bool, sparse: bool) -> None:
    if sparse:
        raise missing("torch.embedding(sparse=True)", "sparse=False: the gradient is then a dense tensor")
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    _check_indices(indices, "embedding")
    if not weight.shape[0] and 0 not in indices.shape:
        raise RuntimeError("index_select(): self indexing axis dim should be positive")


def _range(weight: Aval, *rest: object) -> tuple:
    return Outside(0, weight.shape[0]), lambda index: IndexError("index out of range in self")


def _rows(weight, indices):
    return weight.at[indices].get(mode="clip")


@partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def _embedded(weight, indices, padding_idx: int, scale_grad_by_freq: bool):
    return _rows(weight, indices)


# The row of padding gets no gradient, and a row that is read often less from each time, if so wished.
@_embedded.defjvp
def _embedded_jvp(padding_idx, scale_grad_by_freq, primals, tangents):
    (weight, indices), (tangent, _) = primals, tangents
    rows = _rows(tangent, indices)
    if scale_grad_by_freq:
        counts = jnp.zeros(weight.shape[0], rows.dtype).at[indices.reshape(-1)].add(1)
        rows = divide(rows, _rows(counts, indices)[..., None])
    if padding_idx >= 0:
        rows = jnp.where((indices == padding_idx)[..., None], 0, rows)
    return _rows(weight, indices), rows


@operator(
    "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, "
    "bool sparse=False) -> Tensor",
    check=_check,
    guard=Guard(1, _range),
    aside=("indices",),
    saves=("indices",),
    method=False,
    out=False,
)
def embedding(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    return _embedded(weight, indices, padding_idx, scale_grad_by_freq)


def _check_renorm(weight: Aval, indices: Aval, *rest: object) -> None:
    if weight.ndim != 2:
        raise RuntimeError(
            f"Expected 2-dimensional tensor, but got {weight.ndim}-dimensional tensor for argument #1 'self' "
            "(while checking arguments for embedding_renorm_)"
        )
    if indices.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            "Expected tensor for argument #2 'indices' to have one of the following scalar types: Long, Int; "
            f"but got {legacy_type(indices.dtype)} instead (while checking arguments for "
            "embedding_renorm_)"
        )


@operator(
    "_embedding_renorm(Tensor weight, Tensor indices, float max_norm, float norm_type) -> Tensor",
    check=_check_renorm,
    guard=Guard(1, _range),
    aside=("indices",),
    differentiable=False,
    namespaces=(),
    method=False,
    out=False,
)
def embedding_renorm(weight, indices, max_norm, norm_type):
    """The table with every row that is read scaled down to at most this norm."""
    wide = weight.astype(jnp.float32) if weight.dtype.itemsize == 2 else weight
    norms = vector_norm(wide, norm_type, (1,), True)
    read = jnp.zeros(weight.shape[0], bool).at[indices.reshape(-1)].set(True, mode="drop")
    scaled = (wide * divide(jnp.asarray(max_norm, wide.dtype), norms + 1e-7)).astype(weight.dtype)
    return jnp.where(read[:, None] & (norms > max_norm), scaled, weight)


def _one_hot_range(self: Aval, num_classes: int) -> tuple:
    def error(index: Any) -> Exception:
        if index.size and index.min() < 0:
            return RuntimeError("Class values must be non-negative.")
        return RuntimeError("Class values must be smaller than num_classes.")

    return Outside(0, num_classes), error


@operator(
    "_one_hot(Tensor self, int num_classes) -> Tensor",
    guard=Guard(0, _one_hot_range),
    differentiable=False,
    namespaces=(),
    method=False,
    out=False,
)
def one_hot(self, num_classes):
    classes = lax.broadcasted_iota(jnp.int64, (*self.shape, num_classes), self.ndim)
    return (classes == self[..., None]).astype(jnp.int64)


def _check_bag(
    weight: Aval, indices: Aval, offsets: Aval, per_sample_weights: Aval | None, mode: str, *rest: object
) -> None:
    for name, found in (("indices", indices), ("offsets", offsets)):
        if found.dtype not in (dtypes.int64, dtypes.int32):
            raise RuntimeError(
                f"Expected tensor for argument #1 '{name}' to have one of the following scalar "
                f"types: Long, Int; but got {legacy_type(found.dtype)} instead (while checking "
                "arguments for embedding_bag)"
            )
    if weight.dtype not in FLOATING:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, "
            f"BFloat16, Float, Double; but got {legacy_type(weight.dtype)} instead (while "
            "checking arguments for embedding_bag)"
        )
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")


def _bag_range(
    weight: Aval, indices: Aval, offsets: Aval, per_sample_weights: Aval | None, mode: str, *rest: object
) -> tuple:
    rows = weight.shape[0]
    # PyTorch has a faster kernel for these, with a message of its own.
    fast = weight.dtype is not dtypes.float64 and mode != "max"

    def error(index: Any) -> Exception:
        position = int(((index < 0) | (index >= rows)).argmax())
        if fast:
            return RuntimeError(
                f"Index {position} of input takes value {index[position]} which is not in the valid range "
                f"[0, {rows})"
            )
        return RuntimeError(
            f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {index[position]}"
        )

    # The message tells the position, so that the whole index is wanted.
    return lambda index: ((index < 0) | (index >= rows)).any(), error


def _largest(rows, bags, count: int):
    """Per bag and column the first of the largest elements."""
    rows_ = lax.stop_gradient(rows)
    best = jax.ops.segment_max(rows_, bags, count)
    n = rows.shape[0]
    position = lax.broadcasted_iota(jnp.int64, rows.shape, 0)
    first = jax.ops.segment_min(jnp.where(rows_ == best[bags], position, n), bags, count)
    empty = first >= n
    chosen = jnp.take_along_axis(rows, jnp.where(empty, 0, first), 0)
    return jnp.where(empty, 0, chosen)


@operator(
    "_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, Tensor? per_sample_weights, str mode, "
    "int padding_idx, bool scale_grad_by_freq, int bags) -> Tensor",
    check=_check_bag,
    guard=Guard(1, _bag_range),
    aside=("indices", "offsets"),
    backward="EmbeddingBagBackward0",
    namespaces=(),
    method=False,
    out=False,
    saves={
        "weight": ("indices", "offsets", "per_sample_weights"),
        "per_sample_weights": ("weight", "indices", "offsets", "per_sample_weights"),
    },
)
def embedding_bag(weight, indices, offsets, per_sample_weights, mode, padding_idx, scale_grad_by_freq, bags):
    """The sum, mean or maximum of the rows of each bag; bag `b` begins at `offsets[b]`."""
    n = indices.shape[0]
    # Empty bags begin where the next one does: the last that begins at or before a row has it.
    where = jnp.cumsum(jnp.zeros(n, jnp.int64).at[offsets].add(1, mode="drop")) - 1
    counts = jnp.ones(n, bool) if padding_idx < 0 else indices != padding_idx
    where = jnp.where(counts, where, bags)
    rows = _embedded(weight, indices, -1, scale_grad_by_freq)
    wide = rows.astype(jnp.float32) if rows.dtype.itemsize == 2 else rows
    if per_sample_weights is not None:
        wide = wide * per_sample_weights.astype(wide.dtype)[:, None]
    if not n:
        return jnp.zeros((bags, weight.shape[1]), weight.dtype)
    if mode == "max":
        return _largest(wide, where, bags + 1)[:bags].astype(weight.dtype)
    total = jax.ops.segment_sum(wide, where, bags + 1)[:bags]
    if mode == "mean":
        sizes = jnp.maximum(jax.ops.segment_sum(counts.astype(wide.dtype), where, bags + 1)[:bags], 1)
        total = divide(total, jnp.broadcast_to(sizes[:, None], total.shape))
    return total.astype(weight.dtype)
