"""Embeddings: rows of a table by index."""

from __future__ import annotations

import numpy as np
import jax
import jax.numpy as jnp

from torchlike import dtypes
from torchlike.operators.declaration import Guard, operator
from torchlike.operators.ranges import Outside

__all__: list[str] = []


def _check(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    if sparse:
        raise NotImplementedError("torchlike does not implement embedding(sparse=True): it has no sparse gradients")
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if indices.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{indices.dtype.legacy_name}Tensor instead (while checking arguments for embedding)"
        )


def _rule(weight, *rest):
    return Outside(0, weight.shape[0]), lambda index: IndexError("index out of range in self")


def _rows(weight, indices, padding_idx, scale_grad_by_freq):
    @jax.custom_vjp
    def rows(weight, indices):
        return weight[indices]

    def forward(weight, indices):
        return weight[indices], indices

    def backward(indices, grad):
        flat = indices.reshape(-1)
        grads = grad.reshape(-1, weight.shape[1])
        # The row of padding gets no gradient.
        if padding_idx >= 0:
            grads = jnp.where((flat == padding_idx)[:, None], jnp.zeros_like(grads), grads)
        if scale_grad_by_freq:
            counts = jnp.zeros(weight.shape[0], grads.dtype).at[flat].add(1)
            grads = grads / counts[flat][:, None]
        return jnp.zeros(weight.shape, grads.dtype).at[flat].add(grads), np.zeros(indices.shape, jax.dtypes.float0)

    rows.defvjp(forward, backward)
    return rows(weight, indices)


@operator(
    "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) "
    "-> Tensor",
    method=False, out=False, check=_check, guard=Guard(1, _rule),
)  # fmt: skip
def embedding(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    if padding_idx < 0 and not scale_grad_by_freq:
        return weight[indices]
    return _rows(weight, indices, padding_idx, scale_grad_by_freq)
