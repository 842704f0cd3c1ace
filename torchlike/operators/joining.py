"""Joining and rearranging: `cat`, `stack`, repetition, reversal, rotation and matrices made of diagonals."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.dtypes import from_numpy, promote_types
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim, wrap_dims
from torchlike.operators.views import diagonal as read_diagonal

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
        for d, (want, size) in enumerate(zip(first.shape, t.shape, strict=True)):
            if d != dim and want != size:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {want} but got "
                    f"size {size} for tensor number {i} in the list."
                )


def concatenate(arrays: list, dim: int) -> Any:
    """The arrays one after another along a dimension, in the dtype in which they meet."""
    arrays = met(arrays)
    kept = [x for x in arrays if not _is_skipped(x.shape)]
    if not kept:
        return arrays[0]
    return kept[0] if len(kept) == 1 else lax.concatenate(kept, wrap_dim(dim, kept[0].ndim))


@operator(
    "cat(Tensor[] tensors, int dim=0) -> Tensor",
    method=False,
    check=check_cat,
    strides="channels_last",
    aliases=("concat", "concatenate"),
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


def check_repeat(self: Any, repeats: tuple[int, ...]) -> None:
    if len(repeats) < self.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    shape = (1,) * (len(repeats) - self.ndim) + tuple(self.shape)
    sizes = [n * r for n, r in zip(shape, repeats, strict=True)]
    for n in sizes:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {sizes}")


@operator("repeat(Tensor self, int[] repeats) -> Tensor", namespaces=(), check=check_repeat)
def repeat(self, repeats):
    return jnp.tile(self, repeats)


def check_flip(self: Any, dims: tuple[int, ...]) -> None:
    if dims:
        wrap_dims(dims, self.ndim)


@operator("flip(Tensor self, int[] dims) -> Tensor", check=check_flip, strides="elementwise", out=False)
def flip(self, dims):
    return lax.rev(self, wrap_dims(dims, self.ndim)) if dims else self


def _check_rank(least: int):
    def check(self: Any) -> None:
        if self.ndim < least:
            raise RuntimeError(f"Input must be >= {least}-d.")

    return check


@operator(
    "fliplr(Tensor self) -> Tensor",
    check=_check_rank(2),
    strides="elementwise",
    out=False,
    backward="FlipBackward0",
)
def fliplr(self):
    return lax.rev(self, (1,))


@operator(
    "flipud(Tensor self) -> Tensor",
    check=_check_rank(1),
    strides="elementwise",
    out=False,
    backward="FlipBackward0",
)
def flipud(self):
    return lax.rev(self, (0,))


@operator(
    "_roll(Tensor self, Tensor shifts, int[] dims) -> Tensor",
    namespaces=(),
    method=False,
    aside=("shifts",),
    saves=(),
    double_backward="RollBackward0",
)
def roll(self, shifts, dims):
    """Shifts are an input of the program: one that is drawn anew for every batch compiles once."""
    if not dims:
        return jnp.roll(self.reshape(-1), shifts[0]).reshape(self.shape)
    for i, d in enumerate(dims):
        self = jnp.roll(self, shifts[i], d)
    return self


def check_rot90(self: Any, k: int, dims: tuple[int, ...]) -> None:
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if self.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {self.ndim}")
    if wrap_dim(dims[0], self.ndim) == wrap_dim(dims[1], self.ndim):
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )


@operator("_rot90(Tensor self, int k, int[] dims) -> Tensor", namespaces=(), method=False, check=check_rot90)
def rot90(self, k, dims):
    first, second = wrap_dims(dims, self.ndim)
    return jnp.rot90(self, k, (first, second))


def _on_diagonal(x: Any, offset: int) -> Any:
    """Square matrices that have the last dimension of `x` on a diagonal and zeros elsewhere."""
    n = x.shape[-1] + abs(offset)
    padded = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, abs(offset))])
    # The element's position is the row's above the main diagonal and the column's below it.
    spread = padded[..., :, None] if offset >= 0 else padded[..., None, :]
    shape = (*x.shape[:-1], n, n)
    rows = lax.broadcasted_iota(jnp.int32, shape, x.ndim - 1)
    columns = lax.broadcasted_iota(jnp.int32, shape, x.ndim)
    return jnp.where(columns - rows == offset, spread, jnp.zeros((), x.dtype))


def check_diag(self: Any, diagonal: int) -> None:
    if self.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {self.ndim}D")


@operator(
    "diag(Tensor self, int diagonal=0) -> Tensor",
    check=check_diag,
    backward=lambda self, *_: "DiagEmbedBackward0" if self.ndim == 1 else "DiagonalBackward0_copy",
)
def diag(self, diagonal):
    return _on_diagonal(self, diagonal) if self.ndim == 1 else read_diagonal(self, diagonal, 0, 1)


def check_diag_embed(self: Any, offset: int, dim1: int, dim2: int) -> None:
    n = self.ndim + 1
    if wrap_dim(dim1, n) == wrap_dim(dim2, n):
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")


@operator(
    "diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
    check=check_diag_embed,
    out=False,
)
def diag_embed(self, offset, dim1, dim2):
    n = self.ndim + 1
    return jnp.moveaxis(_on_diagonal(self, offset), (-2, -1), (wrap_dim(dim1, n), wrap_dim(dim2, n)))


def check_block_diag(tensors: tuple) -> None:
    for i, t in enumerate(tensors):
        if t.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {t.ndim} "
                "dimensions"
            )


@operator(
    "_block_diag(Tensor[] tensors) -> Tensor",
    namespaces=(),
    method=False,
    check=check_block_diag,
    promote="same",
    strides="contiguous",
)
def block_diag(tensors):
    blocks = [jnp.atleast_2d(x) for x in tensors]
    width = sum(x.shape[1] for x in blocks)
    rows, before = [], 0
    for x in blocks:
        rows.append(jnp.pad(x, ((0, 0), (before, width - before - x.shape[1]))))
        before += x.shape[1]
    return lax.concatenate(rows, 0)


@operator(
    "_combinations(Tensor self, Tensor index) -> Tensor",
    namespaces=(),
    method=False,
    aside=("index",),
    backward="StackBackward0",
)
def combinations(self, index):
    return self.at[index].get(mode="promise_in_bounds")
