"""`x[...]` and `x[...] = y`, by PyTorch's rules.

Integers, slices, `None` and `...` make views, one after the other. Tensors, lists and arrays are collected meanwhile
and read at once at the end, with the views' result as their base.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.engine import from_host
from torchlike.errors import warn
from torchlike.operators import declaration
from torchlike.operators.declaration import broadcast_shape
from torchlike.tensors import bounds, nested
from torchlike.tensors.arguments import type_name
from torchlike.tensors.attributes import method
from torchlike.tensors.composite import composite
from torchlike.tensors.creation import adopt, holding
from torchlike.tensors.dispatch import call, call_view
from torchlike.tensors.filling import copy_into, fill_scalar, fill_tensor_
from torchlike.tensors.from_data import from_array
from torchlike.tensors.geometry import iterated_strides
from torchlike.tensors.host_reading import rows_of_shared
from torchlike.tensors.queries import type_string
from torchlike.tensors.storage import Storage
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.views import expanded_size, select_part, slice_part
from torchlike.tensors.writes import call_inplace, check_writable

__all__: list[str] = []

_get = declaration.get
_INDEX, _INDEX_PUT, _UNSQUEEZE = (_get(n) for n in ("_index", "_index_put", "_unsqueeze0"))
_INDEX_PUT_MASK = _get("_index_put_mask")
_INDEX_DTYPES = (dtypes.int64, dtypes.int32, dtypes.bool_, dtypes.uint8)

# What a parsed index says to do: apply views and then, maybe, read at tensors.
Indices = list  # of (dimension, Tensor)


def _select(t: Tensor, dim: int, index: int) -> Tensor:
    shape = t.shape
    if not shape:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
            "0-dim tensor to a number"
        )
    n = shape[dim]
    if not -n <= index < n:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {n}")
    return select_part(t, dim, index % n)


def _bound(x: Any) -> int | None:
    if x is None or x.__class__ is int:
        return x
    try:
        return operator.index(x)
    except TypeError:
        raise TypeError("slice indices must be integers or None or have an __index__ method") from None


def _slice(t: Tensor, dim: int, s: slice, alone: bool) -> Tensor:
    step = _bound(s.step)
    step = 1 if step is None else step
    if step <= 0:
        raise ValueError("step must be greater than zero")
    if not t.shape:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    n = t.shape[dim]
    first, last, _ = slice(_bound(s.start), _bound(s.stop), step).indices(n)
    if not alone and first == 0 and last == n and step == 1:
        return t
    return slice_part(t, dim, first, max(0, -(-(last - first) // step)), step)


def _as_index(x: Any) -> Tensor:
    """A list, sequence or array as an index tensor."""
    if isinstance(x, np.ndarray):
        return adopt(from_array(x))
    array, found = nested.to_array(x, None)
    if array.size == 0:
        array = array.astype(np.int64)
    elif found.category >= 2:
        array = array.astype(np.int64)
    return holding(array)


def _truth(t: Tensor, value: bool, dim: int) -> tuple[Tensor, Tensor]:
    """A boolean as an index of a new dimension: of length 1 if it is true, else 0."""
    return call_view(_UNSQUEEZE, (t, dim)), holding(np.zeros(1 if value else 0, np.int64), t.device)


def _as_tuple(index: Any) -> tuple:
    """The index as a tuple of indices; lists that hold slices or sequences are taken for one, as PyTorch still does."""
    if isinstance(index, tuple):
        return tuple(index)
    if isinstance(index, list | str | bytes) and len(index) < 32:
        for x in index:
            if (
                x is None
                or x is Ellipsis
                or isinstance(x, Tensor | slice | list | tuple | np.ndarray | str | bytes)
            ):
                warn(
                    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in "
                    "pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as "
                    "tensor index, x[torch.tensor(seq)], which will result either in an error or a different result",
                )
                return tuple(index)
    return (index,)


def _count_dims(indices: tuple) -> int:
    """How many dimensions of the tensor the indices name."""
    count = 0
    for x in indices:
        if isinstance(x, Tensor | np.ndarray):
            is_mask = (
                x.dtype in (dtypes.bool_, dtypes.uint8) if isinstance(x, Tensor) else x.dtype == np.bool_
            )
            count += x.ndim if is_mask else 1
        elif x is not None and x is not Ellipsis and x is not True and x is not False:
            count += 1
    return count


def _apply(t: Tensor, indices: tuple) -> tuple[Tensor, Indices]:
    """Apply the views that the indices ask for and collect the tensors, each with the dimension that it indexes."""
    named = _count_dims(indices)
    if named > t.ndim:
        if not t.shape and len(indices) == 1 and isinstance(indices[0], int):
            return _select(t, 0, indices[0]), []
        raise IndexError(f"too many indices for tensor of dimension {t.ndim}")
    dim, found, rank = 0, [], t.ndim
    for x in indices:
        kind = x.__class__
        if kind is int:
            t = _select(t, dim, x)
        elif kind is slice:
            t = _slice(t, dim, x, False)
            dim += 1
        elif x is Ellipsis:
            dim += rank - named
        elif x is None:
            t = call_view(_UNSQUEEZE, (t, dim))
            dim += 1
        elif kind is bool:
            t, chosen = _truth(t, x, dim)
            found.append((dim, chosen))
            dim += 1
        elif isinstance(x, Tensor):
            if x.ndim == 0 and x.dtype.category < 2:
                if x.dtype in (dtypes.bool_, dtypes.uint8):
                    t, chosen = _truth(t, bool(x), dim)
                    found.append((dim, chosen))
                    dim += 1
                else:
                    t = _select(t, dim, int(x))
            else:
                found.append((dim, x))
                dim += x.ndim if x.dtype in (dtypes.bool_, dtypes.uint8) else 1
        elif isinstance(x, np.bool_):
            raise _invalid(x)
        elif isinstance(x, np.ndarray) or (
            hasattr(x, "__len__") and hasattr(x, "__getitem__") and not isinstance(x, dict)
        ):
            chosen = _as_index(x)
            if chosen.ndim == 0:
                t = _select(t, dim, int(chosen))
                continue
            found.append((dim, chosen))
            dim += chosen.ndim if chosen.dtype is dtypes.bool_ else 1
        elif hasattr(x, "__index__"):
            t = _select(t, dim, operator.index(x))
        else:
            raise _invalid(x)
    return t, found


def _invalid(x: Any) -> IndexError:
    kind = type(x)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
        f"{name})"
    )


# -- reading at tensors -----------------------------------------------------------------------------------------------


def _expand_masks(t: Tensor, found: Indices) -> Indices:
    """Masks replaced by where they are true, one index per dimension."""
    out: Indices = []
    for dim, x in found:
        if x.dtype not in _INDEX_DTYPES:
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if x.dtype is dtypes.uint8:
            warn(
                "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                once=True,
            )
        if x.dtype in (dtypes.bool_, dtypes.uint8):
            for i in range(x.ndim):
                if x.shape[i] != t.shape[dim + i]:
                    raise IndexError(
                        f"The shape of the mask {list(x.shape)} at index {i} does not match the shape of the indexed "
                        f"tensor {list(t.shape)} at index {dim + i}"
                    )
            for i, where in enumerate(np.nonzero(x._value().numpy())):
                value = from_host(np.ascontiguousarray(where), t.device)
                value.bounds = (0, max(x.shape[i] - 1, 0))
                out.append((dim + i, wrap(value)))
        else:
            out.append((dim, x))
    return out


def _checked(t: Tensor, found: Indices) -> tuple[tuple[int, ...], tuple[Tensor, ...], tuple[int, ...]]:
    """Dimensions and indices, all in range, and the shape to which the indices broadcast."""
    found = _expand_masks(t, found)
    shape: tuple[int, ...] = ()
    try:
        shape = tuple(broadcast_shape(*[tuple(x.shape) for _, x in found]))
    except RuntimeError:
        shapes = ", ".join(str(list(x.shape)) for _, x in found)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None
    for position, (dim, x) in enumerate(found):
        n = t.shape[dim]
        if n == 0 and shape and 0 not in shape:
            raise IndexError("index is out of bounds for dimension with size 0")
        bounds.verify(x, -n, n, _out_of_bounds(position, n))
    return tuple([d for d, _ in found]), tuple([x for _, x in found]), shape


def _out_of_bounds(position: int, n: int) -> Any:
    # PyTorch counts the index tensors, not the dimensions.
    return lambda i: IndexError(f"index {i} is out of bounds for dimension {position} with size {n}")


def _is_adjacent(dims: tuple[int, ...]) -> bool:
    return all(b == a + 1 for a, b in zip(dims, dims[1:], strict=False))


def _result_strides(t: Tensor, dims: tuple[int, ...], indices: tuple, shape: tuple[int, ...]) -> tuple | None:
    """The strides that PyTorch's iterator gives what is read from a strided tensor."""
    strides = t.stride()
    kept = [(n, s) for i, (n, s) in enumerate(zip(t.shape, strides, strict=True)) if i not in dims]
    at = dims[0] if _is_adjacent(dims) else 0
    out_shape = (*[n for n, _ in kept[:at]], *shape, *[n for n, _ in kept[at:]])
    own = (*[s for _, s in kept[:at]], *[0] * len(shape), *[s for _, s in kept[at:]])
    padded = [own]
    for x in indices:
        lead = len(shape) - x.ndim
        steps = [
            0 if i < lead or x.shape[i - lead] != shape[i] else x.stride()[i - lead]
            for i in range(len(shape))
        ]
        # The index is viewed with a size of one for every other dimension; where the result has that size too, the
        # iterator takes the view's stride for one that tells something.
        before, after = (steps[0] * shape[0], steps[-1]) if shape else (1, 1)
        ones = [(before if i < at else after) if n == 1 else 0 for i, (n, _) in enumerate(kept)]
        padded.append((*ones[:at], *steps, *ones[at:]))
    return iterated_strides(out_shape, padded)


