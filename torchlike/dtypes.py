"""Data types, the promotion lattice and the default floating type.

A `dtype` prints as PyTorch's does (`torch.float32`), because printed text is part of what a port must keep.
"""

from __future__ import annotations

from collections.abc import Callable

import ml_dtypes
import numpy as np

__all__ = [
    "ALL_DTYPES",
    "can_cast",
    "dtype",
    "finfo",
    "from_numpy",
    "get_default_dtype",
    "iinfo",
    "on_default_change",
    "promote_types",
    "set_default_dtype",
]


class dtype:
    """A tensor's element type.

    Attributes:
        name: PyTorch's name, `float32`.
        np: the NumPy dtype that holds it.
        itemsize: bytes an element.
        is_floating_point, is_complex, is_signed: as in PyTorch.
        category: 0 bool, 1 integer, 2 floating, 3 complex; the rungs of promotion.

    Example:
        >>> import torchlike as torch
        >>> torch.float32, torch.float32.itemsize
        (torch.float32, 4)
    """

    __slots__ = (
        "name",
        "np",
        "itemsize",
        "is_floating_point",
        "is_complex",
        "is_signed",
        "category",
        "legacy_name",
        "__weakref__",
    )

    def __init__(self, name: str, np_type: object, category: int, legacy_name: str) -> None:
        self.name = name
        self.np = np.dtype(np_type)  # type: ignore[call-overload]
        self.itemsize = self.np.itemsize
        self.category = category
        self.is_floating_point = category == 2
        self.is_complex = category == 3
        self.is_signed = name != "bool" and not name.startswith("uint")
        self.legacy_name = legacy_name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple:
        return (_by_name, (self.name,))

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: dict) -> dtype:
        return self

    def to_real(self) -> dtype:
        """The real type of this type's components: `complex64` gives `float32`."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def to_complex(self) -> dtype:
        """The complex type with this type's components: `float32` gives `complex64`."""
        return {"float64": complex128, "complex64": complex64, "complex128": complex128}.get(
            self.name, complex64
        )


uint8 = dtype("uint8", np.uint8, 1, "Byte")
int8 = dtype("int8", np.int8, 1, "Char")
int16 = dtype("int16", np.int16, 1, "Short")
int32 = dtype("int32", np.int32, 1, "Int")
int64 = dtype("int64", np.int64, 1, "Long")
uint16 = dtype("uint16", np.uint16, 1, "UInt16")
uint32 = dtype("uint32", np.uint32, 1, "UInt32")
uint64 = dtype("uint64", np.uint64, 1, "UInt64")
float16 = dtype("float16", np.float16, 2, "Half")
float32 = dtype("float32", np.float32, 2, "Float")
float64 = dtype("float64", np.float64, 2, "Double")
bfloat16 = dtype("bfloat16", ml_dtypes.bfloat16, 2, "BFloat16")
complex64 = dtype("complex64", np.complex64, 3, "ComplexFloat")
complex128 = dtype("complex128", np.complex128, 3, "ComplexDouble")
bool_ = dtype("bool", np.bool_, 0, "Bool")

ALL_DTYPES: tuple[dtype, ...] = (
    uint8,
    int8,
    int16,
    int32,
    int64,
    uint16,
    uint32,
    uint64,
    float16,
    float32,
    float64,
    bfloat16,
    complex64,
    complex128,
    bool_,
)

# PyTorch's second names.
ALIASES: dict[str, dtype] = {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}

_NAMES = {d.name: d for d in ALL_DTYPES}
_FROM_NUMPY = {d.np: d for d in ALL_DTYPES}


def _by_name(name: str) -> dtype:
    return _NAMES[name]


def from_numpy(np_dtype: object) -> dtype:
    """The `dtype` that holds a NumPy dtype.

    Raises:
        TypeError: NumPy's type has no counterpart (strings, objects, dates).
    """
    found = _FROM_NUMPY.get(np.dtype(np_dtype))  # type: ignore[call-overload]
    if found is None:
        shown = np.dtype(np_dtype)  # type: ignore[call-overload]
        raise TypeError(
            f"can't convert np.ndarray of type {shown.type.__module__}.{shown.type.__name__}. The only supported "
            "types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, "
            "uint16, uint8, and bool."
        )
    return found


