"""Making tensors: filled, like another, evenly spaced.

Memory that PyTorch leaves uninitialised (`empty` and its kin) is zero here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.devices import CPU, device
from torchlike.dtypes import dtype, get_default_dtype
from torchlike.engine import from_host
from torchlike.errors import warn
from torchlike.tensors import layouts, nested, ranges
from torchlike.tensors.arguments import type_name
from torchlike.tensors.composite import composite
from torchlike.tensors.geometry import is_dense
from torchlike.tensors.overflow import element
from torchlike.tensors.placement import place
from torchlike.tensors.storage import contiguous_strides
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["adopt", "full_of", "holding"]

_OPTIONS = (
    "dtype? dtype=None, layout? layout=None, device? device=None, bool? pin_memory=False, "
    "bool? requires_grad=False"
)


def holding(
    array: np.ndarray,
    on: device = CPU,
    requires_grad: bool | None = False,
    strides: tuple[int, ...] | None = None,
) -> Tensor:
    """A tensor that owns a fresh NumPy array.

    Args:
        array: nobody writes to it any more.
        on: the device, one that this process has.
        requires_grad: whether it is a leaf of the graph.
        strides: of its memory, or None if contiguous.

    Raises:
        RuntimeError: `requires_grad` for a dtype that can carry no gradient.
    """
    t = wrap(from_host(array, on))
    if strides is not None:
        t._geometry = (strides, 0)
        t._storage.strides = strides
    if requires_grad:
        if t.dtype.category < 2:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t.requires_grad = True
    return t


def adopt(array: np.ndarray, on: device = CPU, requires_grad: bool | None = False) -> Tensor:
    """A tensor with the values and the strides of an array that belongs to someone else; the array is copied."""
    strides = tuple(s // array.itemsize for s in array.strides) if array.itemsize else None
    if strides is not None and (
        strides == contiguous_strides(array.shape) or not is_dense(array.shape, strides)
    ):
        strides = None
    return holding(np.array(array, order="C"), on, requires_grad, strides)


def _refuse_pinning(pin_memory: bool | None) -> None:
    if pin_memory:
        error = RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on "
            "this system."
        )
        error.add_note("JAX manages the memory of transfers itself; leave pin_memory at False.")
        raise error


def _check_size(name: str, size: tuple[int, ...]) -> None:
    if any(n < 0 for n in size):
        if name in ("zeros",):
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {list(size)}")
    count = 1
    for n in size:
        count *= n
    if count >= 2**61:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)}")


def full_of(
    name: str,
    size: tuple[int, ...],
    value: Any,
    to: dtype,
    on: device | None,
    requires_grad: bool | None = False,
    strides: tuple[int, ...] | None = None,
) -> Tensor:
    """A tensor of one number.

    Args:
        name: the function, for its messages.
        size: the shape.
        value: the number; 0 and 1 cost nothing to convert.
        to: the dtype.
        on: the device, or None for the default one.
        requires_grad: whether it is a leaf of the graph.
        strides: of its memory, or None if contiguous.
    """
    _check_size(name, size)
    if value == 0 and not isinstance(value, complex):
        array = np.zeros(size, to.np)
    else:
        array = np.full(size, element(value, to), to.np)
    return holding(array, place(on), requires_grad, strides)


@composite(f"scalar_tensor(Scalar s, *, {_OPTIONS}) -> Tensor", method=False)
def scalar_tensor(s, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("scalar_tensor", layout)
    return full_of("scalar_tensor", (), s, dtype or get_default_dtype(), device, requires_grad)


# -- filled -----------------------------------------------------------------------------------------------------------


def _declare_filled(name: str, value: int) -> None:
    @composite(f"{name}(int[] size, *, {_OPTIONS}) -> Tensor", method=False, out=True)
    def filled(size, dtype, layout, device, pin_memory, requires_grad):
        _refuse_pinning(pin_memory)
        layouts.check_strided(name, layout)
        return full_of(name, size, value, dtype or get_default_dtype(), device, requires_grad)

    memory = "memory_format? memory_format=None"

    @composite(
        f"{name}_like(Tensor self, *, {_OPTIONS.replace('=False', '=None')}, {memory}) -> Tensor",
        method=False,
    )
    def filled_like(self, dtype, layout, device, pin_memory, requires_grad, memory_format):
        _refuse_pinning(pin_memory)
        layouts.check_strided(f"{name}_like", layout)
        return _filled_like(name, self, value, dtype, device, requires_grad, memory_format)

    @composite(
        f"new_{name}(Tensor self, int[] size, *, {_OPTIONS.replace('=False', '=None')}) -> Tensor",
        namespaces=(),
    )
    def new_filled(self, size, dtype, layout, device, pin_memory, requires_grad):
        _refuse_pinning(pin_memory)
        layouts.check_strided(f"new_{name}", layout)
        return full_of(f"new_{name}", size, value, dtype or self.dtype, device or self.device, requires_grad)


def _filled_like(name, t, value, to, on, requires_grad, memory_format):
    strides = layouts.format_strides(memory_format, t.shape, t.stride())
    return full_of(f"{name}_like", t.shape, value, to or t.dtype, on or t.device, requires_grad, strides)


_declare_filled("zeros", 0)
_declare_filled("ones", 1)


@composite(
    f"empty(int[] size, *, {_OPTIONS}, memory_format? memory_format=None) -> Tensor", method=False, out=True
)
def empty(size, dtype, layout, device, pin_memory, requires_grad, memory_format):
    _refuse_pinning(pin_memory)
    layouts.check_strided("empty", layout)
    strides = None
    if memory_format is not None:
        strides = layouts.format_strides(memory_format, size, contiguous_strides(size))
    return full_of("empty", size, 0, dtype or get_default_dtype(), device, requires_grad, strides)


@composite(
    f"empty_like(Tensor self, *, {_OPTIONS.replace('=False', '=None')}, memory_format? memory_format=None) -> Tensor",
    method=False,
)
def empty_like(self, dtype, layout, device, pin_memory, requires_grad, memory_format):
    _refuse_pinning(pin_memory)
    layouts.check_strided("empty_like", layout)
    return _filled_like("empty", self, 0, dtype, device, requires_grad, memory_format)


@composite(
    f"new_empty(Tensor self, int[] size, *, {_OPTIONS.replace('=False', '=None')}) -> Tensor", namespaces=()
)
def new_empty(self, size, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("new_empty", layout)
    return full_of("new_empty", size, 0, dtype or self.dtype, device or self.device, requires_grad)


def _strided(name, size, stride, to, on, requires_grad):
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    if not is_dense(size, stride):
        t = full_of(name, (_span(size, stride),), 0, to, on)
        t = t.as_strided(size, stride)
        return t.requires_grad_() if requires_grad else t
    strides = None if tuple(stride) == contiguous_strides(size) else tuple(stride)
    return full_of(name, size, 0, to, on, requires_grad, strides)


def _span(size, stride):
    return 0 if 0 in size else 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))


@composite(f"empty_strided(int[] size, int[] stride, *, {_OPTIONS}) -> Tensor", method=False)
def empty_strided(size, stride, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("empty_strided", layout)
    return _strided("empty_strided", size, stride, dtype or get_default_dtype(), device, requires_grad)


@composite(
    f"new_empty_strided(Tensor self, int[] size, int[] stride, *, {_OPTIONS.replace('=False', '=None')}) -> Tensor",
    namespaces=(),
)
def new_empty_strided(self, size, stride, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("new_empty_strided", layout)
    return _strided(
        "new_empty_strided", size, stride, dtype or self.dtype, device or self.device, requires_grad
    )


def _kind_of(value: Any) -> dtype:
    """The dtype of `full` without one."""
    return nested.infer(value)


@composite(f"full(int[] size, any fill_value, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def full(size, fill_value, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("full", layout)
    value = _number("full", fill_value, 2)
    return full_of("full", size, value, dtype or _kind_of(value), device, requires_grad)


def _number(name: str, value: Any, position: int) -> Any:
    if isinstance(value, Tensor) and value.ndim == 0 and not value.requires_grad:
        return value.item()
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, int | float | complex):
        raise TypeError(
            f"{name}(): argument 'fill_value' (position {position}) must be Number, not {type_name(value)}"
        )
    return value


@composite(
    f"full_like(Tensor self, any fill_value, *, {_OPTIONS.replace('=False', '=None')}, memory_format? "
    "memory_format=None) -> Tensor",
    method=False,
)
def full_like(self, fill_value, dtype, layout, device, pin_memory, requires_grad, memory_format):
    _refuse_pinning(pin_memory)
    layouts.check_strided("full_like", layout)
    value = _number("full_like", fill_value, 2)
    return _filled_like("full", self, value, dtype, device, requires_grad, memory_format)


@composite(
    f"new_full(Tensor self, int[] size, any fill_value, *, {_OPTIONS.replace('=False', '=None')}) -> Tensor",
    namespaces=(),
)
def new_full(self, size, fill_value, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("new_full", layout)
    value = _number("new_full", fill_value, 2)
    return full_of("new_full", size, value, dtype or self.dtype, device or self.device, requires_grad)


# -- evenly spaced ----------------------------------------------------------------------------------------------------


def _range_dtype(to: dtype | None, *ends: Any) -> dtype:
    if to is not None:
        return to
    return dtypes.int64 if all(isinstance(x, int) for x in ends) else get_default_dtype()


def _arange(start, end, step, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("arange", layout)
    array = ranges.arange(start, end, step, _range_dtype(dtype, start, end, step))
    return holding(array, place(device), requires_grad)


@composite(f"arange(Scalar end, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def arange(end, *options):
    return _arange(0, end, 1, *options)


@composite(f"arange.start(Scalar start, Scalar end, *, {_OPTIONS}) -> Tensor", method=False)
def arange_start(start, end, *options):
    return _arange(start, end, 1, *options)


@composite(
    f"arange.start_step(Scalar start, Scalar end, Scalar step=1, *, {_OPTIONS}) -> Tensor",
    method=False,
    out=True,
)
def arange_start_step(start, end, step, *options):
    return _arange(start, end, step, *options)


@composite(f"range(Scalar start, Scalar end, Scalar step=1, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def range_(start, end, step, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("range", layout)
    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
    )
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (step > 0) != (end >= start) and start != end:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    to = dtype or get_default_dtype()
    count = int((end - start) / step) + 1
    kind: Any = np.int64 if to.category == 1 else np.float64
    array = (kind(start) + kind(step) * np.arange(count, dtype=kind)).astype(to.np)
    return holding(array, place(device), requires_grad)


def _check_end(name: str, start: Any, end: Any) -> tuple[Any, Any]:
    found = []
    for what, x in (("start", start), ("end", end)):
        if isinstance(x, Tensor):
            if x.ndim:
                raise RuntimeError(
                    f"{name} only supports 0-dimensional start and end tensors, but got {what} with {x.ndim} "
                    "dimension(s)."
                )
            x = x.item()
        found.append(x)
    return found[0], found[1]


def _spaced_dtype(to: dtype | None, start: Any, end: Any) -> dtype:
    if isinstance(start, complex) or isinstance(end, complex):
        if to is not None and not to.is_complex:
            raise RuntimeError(
                f"torch.linspace(): inferred dtype {get_default_dtype().to_complex()!r} can't be safely cast to passed "
                f"dtype {to!r}"
            )
        return to or get_default_dtype().to_complex()
    return to or get_default_dtype()


@composite(
    f"linspace(Tensor|Scalar start, Tensor|Scalar end, int steps, *, {_OPTIONS}) -> Tensor",
    method=False,
    out=True,
)
def linspace(start, end, steps, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("linspace", layout)
    start, end = _check_end("linspace", start, end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    array = ranges.linspace(start, end, steps, _spaced_dtype(dtype, start, end))
    return holding(array, place(device), requires_grad)


@composite(
    f"logspace(Tensor|Scalar start, Tensor|Scalar end, int steps, float base=10.0, *, {_OPTIONS}) -> Tensor",
    method=False,
    out=True,
)
def logspace(start, end, steps, base, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("logspace", layout)
    start, end = _check_end("logspace", start, end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    array = ranges.logspace(start, end, steps, base, _spaced_dtype(dtype, start, end))
    return holding(array, place(device), requires_grad)


def _eye(n, m, dtype, layout, device, pin_memory, requires_grad):
    _refuse_pinning(pin_memory)
    layouts.check_strided("eye", layout)
    for name, count in (("n", n), ("m", m)):
        if count < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {count}")
    to = dtype or get_default_dtype()
    return holding(np.eye(n, m).astype(to.np), place(device), requires_grad)


@composite(f"eye(int n, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def eye(n, *options):
    return _eye(n, n, *options)


@composite(f"eye.m(int n, int m, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def eye_m(n, m, *options):
    return _eye(n, m, *options)