def read_at(t: Tensor, found: Indices) -> Tensor:
    """What a tensor holds at index tensors."""
    dims, indices, shape = _checked(t, found)
    made = None if t._storage.__class__ is Storage else rows_of_shared(t, dims, indices)
    if made is None:
        made = call(_INDEX, (t, indices, dims))
    if t._geometry is not None or any(x._geometry is not None for x in indices):
        strides = _result_strides(t, dims, indices, shape)
        if strides is not None:
            made._geometry = (strides, 0)
            made._storage.strides = strides
    return made


@method("__getitem__")
def __getitem__(self: Tensor, index: Any) -> Tensor:
    kind = index.__class__
    if self._view is not None or self._edge is not None:
        self._gradient_edge()
    if kind is int:
        return _select(self, 0, index)
    if kind is slice:
        return _slice(self, 0, index, True)
    if kind is tuple:
        indices = index
    elif index is Ellipsis:
        return _alias(self)
    elif index is None:
        return call_view(_UNSQUEEZE, (self, 0))
    else:
        indices = _as_tuple(index)
    t, found = _apply(self, indices)
    if found:
        return read_at(t, found)
    return _alias(t) if t is self else t


_ALIAS = _get("_alias")


def _alias(t: Tensor) -> Tensor:
    return call_view(_ALIAS, (t,))


