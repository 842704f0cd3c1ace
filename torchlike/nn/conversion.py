"""Moving a module to a device or a data type: one pass over every parameter, gradient and buffer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from torchlike import devices, dtypes
from torchlike.autograd.modes import no_grad
from torchlike.nn.declared import torch
from torchlike.tensors.tensor import Tensor

__all__ = ["ConversionMethods"]

Self = TypeVar("Self", bound="ConversionMethods")


class ConversionMethods:
    """The methods of `Module` that convert its tensors, in place, and return the module."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]

    def children(self) -> Iterator[Any]:
        raise NotImplementedError

    def _apply(self: Self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        """Replace the data of every tensor by `fn(tensor)`, the children's first.

        A parameter stays the same object, so that an optimizer that holds it goes on working.
        """
        if recurse:
            for child in self.children():
                child._apply(fn)
        for param in self._parameters.values():
            if param is None:
                continue
            gradient = param.grad
            with no_grad():
                param.data = fn(param)
                if gradient is not None:
                    gradient.data = fn(gradient)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def cuda(self: Self, device: Any = None) -> Self:
        """Move every parameter and buffer to a GPU."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def cpu(self: Self) -> Self:
        """Move every parameter and buffer to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def type(self: Self, dst_type: Any) -> Self:
        """Cast every parameter and buffer, integers too, to `dst_type`."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self: Self) -> Self:
        """Cast the floating-point parameters and buffers to float32."""
        return self._apply(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)

    def double(self: Self) -> Self:
        """Cast the floating-point parameters and buffers to float64.

        Example:
            >>> import torchlike as torch
            >>> torch.nn.Linear(2, 2).double().weight.dtype
            torch.float64
        """
        return self._apply(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def half(self: Self) -> Self:
        """Cast the floating-point parameters and buffers to float16."""
        return self._apply(lambda tensor: tensor.half() if tensor.is_floating_point() else tensor)

    def bfloat16(self: Self) -> Self:
        """Cast the floating-point parameters and buffers to bfloat16."""
        return self._apply(lambda tensor: tensor.bfloat16() if tensor.is_floating_point() else tensor)

    def to_empty(self: Self, *, device: Any, recurse: bool = True) -> Self:
        """Move to `device` without copying the values, which are undefined afterwards."""
        return self._apply(lambda tensor: torch.empty_like(tensor, device=device), recurse=recurse)

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Move and cast: `to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)`.

        Integer parameters and buffers are moved but not cast.

        Args:
            device: where to.
            dtype: a floating-point or complex type.
            tensor: one whose device and dtype to take.
            non_blocking: as in `Tensor.to`.
            memory_format: of the 4-D and 5-D tensors.

        Raises:
            TypeError: if `dtype` is an integer type.

        Example:
            >>> import torchlike as torch
            >>> torch.nn.Linear(2, 2).to(torch.float64).weight.dtype
            torch.float64
        """
        device, dtype, non_blocking, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    "nn.Module.to only accepts floating point or complex dtypes, "
                    f"but got desired dtype={dtype}"
                )
            if dtype.is_complex:
                warnings.warn(
                    "Complex modules are a new feature under active development whose design may change, "
                    "and some modules might not work as expected when using complex tensors as parameters "
                    "or buffers. Please file an issue at "
                    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a complex "
                    "module does not work as expected.",
                    stacklevel=2,
                )

        def convert(tensor: Any) -> Any:
            castable = tensor.is_floating_point() or tensor.is_complex()
            options = {}
            if memory_format is not None and tensor.dim() in (4, 5):
                options["memory_format"] = memory_format
            return tensor.to(device, dtype if castable else None, non_blocking, **options)

        return self._apply(convert)

    def share_memory(self: Self) -> Self:
        """Move every parameter and buffer to memory that other processes can map."""
        return self._apply(lambda tensor: tensor.share_memory_())


_FORMS = (
    ("device", "dtype", "non_blocking", "copy"),
    ("dtype", "non_blocking", "copy"),
    ("tensor", "non_blocking", "copy"),
)
_KINDS: dict[str, tuple[type, ...]] = {
    "device": (devices.device, str, int, type(None)),
    "dtype": (dtypes.dtype, type(None)),
    "tensor": (Tensor,),
    "non_blocking": (bool,),
    "copy": (bool,),
}


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any, bool, Any]:
    """(device, dtype, non_blocking, memory_format) of any of the three ways to call `to`."""
    memory_format = kwargs.pop("memory_format", None)
    for names in _FORMS:
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names) or given.keys() & kwargs.keys() or not kwargs.keys() <= set(names):
            continue
        given.update(kwargs)
        if names[0] not in given and names[0] != "device":
            continue
        if all(isinstance(value, _KINDS[name]) for name, value in given.items()):
            break
    else:
        got = [_argument_type(value) for value in args]
        got += [f"{name}={_argument_type(value)}" for name, value in kwargs.items()]
        # PyTorch leaves a trailing comma and space where there are keywords only.
        listed = ", ".join(got) + (", " if not args else "")
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({listed}), but expected one of:\n"
            " * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, "
            "bool copy = False, *, torch.memory_format memory_format = None)\n"
            " * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
            "torch.memory_format memory_format = None)\n"
            " * (Tensor tensor, bool non_blocking = False, bool copy = False, *, "
            "torch.memory_format memory_format = None)\n"
        )
    if given.get("copy"):
        raise RuntimeError(".to() does not accept copy argument")
    if "tensor" in given:
        device, dtype = given["tensor"].device, given["tensor"].dtype
    else:
        device, dtype = given.get("device"), given.get("dtype")
    return (
        devices.device(device) if device is not None else None,
        dtype,
        given.get("non_blocking", False),
        memory_format,
    )


def _argument_type(value: Any) -> str:
    if isinstance(value, Tensor):
        return "Tensor"
    if isinstance(value, (dtypes.dtype, devices.device)):
        return f"torch.{type(value).__name__}"
    return type(value).__name__
