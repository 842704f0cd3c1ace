"""Joining tensors: `cat`, `stack` and what is built on the same rules."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.dtypes import from_numpy, promote_types
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim

__all__ = ["concatenate", "met"]


def met(arrays: list) -> list:
    """Arrays cast to the dtype in which they all meet; rank plays no part here."""
    found = from_numpy(arrays[0].dtype)
    for x in arrays[1:]:
        found = promote_types(found, from_numpy(x.dtype))
    return [x if x.dtype == found.np else x.astype(found.np) for x in arrays]


def _is_skipped(shape: tuple) -> bool:
    # What `torch.tensor([])` gives joins with tensors of any rank.
    return tuple(shape) == (0,)


def check_cat(tensors: tuple, dim: int) -> None:
    for i, t in enumerate(tensors):
        if not t.shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    kept = [(i, t) for i, t in enumerate(tensors) if not _is_skipped(t.shape)]
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    if kept:
        dim = wrap_dim(dim, kept[0][1].ndim)
    found = tensors[0].dtype
    for t in tensors[1:]:
        found = promote_types(found, t.dtype)
    for i, t in kept[1:]:
        first = kept[0][1]
        if t.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {t.ndim}")
        for d, (expected, size) in enumerate(zip(first.shape, t.shape, strict=True)):
            if d != dim and expected != size:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got size "
                    f"{size} for tensor number {i} in the list."
                )


def concatenate(arrays: list, dim: int) -> Any:
    """The arrays one after another along a dimension, in the dtype in which they meet."""
    arrays = met(arrays)
    kept = [x for x in arrays if not _is_skipped(x.shape)]
    if not kept:
        return arrays[0]
    return kept[0] if len(kept) == 1 else lax.concatenate(kept, wrap_dim(dim, kept[0].ndim))


@operator(
    "cat(Tensor[] tensors, int dim=0) -> Tensor", method=False, check=check_cat, aliases=("concat", "concatenate")
)
def cat(tensors, dim):
    return concatenate(tensors, dim)


def check_stack(tensors: tuple, dim: int) -> None:
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]
    wrap_dim(dim, first.ndim + 1)
    for i, t in enumerate(tensors):
        if t.shape != first.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 and "
                f"{list(t.shape)} at entry {i}"
            )


@operator("stack(Tensor[] tensors, int dim=0) -> Tensor", method=False, check=check_stack)
def stack(tensors, dim):
    return jnp.stack(met(tensors), wrap_dim(dim, tensors[0].ndim + 1))
