"""Views: kernels, the geometry of the result, and the write through it.

The kernels get canonical arguments (dimensions counted from the front, sizes without -1); the public functions, which
check and complete what the caller gave, are `torchlike.tensors.views`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from torchlike.engine import Aval, Entry
from torchlike.operators.declaration import View, operator

__all__ = ["part_entry", "positions", "view_strides"]

Ints = tuple[int, ...]


def _declare(
    schema: str,
    geometry: Any,
    write: Any,
    backward: str,
    aside: tuple[str, ...] = (),
    differentiable: bool = True,
) -> Any:
    """Declare a view operator without a public name."""
    return operator(
        schema,
        method=False,
        out=False,
        namespaces=(),
        view=View(geometry, write),
        backward=backward,
        aside=aside,
        differentiable=differentiable,
    )


def _reshape(base: Any, new: Any, *_: Any) -> Any:
    return new.reshape(base.shape)


# -- sizes ------------------------------------------------------------------------------------------------------------

INCOMPATIBLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead."
)


@lru_cache(maxsize=8192)
def view_strides(shape: Ints, strides: Ints, out_shape: Ints) -> Ints | None:
    """The strides of a view of the same elements in another shape, or None if there are none.

    Dimensions that lie in one run of memory may be merged and split; a dimension of the result must not span two runs.
    """
    if prod(shape) == 0:
        if shape == out_shape:
            return strides
        out, step = [], 1
        for n in reversed(out_shape):
            out.append(step)
            step *= max(n, 1)
        return tuple(reversed(out))
    out = [0] * len(out_shape)
    at = len(out_shape) - 1
    # The innermost run's stride, and how many elements of the shape and of the result lie in the run so far.
    base = strides[-1] if strides else 1
    run = covered = 1
    for dim in range(len(shape) - 1, -1, -1):
        run *= shape[dim]
        if dim == 0 or (shape[dim - 1] != 1 and strides[dim - 1] != run * base):
            while at >= 0 and (covered < run or out_shape[at] == 1):
                out[at] = covered * base
                covered *= out_shape[at]
                at -= 1
            if covered != run:
                return None
            if dim > 0:
                base = strides[dim - 1]
                run = covered = 1
    if at != -1:
        if shape:
            return None
        # A zero-dimensional tensor: every dimension is of size 1.
        return tuple([1] * len(out_shape))
    return tuple(out)


def _view_geometry(shape: Ints, strides: Ints, offset: int, out_shape: Ints, size: Ints) -> tuple:
    found = view_strides(tuple(shape), tuple(strides), tuple(out_shape))
    if found is None:
        raise RuntimeError(INCOMPATIBLE)
    return found, offset


@_declare("_view(Tensor self, int[] size) -> Tensor", _view_geometry, _reshape, "ViewBackward0")
def view(self, size):
    return self.reshape(size)


@_declare(
    "_reshape_alias(Tensor self, int[] size) -> Tensor", _view_geometry, _reshape, "ReshapeAliasBackward0"
)
def reshape_alias(self, size):
    return self.reshape(size)


@_declare(
    "_alias(Tensor self) -> Tensor",
    lambda shape, strides, offset, out_shape: (tuple(strides), offset),
    lambda base, new: new,
    "AliasBackward0",
)
def alias(self):
    return self


@operator(
    "_unsafe_view(Tensor self, int[] size) -> Tensor",
    method=False,
    out=False,
    namespaces=(),
    backward="UnsafeViewBackward0",
)
def unsafe_view(self, size):
    return self.reshape(size)


def _squeezed(shape: Ints, strides: Ints, offset: int, out_shape: Ints, dims: Ints) -> tuple:
    return tuple(s for i, s in enumerate(strides) if i not in dims), offset


def _squeeze(self: Any, dims: Ints) -> Any:
    return lax.squeeze(self, dims)


for _number in range(6):
    _declare(
        f"_squeeze{_number}(Tensor self, int[] dims) -> Tensor",
        _squeezed,
        _reshape,
        f"SqueezeBackward{_number}",
    )(_squeeze)


def _unsqueezed(shape: Ints, strides: Ints, offset: int, out_shape: Ints, dim: int) -> tuple:
    new = 1 if dim >= len(shape) else shape[dim] * strides[dim]
    return (*strides[:dim], new, *strides[dim:]), offset


def _unsqueeze(self: Any, dim: int) -> Any:
    return jnp.expand_dims(self, dim)


for _number in range(2):
    _declare(
        f"_unsqueeze{_number}(Tensor self, int dim) -> Tensor",
        _unsqueezed,
        _reshape,
        f"UnsqueezeBackward{_number}",
    )(_unsqueeze)


def _expanded(shape: Ints, strides: Ints, offset: int, out_shape: Ints, size: Ints) -> tuple:
    out = [0] * len(size)
    lead = len(size) - len(shape)
    for i in range(len(size) - 1, -1, -1):
        if i >= lead:
            out[i] = strides[i - lead] if shape[i - lead] == size[i] else 0
        elif size[i] == 1:
            out[i] = size[i + 1] * out[i + 1] if i + 1 < len(size) else 1
    return tuple(out), offset


def _write_expanded(base: Any, new: Any, size: Ints) -> Any:
    lead = len(size) - base.ndim
    index = tuple([0] * lead + [slice(0, n) for n in base.shape])
    return new[index]


@_declare("_expand(Tensor self, int[] size) -> Tensor", _expanded, _write_expanded, "ExpandBackward0")
def expand(self, size):
    return jnp.broadcast_to(self, size)


# -- orders -----------------------------------------------------------------------------------------------------------


def _permuted(shape: Ints, strides: Ints, offset: int, out_shape: Ints, dims: Ints) -> tuple:
    return tuple([strides[d] for d in dims]), offset


def _write_permuted(base: Any, new: Any, dims: Ints) -> Any:
    return lax.transpose(new, tuple(int(i) for i in np.argsort(dims)))


@_declare("_permute(Tensor self, int[] dims) -> Tensor", _permuted, _write_permuted, "PermuteBackward0")
def permute(self, dims):
    return lax.transpose(self, dims)


def _swapped(rank: int, dim0: int, dim1: int) -> list[int]:
    order = list(range(rank))
    order[dim0], order[dim1] = dim1, dim0
    return order


def _transposed(shape: Ints, strides: Ints, offset: int, out_shape: Ints, dim0: int, dim1: int) -> tuple:
    return tuple([strides[d] for d in _swapped(len(shape), dim0, dim1)]), offset


def _write_transposed(base: Any, new: Any, dim0: int, dim1: int) -> Any:
    return lax.transpose(new, _swapped(new.ndim, dim0, dim1))


def _transpose(self: Any, dim0: int, dim1: int) -> Any:
    return lax.transpose(self, _swapped(self.ndim, dim0, dim1))


for _name, _backward in (
    ("_transpose", "TransposeBackward0"),
    ("_transpose_", "TransposeBackward1"),
    ("_t", "TBackward0"),
    ("_t_", "TBackward1"),
):
    _declare(
        f"{_name}(Tensor self, int dim0, int dim1) -> Tensor", _transposed, _write_transposed, _backward
    )(_transpose)


# -- parts ------------------------------------------------------------------------------------------------------------
# Where a part begins is an input of the program: a loop over rows compiles once.


def _begin(self: Any, dim: int, start: Any) -> list:
    zero = jnp.zeros((), jnp.int64)
    return [start.astype(jnp.int64) if i == dim else zero for i in range(self.ndim)]


def _part(self: Any, dim: int, start: Any, length: int) -> Any:
    sizes = [length if i == dim else n for i, n in enumerate(self.shape)]
    return lax.dynamic_slice(self, _begin(self, dim, start), sizes)


def _selected(shape: Ints, strides: Ints, offset: int, out_shape: Ints, dim: int, index: int) -> tuple:
    return (*strides[:dim], *strides[dim + 1 :]), offset + index * strides[dim]


def _write_selected(base: Any, new: Any, dim: int, index: Any) -> Any:
    return lax.dynamic_update_slice(base, jnp.expand_dims(new, dim), _begin(base, dim, index))


@_declare(
    "_select(Tensor self, int dim, Scalar index) -> Tensor",
    _selected,
    _write_selected,
    "SelectBackward0",
    aside=("index",),
)
def select(self, dim, index):
    return lax.squeeze(_part(self, dim, index, 1), (dim,))


def _sliced(
    shape: Ints, strides: Ints, offset: int, out_shape: Ints, dim: int, start: int, length: int, step: int
) -> tuple:
    return (*strides[:dim], strides[dim] * step, *strides[dim + 1 :]), offset + start * strides[dim]


def _write_sliced(base: Any, new: Any, dim: int, start: Any, length: int, step: int) -> Any:
    if step != 1 and length:
        whole = _part(base, dim, start, (length - 1) * step + 1)
        index = tuple(slice(None, None, step) if i == dim else slice(None) for i in range(base.ndim))
        new = whole.at[index].set(new)
    if length == 0:
        return base
    return lax.dynamic_update_slice(base, new, _begin(base, dim, start))


@_declare(
    "_slice(Tensor self, int dim, Scalar start, int length, int step) -> Tensor",
    _sliced,
    _write_sliced,
    "SliceBackward0",
    aside=("start",),
)
def slice_(self, dim, start, length, step):
    if length == 0:
        return lax.slice_in_dim(self, 0, 0, axis=dim)
    found = _part(self, dim, start, (length - 1) * step + 1)
    return found if step == 1 else lax.slice_in_dim(found, 0, None, step, dim)


_part_entries: dict[tuple, Entry] = {}


def part_entry(aval: Aval, dim: int, lengths: Ints | None) -> Entry:
    """The entry that gives all parts of a dimension at once.

    Args:
        aval: the array's.
        dim: the dimension, counted from the front.
        lengths: the parts' lengths, or None for single elements without the dimension.
    """
    key = (aval, dim, lengths)
    found = _part_entries.get(key)
    if found is None:

        def parts(x: Any) -> tuple:
            if lengths is None:
                return tuple(lax.index_in_dim(x, i, dim, keepdims=False) for i in range(x.shape[dim]))
            bounds = np.cumsum([0, *lengths]).tolist()
            return tuple(
                lax.slice_in_dim(x, a, b, axis=dim) for a, b in zip(bounds, bounds[1:], strict=False)
            )

        if len(_part_entries) > 4096:
            _part_entries.clear()
        found = _part_entries[key] = Entry("split", parts, (aval,))
    return found


def _diagonal_span(shape: Ints, offset: int, dim1: int, dim2: int) -> tuple[int, int, int]:
    """First row, first column and length of a diagonal."""
    rows, columns = max(-offset, 0), max(offset, 0)
    return rows, columns, max(min(shape[dim1] - rows, shape[dim2] - columns), 0)


def _diagonal_geometry(
    shape: Ints, strides: Ints, at: int, out_shape: Ints, offset: int, dim1: int, dim2: int
) -> tuple:
    rows, columns, length = _diagonal_span(shape, offset, dim1, dim2)
    if length:
        at += rows * strides[dim1] + columns * strides[dim2]
    kept = [s for i, s in enumerate(strides) if i not in (dim1, dim2)]
    return (*kept, strides[dim1] + strides[dim2]), at


def _write_diagonal(base: Any, new: Any, offset: int, dim1: int, dim2: int) -> Any:
    rows, columns, length = _diagonal_span(base.shape, offset, dim1, dim2)
    moved = jnp.moveaxis(base, (dim1, dim2), (-2, -1))
    steps = np.arange(length)
    moved = moved.at[..., rows + steps, columns + steps].set(new, unique_indices=True)
    return jnp.moveaxis(moved, (-2, -1), (dim1, dim2))


@_declare(
    "_diagonal(Tensor self, int offset, int dim1, int dim2) -> Tensor",
    _diagonal_geometry,
    _write_diagonal,
    "DiagonalBackward0",
)
def diagonal(self, offset, dim1, dim2):
    rows, columns, length = _diagonal_span(self.shape, offset, dim1, dim2)
    moved = jnp.moveaxis(self, (dim1, dim2), (-2, -1))
    if length == 0:
        return jnp.max(moved[..., :0, :0], axis=-1, initial=0)
    steps = np.arange(length)
    return moved.at[..., rows + steps, columns + steps].get(unique_indices=True, mode="promise_in_bounds")


def _unfolded(
    shape: Ints, strides: Ints, offset: int, out_shape: Ints, dimension: int, size: int, step: int
) -> tuple:
    if not shape:
        return (1,), offset
    return (
        *strides[:dimension],
        strides[dimension] * step,
        *strides[dimension + 1 :],
        strides[dimension],
    ), offset


def _windows(n: int, size: int, step: int) -> np.ndarray:
    return np.arange((n - size) // step + 1)[:, None] * step + np.arange(size)


def _write_unfolded(base: Any, new: Any, dimension: int, size: int, step: int) -> Any:
    if not base.ndim:
        return new.reshape(())
    moved = jnp.moveaxis(base, dimension, -1)
    windows = jnp.moveaxis(new, dimension, -2)
    moved = moved.at[..., _windows(base.shape[dimension], size, step)].set(windows)
    return jnp.moveaxis(moved, -1, dimension)


@_declare(
    "_unfold(Tensor self, int dimension, int size, int step) -> Tensor",
    _unfolded,
    _write_unfolded,
    "UnfoldBackward0",
)
def unfold(self, dimension, size, step):
    if not self.ndim:
        return self.reshape((1,))[:size]
    moved = jnp.moveaxis(self, dimension, -1)
    return jnp.moveaxis(moved[..., _windows(self.shape[dimension], size, step)], -2, dimension)


# -- memory -----------------------------------------------------------------------------------------------------------


def _in_memory_order(self: Any, memory: Ints | None) -> tuple[Any, list[int] | None]:
    """The elements as they lie in memory, and the order of dimensions that puts them there."""
    if memory is None:
        return self.reshape(-1), None
    order = sorted(range(self.ndim), key=lambda i: (-memory[i], i))
    return lax.transpose(self, order).reshape(-1), order


def positions(size: Sequence[int], stride: Sequence[int], offset: int) -> Any:
    """Where the elements of a strided tensor lie in its storage."""
    found = jnp.full(tuple(size), offset, jnp.int64)
    for i, (n, s) in enumerate(zip(size, stride, strict=True)):
        steps = jnp.arange(n, dtype=jnp.int64) * s
        found = found + steps.reshape([-1 if k == i else 1 for k in range(len(size))])
    return found


def _strided_geometry(
    shape: Ints, strides: Ints, offset: int, out_shape: Ints, size: Ints, stride: Ints, at: int, memory: Any
) -> tuple:
    return tuple(stride), at


def _write_strided(base: Any, new: Any, size: Ints, stride: Ints, offset: int, memory: Ints | None) -> Any:
    flat, order = _in_memory_order(base, memory)
    flat = flat.at[positions(size, stride, offset)].set(new, mode="promise_in_bounds")
    if order is None:
        return flat.reshape(base.shape)
    moved = flat.reshape([base.shape[i] for i in order])
    return lax.transpose(moved, tuple(int(i) for i in np.argsort(order)))


@_declare(
    "_as_strided(Tensor self, int[] size, int[] stride, int storage_offset, any memory) -> Tensor",
    _strided_geometry,
    _write_strided,
    "AsStridedBackward0",
)
def as_strided(self, size, stride, storage_offset, memory):
    flat, _ = _in_memory_order(self, memory)
    return flat.at[positions(size, stride, storage_offset)].get(mode="promise_in_bounds")


@operator(
    "_strided_again(Tensor self, int[] own_stride, int own_offset, int[] size, int[] stride, int storage_offset,"
    " int length) -> Tensor",
    method=False,
    out=False,
    namespaces=(),
    backward="AsStridedBackward0",
)
def strided_again(self, own_stride, own_offset, size, stride, storage_offset, length):
    """`as_strided` of a view as a function of the view's elements: what it does not show passes no gradient."""
    own = positions(self.shape, own_stride, own_offset)
    flat = jnp.zeros(length, self.dtype)
    if any(s == 0 and n > 1 for n, s in zip(self.shape, own_stride, strict=True)):
        # Elements that are one in memory share the gradient.
        count = jnp.zeros(length, self.dtype).at[own].add(1, mode="promise_in_bounds")
        flat = flat.at[own].add(self, mode="promise_in_bounds") / jnp.maximum(count, 1)
    else:
        flat = flat.at[own].set(self, mode="promise_in_bounds", unique_indices=True)
    return flat.at[positions(size, stride, storage_offset)].get(mode="promise_in_bounds")


