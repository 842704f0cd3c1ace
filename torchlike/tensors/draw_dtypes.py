"""What PyTorch's random kernels do with types: how they refuse some and how they round to the others."""

from __future__ import annotations

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype

__all__ = ["CPP_NAMES", "compute_dtype", "narrow", "not_implemented", "numel"]

CPP_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "uint16": "short unsigned int",
    "uint32": "unsigned int",
    "uint64": "long unsigned int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}
"""The names of element types in those of PyTorch's messages that print a C++ type."""


def not_implemented(kernel: str, type: dtype) -> NotImplementedError:
    """PyTorch's error for a kernel without an instance for `type`."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{type.legacy_name}'")


def compute_dtype(type: dtype) -> np.dtype:
    """The NumPy type that PyTorch computes a floating `type` in: float32 for the half types, else its own."""
    return np.dtype(np.float64 if type is dtypes.float64 else np.float32)


def narrow(values: np.ndarray, type: dtype) -> np.ndarray:
    """Round float64 values to `type` as PyTorch's element casts do.

    The half types are reached through float32, and integers through 64 bits, of which the lower ones stay.
    """
    if type is dtypes.float64:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        if type is dtypes.float32:
            return values.astype(np.float32)
        if type.is_floating_point:
            return values.astype(np.float32).astype(type.np)
        return values.astype(np.int64).astype(type.np)


def numel(shape: tuple[int, ...]) -> int:
    """The number of elements of `shape`."""
    count = 1
    for size in shape:
        count *= size
    return count
