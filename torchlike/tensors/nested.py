"""Nested sequences of numbers (and of tensors and NumPy scalars) as one NumPy array, by PyTorch's rules."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.errors import warn
from torchlike.tensors.tensor import Tensor
from torchlike.tensors.values import warn_of_gradient

__all__ = ["to_array"]

_MAX_DIMS = 128
_NUMBERS = {int, float, bool, complex}


def to_array(data: Any, to: dtype | None) -> tuple[np.ndarray, dtype]:
    """The array that `torch.tensor(data)` holds.

    Args:
        data: a number or nested sequences of them; rows may be any sequence, elements one-element tensors too.
        to: the dtype wanted, or None to infer it.

    Returns:
        A fresh array and its dtype.

    Raises:
        ValueError: rows differ in length, or a number is too big.
        TypeError: something is no number.
        RuntimeError: the dtype cannot be inferred, or a number does not fit.
    """
    if isinstance(data, str | bytes):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    shape, flat = _flatten(data)
    if flat is not None:
        kinds = set(map(type, flat))
        if kinds <= _NUMBERS:
            found = to or _infer_from_kinds(kinds)
            return _plain(flat, kinds, found).reshape(shape), found
    if isinstance(data, list | tuple) and data and isinstance(data[0], np.ndarray) and data[0].ndim:
        _warn_slow()
    shape = _sizes(data)
    found = to or infer(data)
    leaves: list = []
    _collect(data, shape, 0, leaves)
    array = np.empty(len(leaves), found.np)
    for i, x in enumerate(leaves):
        array[i] = _one(x, found)
    return array.reshape(shape), found


def _flatten(data: Any) -> tuple[tuple[int, ...], list | None]:
    """Shape and leaves of nested lists and tuples of equal lengths; leaves None where this quick way does not do."""
    level = [data]
    shape: list[int] = []
    while level:
        kinds = set(map(type, level))
        if not kinds <= {list, tuple}:
            return tuple(shape), level
        lengths = set(map(len, level))
        first = len(level[0])
        if first == 0:
            # PyTorch looks at the first row alone.
            return (*shape, 0), []
        if len(lengths) != 1:
            return (), None
        shape.append(first)
        level = list(chain.from_iterable(level))
    return tuple(shape), level


def _infer_from_kinds(kinds: set[type]) -> dtype:
    if complex in kinds:
        return dtypes.get_default_dtype().to_complex()
    if float in kinds or not kinds:
        return dtypes.get_default_dtype()
    return dtypes.int64 if int in kinds else dtypes.bool_


def _plain(flat: list, kinds: set[type], to: dtype) -> np.ndarray:
    """An array of Python numbers."""
    if to.category >= 2:
        if complex in kinds and not to.is_complex:
            raise TypeError("must be real number, not complex")
        try:
            wide = np.array(flat, np.complex128 if to.is_complex else np.float64)
        except OverflowError:
            raise OverflowError("int too large to convert to float") from None
        with np.errstate(over="ignore"):
            return _narrow(wide, to)
    if to.category == 0:
        return np.array([x != 0 for x in flat], np.bool_)
    if complex in kinds:
        raise TypeError("'complex' object cannot be interpreted as an integer")
    if float in kinds or to is dtypes.uint64:
        return np.array([_one(x, to) for x in flat], to.np)
    try:
        wide = np.array(flat, np.int64)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    if to is not dtypes.int64 and wide.size:
        info = np.iinfo(to.np)
        if wide.max() > info.max or wide.min() < (info.min if to.is_signed else -int(info.max)):
            raise RuntimeError(f"value cannot be converted to type {to.name} without overflow")
    return wide.astype(to.np)


def _narrow(wide: np.ndarray, to: dtype) -> np.ndarray:
    if to in (dtypes.float16, dtypes.bfloat16):
        return wide.astype(np.float32).astype(to.np)
    return wide.astype(to.np)


def _sizes(data: Any) -> tuple[int, ...]:
    """The shape, read off the first element of each level."""
    sizes = []
    while _is_sequence(data):
        n = len(data)
        sizes.append(n)
        if len(sizes) > _MAX_DIMS:
            raise ValueError(f"too many dimensions '{type(data).__name__}'")
        if n == 0:
            break
        data = data[0]
    return tuple(sizes)


def _is_sequence(x: Any) -> bool:
    if isinstance(x, Tensor):
        return False
    if isinstance(x, np.ndarray | str | bytes):
        return True
    return isinstance(x, Sequence) or (
        hasattr(x, "__len__") and hasattr(x, "__getitem__") and not isinstance(x, dict | set | np.generic)
    )


def infer(data: Any) -> dtype:
    """The dtype of nested data: that in which all its elements meet."""
    if isinstance(data, np.ndarray | np.generic):
        return dtypes.from_numpy(data.dtype)
    if isinstance(data, bool):
        return dtypes.bool_
    if isinstance(data, float):
        return dtypes.get_default_dtype()
    if isinstance(data, int):
        return dtypes.int64
    if isinstance(data, complex):
        return dtypes.get_default_dtype().to_complex()
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, str | bytes):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if _is_sequence(data):
        found: dtype | None = None
        for x in data:
            if x is data:
                raise TypeError("new(): self-referential lists are incompatible")
            one = infer(x)
            found = one if found is None else dtypes.promote_types(found, one)
            if found is dtypes.complex128:
                break
        return found or dtypes.get_default_dtype()
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _warn_slow() -> None:
    warn(
        "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a "
        "single numpy.ndarray with numpy.array() before converting to a tensor.",
    )


def _collect(data: Any, shape: tuple[int, ...], dim: int, leaves: list) -> None:
    if dim == len(shape):
        leaves.append(data)
        return
    if shape[dim] == 0:
        return
    try:
        row = list(data)
    except TypeError:
        raise TypeError("not a sequence") from None
    if len(row) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(row)})")
    if dim == len(shape) - 1:
        leaves += row
        return
    for x in row:
        _collect(x, shape, dim + 1, leaves)


def _one(x: Any, to: dtype) -> Any:
    """One element as the array takes it."""
    if isinstance(x, Tensor):
        if x.shape.numel() != 1 and to.category != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        if to.category == 1 and (x.shape.numel() != 1 or x.dtype.category >= 2):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        if to.category >= 2:
            warn_of_gradient(x)
        x = x.item()
    elif isinstance(x, np.generic):
        x = x.item()
    if to.category >= 2:
        if isinstance(x, complex) and to.is_complex:
            return x
        try:
            value = x.__float__() if not isinstance(x, int | float) else float(x)
        except AttributeError:
            raise TypeError(f"must be real number, not {type(x).__name__}") from None
        with np.errstate(over="ignore"):
            return _narrow(np.array(value, np.float64), to)
    if to.category == 0:
        if isinstance(x, float | complex):
            return x != 0
        return operator.index(x) != 0
    if isinstance(x, float):
        info = np.iinfo(to.np)
        if not info.min <= x <= info.max:
            raise RuntimeError(f"value cannot be converted to type {to.name} without overflow")
        return int(x)
    value = operator.index(x)
    info = np.iinfo(to.np)
    if to is dtypes.uint64:
        if value < 0:
            raise OverflowError("can't convert negative int to unsigned")
        if value > info.max:
            raise OverflowError("int too big to convert")
        return value
    if not -(2**63) <= value < 2**63:
        raise ValueError("Overflow when unpacking long long")
    if not (info.min if to.is_signed else -int(info.max)) <= value <= info.max:
        raise RuntimeError(f"value cannot be converted to type {to.name} without overflow")
    return value & (1 << 8 * to.itemsize) - 1 if not to.is_signed else value
