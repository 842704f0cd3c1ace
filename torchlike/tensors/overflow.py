"""Python numbers as elements of a dtype, with PyTorch's refusals where one does not fit."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype

__all__ = ["element", "fits"]

_CPP_NAMES = {
    "bool": "bool",
    "uint8": "uint8_t",
    "int8": "int8_t",
    "int16": "int16_t",
    "int32": "int",
    "int64": "int64_t",
    "uint16": "uint16_t",
    "uint32": "uint32_t",
    "uint64": "uint64_t",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def fits(value: complex, to: dtype) -> bool:
    """Whether a number can become an element: unsigned types take negative integers, infinities and NaN stay."""
    if to.category == 0:
        return True
    if isinstance(value, complex):
        if to.is_complex:
            return fits(value.real, to.to_real()) and fits(value.imag, to.to_real())
        return value.imag == 0 and fits(value.real, to)
    if to.category >= 2:
        if isinstance(value, float) and not math.isfinite(value):
            return True
        limit = float(ml_dtypes.finfo(to.to_real().np).max)
        return -limit <= value <= limit
    info = np.iinfo(to.np)
    low = int(info.min)
    if not to.is_signed and not isinstance(value, float):
        low = -int(info.max)
    return low <= value <= info.max


def element(value: Any, to: dtype) -> np.ndarray:
    """A zero-dimensional array with the number as an element of `to`.

    Raises:
        RuntimeError: it does not fit, in PyTorch's words.
        OverflowError: it is no 64-bit integer.
    """
    if not isinstance(value, int | float | complex):
        value = value.item()
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise OverflowError("int too big to convert")
    if not fits(value, to):
        raise RuntimeError(f"value cannot be converted to type {_CPP_NAMES[to.name]} without overflow")
    if isinstance(value, complex) and not to.is_complex:
        value = value.real
    if to.category == 1:
        return np.array(int(value) & (1 << 8 * to.itemsize) - 1, np.uint64).astype(to.np)
    if to in (dtypes.float16, dtypes.bfloat16):
        return np.array(value, np.float32).astype(to.np)
    return np.array(value, to.np)