# -- writing ----------------------------------------------------------------------------------------------------------


def _check_value(t: Tensor, value: Any) -> None:
    if not isinstance(value, Tensor | int | float | complex | np.generic):
        raise TypeError(f"can't assign a {_assigned_name(value)} to a {type_string(t)}")


def _assigned_name(value: Any) -> str:
    kind = type(value)
    return (
        f"numpy.{kind.__name__}"
        if isinstance(value, np.ndarray)
        else type_name(value)
        if not isinstance(value, list | tuple)
        else kind.__name__
    )


def _put(t: Tensor, value: Any) -> None:
    """Write a number or a tensor to all of a view."""
    if not isinstance(value, Tensor):
        fill_scalar(t, value, item=True)
        return
    shape = t.shape
    if value.ndim == 0 and value.device.type == "cpu":
        fill_tensor_(t, value)
        return
    if value.shape != shape:
        # Leading dimensions of size 1 beyond those of the view are dropped.
        lead = 0
        while lead < value.ndim - len(shape) and value.shape[lead] == 1:
            lead += 1
        while lead < value.ndim and value.shape[lead] == 1 and value.ndim - lead > len(shape):
            lead += 1
        if lead:
            value = value.view(tuple(value.shape[lead:]))
        expanded_size(value, tuple(shape))
    copy_into(t, value)