_SIGNED_BY_SIZE = {1: int8, 2: int16, 4: int32, 8: int64}
# Storage without arithmetic: they meet floating types only.
_WIDE_UNSIGNED = (uint16, uint32, uint64)


def _promote(a: dtype, b: dtype) -> dtype:
    if a is b:
        return a
    if (a in _WIDE_UNSIGNED or b in _WIDE_UNSIGNED) and 2 not in (a.category, b.category):
        raise RuntimeError(
            f"Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{a.legacy_name} and {b.legacy_name}"
        )
    if a.category != b.category:
        low, high = (a, b) if a.category < b.category else (b, a)
        if high is complex64 and low is float64:
            return complex128
        return high
    if a.category == 3:
        return complex128
    if a.category == 2:
        if float64 in (a, b):
            return float64
        return float32  # any two of half, bfloat16 and float differ only upwards
    if a.is_signed == b.is_signed:
        return a if a.itemsize >= b.itemsize else b
    signed = a if a.is_signed else b
    return int16 if signed is int8 else signed


_promotions: dict[tuple[dtype, dtype], dtype] = {}


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that holds the values of both, by PyTorch's lattice.

    Args:
        type1: one type.
        type2: the other.

    Returns:
        The promoted type.

    Example:
        >>> import torchlike as torch
        >>> torch.promote_types(torch.int64, torch.float16)
        torch.float16
    """
    key = (type1, type2)
    found = _promotions.get(key)
    if found is None:
        found = _promotions[key] = _promote(type1, type2)
    return found


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether PyTorch lets a result of type `from_` be stored into a tensor of type `to`.

    Example:
        >>> import torchlike as torch
        >>> torch.can_cast(torch.float32, torch.int64)
        False
    """
    return from_.category <= to.category


_default = float32
# Called when the default changes: what was learnt under the old one must be forgotten.
on_default_change: list[Callable[[], None]] = []


def get_default_dtype() -> dtype:
    """The type given to Python floats and to factories without a `dtype`."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the type given to Python floats and to factories without a `dtype`.

    Raises:
        TypeError: `d` is not a floating-point `dtype`.
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    if d is not _default:
        _default = d
        for forget in on_default_change:
            forget()


class finfo:
    """Limits of a floating type: `eps`, `max`, `min`, `tiny`, `smallest_normal`, `resolution`, `bits`.

    Example:
        >>> import torchlike as torch
        >>> torch.finfo(torch.float32).eps
        1.1920928955078125e-07
    """

    def __init__(self, type: dtype | None = None) -> None:
        d = get_default_dtype() if type is None else type
        if not isinstance(d, dtype):
            raise TypeError(f"finfo(): argument 'type' (position 1) must be torch.dtype, not {_type_name(d)}")
        if not (d.is_floating_point or d.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        info = ml_dtypes.finfo(d.to_real().np)
        self.bits = int(info.bits)
        self.eps = float(info.eps)
        self.max = float(info.max)
        self.min = float(info.min)
        self.tiny = self.smallest_normal = float(info.smallest_normal)
        self.resolution = float(info.resolution)
        self.dtype = d.to_real().name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer type: `min`, `max`, `bits`.

    Example:
        >>> import torchlike as torch
        >>> torch.iinfo(torch.int8).max
        127
    """

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype):
            raise TypeError(
                f"iinfo(): argument 'type' (position 1) must be torch.dtype, not {_type_name(type)}"
            )
        if type.category == 0:
            raise RuntimeError("\"iinfo\" not implemented for 'Bool'")
        if type.category != 1:
            raise TypeError(
                "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'"
            )
        info = np.iinfo(type.np)
        self.bits = int(info.bits)
        self.max = int(info.max)
        self.min = int(info.min)
        self.dtype = type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def _type_name(value: object) -> str:
    return value.__class__.__name__
