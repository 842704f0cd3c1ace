"""Out of tensors into Python and NumPy: `item`, `tolist`, `numpy`, and the conversions that Python asks for.

Each of these waits for what is pending.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.errors import warn
from torchlike.tensors.attributes import method
from torchlike.tensors.host_memory import live, shared_array, sharing
from torchlike.tensors.host_reading import ready_array
from torchlike.tensors.tensor import Tensor

__all__ = ["host_array", "warn_of_gradient"]


def host_array(t: Tensor) -> np.ndarray:
    """The elements on the host, read-only where it is the device's own memory."""
    # A row of a tensor that is ready needs no program, and no end of the pending one.
    found = live(t) if t._view is None else ready_array(t)
    return t._value().numpy() if found is None else found


@method()
def item(self: Tensor) -> Any:
    """The only element as a Python number.

    Raises:
        RuntimeError: the tensor has not exactly one element.

    Example:
        >>> import torchlike as torch
        >>> torch.tensor([2.5]).item()
        2.5
    """
    array = host_array(self)
    if array.size != 1:
        raise RuntimeError(f"a Tensor with {array.size} elements cannot be converted to Scalar")
    if array.dtype == dtypes.bfloat16.np:
        return float(array.reshape(())[()])
    return array.item()


@method()
def tolist(self: Tensor) -> Any:
    """The elements as nested lists of Python numbers; of a zero-dimensional tensor, the number.

    Example:
        >>> import torchlike as torch
        >>> torch.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
    """
    array = host_array(self)
    if array.dtype == dtypes.bfloat16.np:
        array = array.astype(np.float32)
    return array.tolist()


@method()
def numpy(self: Tensor, *, force: bool = False) -> np.ndarray:
    """The elements as a NumPy array in the same memory: what is written to either, the other shows.

    While there is such an array, each operator that reads the tensor copies it, and each write to it is done at once.

    Args:
        force: detach, and copy from an accelerator, if need be.

    Raises:
        RuntimeError: the tensor requires grad, gradients are recorded and `force` is False.
        TypeError: NumPy has no such dtype, or the tensor is not on the CPU.

    Example:
        >>> import torchlike as torch
        >>> t = torch.ones(2)
        >>> n = t.numpy()
        >>> t.add_(1)
        tensor([2., 2.])
        >>> n
        array([2., 2.], dtype=float32)
    """
    if not force:
        if self.device.type != "cpu":
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                "memory first."
            )
        if state.enabled and self._gradient_edge() is not None:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
    if self.dtype is dtypes.bfloat16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    return shared_array(self) if self.device.type == "cpu" else np.array(host_array(self))


@method("__array__")
def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    array = self.numpy()
    if dtype is not None and array.dtype != dtype:
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return array.astype(dtype)
    return array.copy(order="K") if copy else array


@method("__array_wrap__")
def __array_wrap__(self: Tensor, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Any:
    from torchlike.tensors.from_data import from_array

    return sharing(from_array(array.astype(np.uint8) if array.dtype == np.bool_ else np.asarray(array)))


@method("__bool__")
def __bool__(self: Tensor) -> bool:
    count = self.shape.numel()
    if count != 1:
        which = "no values" if count == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {which} is ambiguous")
    return bool(host_array(self).reshape(())[()])


def _only(self: Tensor) -> Any:
    if self.shape.numel() != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return item(self)


def warn_of_gradient(t: Tensor) -> None:
    """Warn, once, where a number is made of a tensor that requires grad."""
    if t.requires_grad and state.enabled:
        warn(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first.",
            once=True,
        )


@method("__int__", "__long__")
def __int__(self: Tensor) -> int:
    value = _only(self)
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
        value = value.real
    return int(value)


@method("__float__")
def __float__(self: Tensor) -> float:
    value = _only(self)
    warn_of_gradient(self)
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError("value cannot be converted to type double without overflow")
        value = value.real
    return float(value)


@method("__complex__")
def __complex__(self: Tensor) -> complex:
    value = _only(self)
    warn_of_gradient(self)
    return complex(value)


@method("__index__")
def __index__(self: Tensor) -> int:
    if self.shape.numel() != 1 or self.dtype.category >= 2:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return operator.index(int(item(self)))


@method("__len__")
def __len__(self: Tensor) -> int:
    shape = self.shape
    if not shape:
        raise TypeError("len() of a 0-d tensor")
    return shape[0]


@method("__reversed__")
def __reversed__(self: Tensor) -> Tensor:
    return self if self.ndim == 0 else self.flip(0)


@method("__contains__")
def __contains__(self: Tensor, element: Any) -> bool:
    if isinstance(element, Tensor | int | float | complex):
        equal: Any = element == self
        return bool(equal.any().item())
    raise RuntimeError(
        f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
    )


@method("__format__")
def __format__(self: Tensor, spec: str) -> str:
    if self.ndim == 0 and type(self) is Tensor:
        return item(self).__format__(spec)
    return object.__format__(self, spec)


@method("__hash__")
def __hash__(self: Tensor) -> int:
    return id(self)
