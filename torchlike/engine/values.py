"""Avals and values: what an operator's inputs and outputs are to the engine.

An `Aval` is a shape, a dtype and a device, interned so that one is compared and hashed by identity. A `Value` has an
aval and either an array or a slot of a pending trace. Neither knows of tensors or gradients.
"""

from __future__ import annotations

from math import prod
from sys import getrefcount
from typing import Any
from weakref import WeakValueDictionary

import jax
import numpy as np

from torchlike import dtypes
from torchlike.devices import CPU, device
from torchlike.sizes import Size

__all__ = [
    "FAILED",
    "UNHELD",
    "Aval",
    "Value",
    "aval",
    "aval_of",
    "counts",
    "from_host",
    "is_traced",
    "same_bits",
]


FAILED = "the program that computes this value failed earlier; see the first error"


class Aval:
    """A shape, dtype and device. Get one from `aval()`: equal ones are the same object."""

    __slots__ = ("shape", "dtype", "device", "nbytes", "__weakref__")

    def __init__(self, shape: Size, dtype: dtypes.dtype, on: device) -> None:
        self.shape = shape
        self.dtype = dtype
        self.device = on
        self.nbytes = prod(shape) * dtype.itemsize

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def struct(self) -> jax.ShapeDtypeStruct:
        """The same thing in JAX's terms."""
        return jax.ShapeDtypeStruct(tuple(self.shape), self.dtype.np)

    def __repr__(self) -> str:
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]"


_interned: WeakValueDictionary[tuple, Aval] = WeakValueDictionary()


def aval(shape: tuple, dtype: dtypes.dtype, on: device = CPU) -> Aval:
    """The one `Aval` of this shape, dtype and device."""
    key = (tuple(shape), dtype, on)
    found = _interned.get(key)
    if found is None:
        found = Aval(Size(shape), dtype, on)
        # setdefault: another thread may have interned the same one in between.
        found = _interned.setdefault(key, found)
    return found


def aval_of(array: object, on: device = CPU) -> Aval:
    """The aval of a NumPy or JAX array (or tracer)."""
    return aval(array.shape, dtypes.from_numpy(array.dtype), on)  # type: ignore[attr-defined]


class Value:
    """An aval with an array, or with a slot of the pending trace that will compute the array.

    Attributes:
        aval: shape, dtype, device.
        array: a JAX array, or a NumPy array not yet sent to its device, or None while pending.
        trace: the trace in which `slot` is valid.
        slot: the position there.
        shared: someone outside the engine may hold the array's memory, so it is never donated.
        uses: how many traces have read it while it was a NumPy array.
        bounds: (min, max) of an index array, once known.
    """

    __slots__ = ("aval", "array", "trace", "slot", "shared", "uses", "bounds", "__weakref__")

    def __init__(self, aval: Aval, array: Any = None, trace: Any = None, slot: int = 0) -> None:
        self.aval = aval
        self.array = array
        self.trace = trace
        self.slot = slot
        self.shared = False
        self.uses = 0
        self.bounds: tuple[int, int] | None = None

    def get(self) -> jax.Array | np.ndarray:
        """The array, running the pending trace if it has to be computed first."""
        if self.array is None:
            self.trace.flush()
            if self.array is None:
                raise RuntimeError(FAILED)
        return self.array

    def numpy(self) -> np.ndarray:
        """The array on the host (read-only where it is the device's own memory)."""
        from torchlike.engine import checks

        array = self.get()
        checks.verify()
        return np.asarray(array)

    def is_same(self, other: Value) -> bool:
        """Whether two values are equal to the bit. It waits for them."""
        a, b = self.get(), other.get()
        if a is b or self.aval is not other.aval or is_traced(a) or is_traced(b):
            return a is b
        return same_bits(np.asarray(a), np.asarray(b))

    def __repr__(self) -> str:
        state = "pending" if self.array is None else "ready"
        return f"Value({self.aval}, {state})"


def from_host(array: np.ndarray, on: device = CPU) -> Value:
    """A value that holds a NumPy array; the caller must not write to the array afterwards."""
    return Value(aval_of(array, on), array)


def counts(values: list) -> list[int]:
    """How many references there are to each of some values."""
    return [getrefcount(v) for v in values]


# The count of a value that only this list holds, which differs between versions of Python.
UNHELD = counts([object()])[0]


_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays of a shape and dtype are equal to the bit, NaNs included."""
    if a.dtype.kind == "c":
        return same_bits(a.real, b.real) and same_bits(a.imag, b.imag)
    bits = _BITS[a.itemsize]
    return bool((a.view(bits) == b.view(bits)).all())


def is_traced(array: object) -> bool:
    """Whether an array is one of JAX's tracers (inside `jax.jit`, `jax.grad`, `jax.vmap`)."""
    return isinstance(array, jax.core.Tracer)
