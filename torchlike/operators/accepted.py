"""Sets of dtypes that PyTorch's kernels accept, for `accepts`; the names of dtypes in C++."""

from __future__ import annotations

from torchlike import dtypes
from torchlike.dtypes import dtype

__all__ = [
    "BOOL",
    "COMPLEX",
    "FLOATING",
    "INTEGRAL",
    "NUMERIC",
    "REAL",
    "SINGLE_AND_DOUBLE",
    "STANDARD",
    "UNSIGNED",
    "in_c",
]

BOOL: frozenset[dtype] = frozenset({dtypes.bool_})
INTEGRAL: frozenset[dtype] = frozenset({dtypes.uint8, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64})
# The unsigned types that PyTorch has storage and conversions for, but hardly any kernels.
UNSIGNED: frozenset[dtype] = frozenset({dtypes.uint16, dtypes.uint32, dtypes.uint64})
FLOATING: frozenset[dtype] = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64})
SINGLE_AND_DOUBLE: frozenset[dtype] = frozenset({dtypes.float32, dtypes.float64})
COMPLEX: frozenset[dtype] = frozenset({dtypes.complex64, dtypes.complex128})

REAL = INTEGRAL | FLOATING
NUMERIC = REAL | COMPLEX
STANDARD = BOOL | NUMERIC

_IN_C = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def in_c(d: dtype) -> str:
    """A dtype's name in C++, as some of PyTorch's messages give it."""
    return _IN_C.get(d.name, d.name)
