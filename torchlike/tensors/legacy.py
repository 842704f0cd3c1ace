"""PyTorch's old constructors: `torch.Tensor(2, 3)`, `torch.FloatTensor([1, 2])`, `Tensor.new`."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.engine import from_host
from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.tensors import nested
from torchlike.tensors.arguments import type_name
from torchlike.tensors.attributes import method
from torchlike.tensors.creation import adopt, full_of
from torchlike.tensors.dispatch import call_view
from torchlike.tensors.from_data import from_array, shared
from torchlike.tensors.placement import place
from torchlike.tensors.tensor import Tensor, alias

__all__ = ["TYPED", "set_default_tensor_type"]

_OVERLOADS = (
    " * (*, torch.device device = None)\n * (torch.Storage storage)\n * (Tensor other)\n * (tuple of ints size, *, "
    "torch.device device = None)\n * (object data, *, torch.device device = None)\n"
)


def _mismatch(args: tuple, kwargs: dict) -> TypeError:
    got = [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in kwargs.items()]
    return TypeError(
        f"new() received an invalid combination of arguments - got ({', '.join(got)}), but expected one "
        f"of:\n{_OVERLOADS}"
    )


def construct(to: dtype, args: tuple, kwargs: dict, base: bool) -> Tensor:
    """What `torch.Tensor(...)` (`base`) or a typed constructor makes of its arguments.

    Sizes give memory that PyTorch leaves uninitialised; it is zero here.

    Raises:
        TypeError: the arguments fit none of the forms.
    """
    kwargs = dict(kwargs)
    on = kwargs.pop("device", None)
    if "size" in kwargs and not args:
        args = (kwargs.pop("size"),)
    if "data" in kwargs and not args:
        args = (kwargs.pop("data"),)
    if kwargs:
        raise _mismatch(args, kwargs)
    on = place(None if on is None else _device(on))
    if not args:
        return full_of("new", (0,), 0, to, on)
    if len(args) == 1:
        return _from_one(to, args[0], on, base)
    for position, n in enumerate(args, 1):
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            if all(isinstance(x, int) for x in args[: position - 1]) and position > 1:
                raise TypeError(
                    f"new(): argument 'size' failed to unpack the object at pos {position} with error "
                    f'"type must be tuple of ints,but got {type(n).__name__}"'
                )
            raise _mismatch(args, kwargs)
    return full_of("new", tuple(n.__index__() for n in args), 0, to, on)


def _device(on: Any) -> Any:
    from torchlike.devices import as_device

    return as_device(on)


def _from_one(to: dtype, data: Any, on: Any, base: bool) -> Tensor:
    if isinstance(data, Tensor):
        if data.dtype is not to and not base:
            raise TypeError(
                f"expected TensorOptions(dtype={_CPP[to.name]}, device=cpu, layout=Strided, requires_grad=false "
                "(default), pinned_memory=false (default), memory_format=(nullopt)) (got "
                f"TensorOptions(dtype={_CPP[data.dtype.name]}, device=cpu, layout=Strided, requires_grad=false "
                "(default), pinned_memory=false (default), memory_format=(nullopt)))"
            )
        return call_view(declaration.get("_alias"), (data,))
    if isinstance(data, np.ndarray | np.generic):
        if isinstance(data, np.generic) or data.ndim == 0:
            if data.dtype.kind in "iu":
                return full_of("new", (int(data),), 0, to, on)
            raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
        with np.errstate(invalid="ignore", over="ignore"):
            return shared(data, to, on) if data.dtype == to.np else adopt(from_array(data).astype(to.np), on)
    if isinstance(data, int) and not isinstance(data, bool):
        return full_of("new", (data,), 0, to, on)
    if type(data).__name__ == "Size" and isinstance(data, tuple):
        return full_of("new", tuple(data), 0, to, on)
    if isinstance(data, str | bytes):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
    array, _ = nested.to_array(data, to)
    from torchlike.tensors.tensor import wrap

    return wrap(from_host(array, on))


_CPP = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int64": "long int",
    "int32": "int",
    "int16": "short int",
    "int8": "signed char",
    "uint8": "unsigned char",
    "bool": "bool",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def __new__(cls: type, *args: Any, **kwargs: Any) -> Any:
    made = construct(dtypes.get_default_dtype(), args, kwargs, base=True)
    return made if cls is Tensor else alias(made, cls)


method("__new__")(staticmethod(__new__))


@method()
def new(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A tensor of the same dtype and device from sizes or data, as `torch.Tensor(...)` takes them."""
    kwargs.setdefault("device", self.device)
    return construct(self.dtype, args, kwargs, base=False)


class _Kind(type):
    """The type of the typed constructors, which answers to `isinstance`."""

    dtype: dtype
    is_cuda: bool

    def __instancecheck__(cls, instance: object) -> bool:
        return (
            isinstance(instance, Tensor)
            and instance.dtype is cls.dtype
            and (instance.device.type == "cuda") == cls.is_cuda
        )

    def __repr__(cls) -> str:
        return f"<class 'torch.{'cuda.' if cls.is_cuda else ''}{cls.__name__}'>"


def _make_kind(to: dtype, is_cuda: bool) -> type:
    def construct_typed(cls: type, *args: Any, **kwargs: Any) -> Tensor:
        if is_cuda:
            try:
                kwargs.setdefault("device", place(_device("cuda")))
            except AssertionError:
                raise TypeError(
                    f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled."
                ) from None
        return construct(to, args, kwargs, base=False)

    body = {"__new__": construct_typed, "dtype": to, "is_cuda": is_cuda, "is_sparse": False, "__slots__": ()}
    body["__doc__"] = f"Makes tensors of {to!r} from sizes or data, as `torch.Tensor(...)` takes them."
    body["__module__"] = "torchlike.cuda" if is_cuda else "torchlike"
    return _Kind(f"{to.legacy_name}Tensor", (), body)


_KINDS = (
    dtypes.float32,
    dtypes.float64,
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.uint8,
    dtypes.int8,
    dtypes.int16,
    dtypes.int32,
    dtypes.int64,
    dtypes.bool_,
)
TYPED: dict[str, type] = {f"{d.legacy_name}Tensor": _make_kind(d, False) for d in _KINDS}
CUDA_TYPED: dict[str, type] = {f"{d.legacy_name}Tensor": _make_kind(d, True) for d in _KINDS}


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by a typed constructor or its name.

    Args:
        t: `torch.DoubleTensor` or `"torch.DoubleTensor"`; floating kinds on the CPU.

    Raises:
        TypeError: no floating-point kind.
    """
    if isinstance(t, str):
        found = TYPED.get(t.removeprefix("torch."))
        if t.startswith("torch.cuda."):
            raise missing("torch.set_default_tensor_type of a CUDA type", "torch.set_default_device")
        if found is None:
            raise ValueError(f"invalid type: '{t}'")
        t = found
    if not isinstance(t, _Kind):
        raise TypeError("invalid type object")
    if t.is_cuda:
        raise missing("torch.set_default_tensor_type of a CUDA type", "torch.set_default_device")
    if not t.dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    dtypes.set_default_dtype(t.dtype)