def _retyped(shape: Ints, strides: Ints, offset: int, out_shape: Ints, dtype: Any, ratio: int) -> tuple:
    if ratio == 0:
        return tuple(strides), offset
    if ratio > 0:
        return (*[s * ratio for s in strides[:-1]], 1), offset * ratio
    return (*[s // -ratio for s in strides[:-1]], 1), offset // -ratio


def _bytes(x: Any) -> Any:
    """An array's bytes, those of an element along a new last dimension."""
    if jnp.iscomplexobj(x):
        parts = jnp.stack([lax.real(x), lax.imag(x)], axis=-1)
        return lax.bitcast_convert_type(parts, np.uint8).reshape(*x.shape, x.dtype.itemsize)
    if x.dtype == jnp.bool_:
        return x.astype(np.uint8)[..., None]
    found = lax.bitcast_convert_type(x, np.uint8)
    return found[..., None] if x.dtype.itemsize == 1 else found


def _from_bytes(x: Any, to: np.dtype) -> Any:
    """The inverse of `_bytes`."""
    if to.kind == "c":
        half = np.dtype(np.float32 if to.itemsize == 8 else np.float64)
        parts = lax.bitcast_convert_type(x.reshape(*x.shape[:-1], 2, half.itemsize), half)
        return lax.complex(parts[..., 0], parts[..., 1])
    if to == np.bool_:
        return x[..., 0] != 0
    return lax.bitcast_convert_type(x[..., 0] if to.itemsize == 1 else x, to)


def _retype(self: Any, to: np.dtype, ratio: int) -> Any:
    if ratio == 0 and self.dtype.kind not in "cb" and to.kind not in "cb":
        return lax.bitcast_convert_type(self, to)
    found = _bytes(self)
    if ratio:
        found = found.reshape(*self.shape[:-1], -1, to.itemsize)
    return _from_bytes(found, to)


def _write_retyped(base: Any, new: Any, dtype: Any, ratio: int) -> Any:
    return _retype(new, base.dtype, -ratio)


@_declare(
    "_view_dtype(Tensor self, dtype dtype, int ratio) -> Tensor",
    _retyped,
    _write_retyped,
    "ViewBackward1",
    differentiable=False,
)
def view_dtype(self, dtype, ratio):
    return _retype(self, dtype.np, ratio)


# -- a copy with a part replaced --------------------------------------------------------------------------------------


def _declare_scatter(schema: str, write: Any, backward: str, aside: tuple[str, ...] = ()) -> None:
    operator(schema, method=False, out=False, namespaces=(), backward=backward, aside=aside)(write)


_declare_scatter(
    "_select_scatter(Tensor self, Tensor src, int dim, Scalar index) -> Tensor",
    _write_selected,
    "SelectScatterBackward0",
    ("index",),
)
_declare_scatter(
    "_slice_scatter(Tensor self, Tensor src, int dim, Scalar start, int length, int step) -> Tensor",
    _write_sliced,
    "SliceScatterBackward0",
    ("start",),
)
_declare_scatter(
    "_diagonal_scatter(Tensor self, Tensor src, int offset, int dim1, int dim2) -> Tensor",
    _write_diagonal,
    "DiagonalScatterBackward0",
)
_declare_scatter(
    "_as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int storage_offset, any memory) -> Tensor",
    _write_strided,
    "AsStridedScatterBackward0",
)