def write_at(t: Tensor, found: Indices, value: Any, accumulate: bool = False) -> None:
    """Write to a tensor at index tensors."""
    if not isinstance(value, Tensor):
        value = holding(_element(value, t), t.device)
    if len(found) == 1 and not accumulate and value.shape.numel() == 1:
        dim, mask = found[0]
        if mask.dtype is dtypes.bool_ and value.device == t.device:
            _fill_mask(t, dim, mask, value)
            return
    if value.dtype is not t.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{t.dtype.legacy_name} for the destination and {value.dtype.legacy_name} for the source."
        )
    dims, indices, shape = _checked(t, found)
    kept = [n for i, n in enumerate(t.shape) if i not in dims]
    at = dims[0] if _is_adjacent(dims) else 0
    target = (*kept[:at], *shape, *kept[at:])
    lead = 0
    while lead < value.ndim - len(target) and value.shape[lead] == 1:
        lead += 1
    if lead:
        value = value.view(tuple(value.shape[lead:]))
    try:
        fits = tuple(broadcast_shape(target, tuple(value.shape))) == target
    except RuntimeError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of "
            f"shape {list(target)}"
        )
    call_inplace(_INDEX_PUT, (t, indices, value, dims, accumulate))


def _element(value: Any, t: Tensor) -> np.ndarray:
    from torchlike.tensors.overflow import element

    if isinstance(value, complex) and value.imag and not t.dtype.is_complex:
        element(value, t.dtype)
    return element(value, t.dtype)


def _fill_mask(t: Tensor, dim: int, mask: Tensor, value: Tensor) -> None:
    """A mask and one number need no look at where the mask is true."""
    for i in range(mask.ndim):
        if mask.shape[i] != t.shape[dim + i]:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {i} does not match the shape of the indexed tensor "
                f"{list(t.shape)} at index {dim + i}"
            )
    shape = (*mask.shape, *[1] * (t.ndim - dim - mask.ndim))
    call_inplace(_INDEX_PUT_MASK, (t, mask.reshape(shape), value.reshape(()) if value.ndim else value))


@method("__setitem__")
def __setitem__(self: Tensor, index: Any, value: Any) -> None:
    _check_value(self, value)
    if isinstance(value, Tensor):
        value._gradient_edge()
    kind = index.__class__
    if kind is int:
        _put(_select(self, 0, index), value)
        return
    if index is Ellipsis:
        _put(self, value)
        return
    if kind is bool:
        if index:
            _put(call_view(_UNSQUEEZE, (self, 0)), value)
        return
    indices = index if kind is tuple else _as_tuple(index)
    t, found = _apply(self, indices)
    if not found:
        _put(t, value)
        return
    write_at(t, found, value)


def _listed(name: str, self: Tensor, indices: Any) -> Indices:
    if len(indices) > self.ndim:
        raise IndexError(f"too many indices for tensor of dimension {self.ndim} (got {len(indices)})")
    dim, found = 0, []
    for x in indices:
        if x.ndim == 0 and x.dtype is not dtypes.bool_:
            x = x.reshape(1) if len(indices) == 1 else x
        found.append((dim, x))
        dim += x.ndim if x.dtype in (dtypes.bool_, dtypes.uint8) else 1
    return found


@composite("index_put_(Tensor self, Tensor[] indices, Tensor values, bool accumulate=False) -> Tensor")
def index_put_(self, indices, values, accumulate):
    check_writable(self, state.enabled and (self.requires_grad or values.requires_grad))
    write_at(self, _listed("index_put_", self, indices), values, accumulate)
    return self


@composite("index_put(Tensor self, Tensor[] indices, Tensor values, bool accumulate=False) -> Tensor")
def index_put(self, indices, values, accumulate):
    made = self.clone()
    write_at(made, _listed("index_put_", self, indices), values, accumulate)
    made._storage.version = 0
    return made
