"""A call's arguments and a kernel's results, made what a schema says they are, or refused in `torch.ops`' words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from torchlike import dtypes
from torchlike.devices import device
from torchlike.engine.values import is_traced
from torchlike.library.function_schema import (
    Argument,
    FunctionSchema,
    SchemaType,
    dtype_of_number,
    number_of_dtype,
)
from torchlike.operators.schema import MISSING
from torchlike.tensors.arguments import type_name
from torchlike.tensors.tensor import Tensor

__all__ = ["arranged", "matched", "returned", "tensors_in"]


_MIN_INT, _MAX_INT = -(1 << 63), (1 << 63) - 1


class _Refused(Exception):
    """A value is not of a type; the text says why as PyTorch does."""


def _no_cast(v: object) -> _Refused:
    cls = type(v)
    shown = f"<class 'torch.{cls.__name__}'>" if cls.__module__.startswith("torchlike") else repr(cls)
    return _Refused(
        f"Unable to cast Python instance of type {shown} to C++ type '?' (#define "
        "PYBIND11_DETAILED_ERROR_MESSAGES or compile in debug mode for details)"
    )


def _shown(v: Any, text: Callable[[Any], str] = str) -> str:
    """A value in a message; a fake tensor has nothing to print."""
    if any(is_traced(t._value().array) for t in tensors_in((v,))):
        if isinstance(v, Tensor):
            return f"FakeTensor(..., size={tuple(v.shape)})"
        inside = ", ".join(_shown(x, repr) for x in v)
        return f"[{inside}]" if isinstance(v, list) else f"({inside})"
    return text(v)


def _tensor(v: Any) -> Any:
    if v is None or isinstance(v, Tensor):
        return v
    raise _Refused(f"Unable to cast {_shown(v)} to Tensor")


def _symbolic_int(v: Any) -> int:
    # NumPy's floating numbers and tensors of one element lose their fraction; Python's own are refused.
    if isinstance(v, float):
        raise _no_cast(v)
    n = v if v.__class__ is int else _by_method(int, v, "__int__", "__index__")
    if not _MIN_INT <= n <= _MAX_INT:
        raise _no_cast(v)
    return n


def _int(v: Any) -> int:
    return number_of_dtype(v) if isinstance(v, dtypes.dtype) else _symbolic_int(v)


def _float(v: Any) -> float:
    return v if v.__class__ is float else _by_method(float, v, "__float__", "__index__")


def _complex(v: Any) -> complex:
    return _by_method(complex, v, "__complex__", "__float__", "__index__")


def _bool(v: Any) -> bool:
    return False if v is None else _by_method(bool, v, "__bool__")


def _by_method(make: Callable[[Any], Any], v: Any, *methods: str) -> Any:
    """A number made of what has one of these methods."""
    if any(hasattr(type(v), name) for name in methods):
        try:
            return make(v)
        except (TypeError, ValueError, RuntimeError):  # of several elements
            pass
    raise _no_cast(v)


def _str(v: Any) -> str:
    if isinstance(v, str):
        return v
    if isinstance(v, bytes):
        return v.decode()
    raise _no_cast(v)


def _number(v: Any) -> Any:
    if isinstance(v, bool | complex):
        return v
    if isinstance(v, float):
        return float(v)
    if isinstance(v, int):
        if not _MIN_INT <= v <= _MAX_INT:
            raise OverflowError("int too big to convert")
        return v
    if isinstance(v, dtypes.dtype):
        return number_of_dtype(v)
    raise _Refused(f"Cannot cast {_shown(v)} to number")


def _number_or_tensor(v: Any) -> Any:
    return v if isinstance(v, Tensor) else _number(v)


def _dtype(v: Any) -> dtypes.dtype:
    return v if isinstance(v, dtypes.dtype) else dtype_of_number(_symbolic_int(v))


def _device(v: Any) -> device:
    if isinstance(v, device):
        return v
    if isinstance(v, str | bytes):
        return device(_str(v))
    raise _no_cast(v)


def _of_class(name: str) -> Callable[[Any], Any]:
    def convert(v: Any) -> Any:
        if type(v).__name__ == name:
            return v
        raise _no_cast(v)

    return convert


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "Tensor": _tensor,
    "int": _int,
    "SymInt": _symbolic_int,
    "float": _float,
    "complex": _complex,
    "bool": _bool,
    "str": _str,
    "Scalar": _number,
    "Tensor|Scalar": _number_or_tensor,
    "ScalarType": _dtype,
    "Device": _device,
    "Layout": _of_class("layout"),
    "MemoryFormat": _of_class("memory_format"),
    "Generator": _of_class("Generator"),
    "Any": lambda v: v,
}
# Lists of these PyTorch converts as a whole, so its complaint is about the list.
_WHOLE = ("int", "float", "complex", "bool", "Tensor")
# Of these, one stands for all n of `int[n]`.
_SPREAD = {"int": int, "float": float}


@lru_cache(maxsize=1024)
def _converter(of: SchemaType) -> Callable[[Any], Any]:
    """What makes a value one of a type, or raises `_Refused`, or TypeError for what should be a sequence."""
    if of.kind == "Optional":
        inside = _converter(of.inner[0])
        return lambda v: None if v is None else inside(v)
    if of.kind == "Tuple":
        return _tuple_converter(of)
    if of.kind == "List":
        return _list_converter(of)
    return _CONVERTERS[of.kind]


def _list_converter(of: SchemaType) -> Callable[[Any], Any]:
    element = of.inner[0]
    convert = _converter(element)
    whole = element.kind in _WHOLE

    def convert_list(v: Any) -> list:
        if of.size is not None and isinstance(v, _SPREAD.get(element.kind, ())):
            return [convert(v)] * of.size
        if whole and not _is_sequence(v) or element.kind == "SymInt" and isinstance(v, Tensor) and v.ndim:
            raise _no_cast(v)
        if isinstance(v, dtypes.dtype | device):
            raise TypeError(f"'{type_name(v)}' object is not iterable")
        # Raises TypeError for what else is no sequence, as PyTorch does.
        elements = iter(v)
        try:
            return [_present(convert(x)) if element.kind == "Tensor" else convert(x) for x in elements]
        except _Refused:
            if whole:
                raise _no_cast(v) from None
            raise

    return convert_list


def _is_sequence(v: Any) -> bool:
    """Whether PyTorch makes a list of numbers of it.

    Raises:
        TypeError: it is NumPy's array of no dimensions.
    """
    if isinstance(v, list | tuple | set | frozenset):
        return True
    kind = type(v)
    if isinstance(v, str | bytes | dict | Tensor) or not (
        hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
    ):
        return False
    return len(v) >= 0


def _present(t: Any) -> Any:
    if t is None:
        raise _Refused("")
    return t


def _tuple_converter(of: SchemaType) -> Callable[[Any], tuple]:
    converters = [_converter(t) for t in of.inner]

    def convert_tuple(v: Any) -> tuple:
        if not isinstance(v, Sequence):
            raise TypeError(f"Object of type '{type_name(v)}' is not an instance of 'sequence'")
        if len(v) != len(converters):
            raise _Refused(f"Object had a different number of elements than type {of}")
        return tuple([c(x) for c, x in zip(converters, v, strict=True)])

    return convert_tuple


def matched(
    schema: FunctionSchema, args: tuple, kwargs: dict[str, Any], numbers_as_tensors: bool = False
) -> list:
    """A call's arguments in the schema's order, defaults filled in.

    Args:
        schema: the schema.
        args, kwargs: the call.
        numbers_as_tensors: whether a number may stand for a tensor.

    Raises:
        RuntimeError: they do not fit, in PyTorch's words.
    """
    arguments = schema.arguments
    given = len(args) + len(kwargs)
    if given > len(arguments):
        raise RuntimeError(
            f"{schema.name}() expected at most {len(arguments)} argument(s) but received {given} argument(s). "
            f"Declaration: {schema}"
        )
    values = [_converted(schema, i, v, numbers_as_tensors) for i, v in enumerate(args[: schema.positional])]
    if len(args) > schema.positional:
        raise RuntimeError(
            f"{schema.name}() takes {schema.positional} positional argument(s) but {len(args)} was/were given.  "
            f"Declaration: {schema}"
        )
    used = 0
    for i in range(len(args), len(arguments)):
        a = arguments[i]
        if a.name in kwargs:
            values.append(_converted(schema, i, kwargs[a.name], numbers_as_tensors))
            used += 1
        elif a.default is not MISSING:
            values.append(a.default)
        else:
            raise RuntimeError(
                f"{schema.name}() is missing value for argument '{a.name}'. Declaration: {schema}"
            )
    if used < len(kwargs):
        names = {a.name for a in arguments}
        for name in kwargs:
            if name not in names:
                raise RuntimeError(
                    f"Unknown keyword argument '{name}' for operator '{schema.name}'. Schema: {schema}"
                )
        twice = next(a.name for a in arguments if a.name in kwargs)
        raise RuntimeError(
            f"Argument '{twice}' specified both as positional and keyword argument. Schema: {schema}"
        )
    return values


def _converted(schema: FunctionSchema, position: int, v: Any, numbers_as_tensors: bool) -> Any:
    a = schema.arguments[position]
    if numbers_as_tensors and a.type.kind == "Tensor" and isinstance(v, int | float | complex):
        return v
    try:
        return _converter(a.type)(v)
    except (_Refused, TypeError) as error:
        if isinstance(error, _Refused):
            why = f"\nCast error details: {error}"
        else:
            why = f"\n Python error details: TypeError: {error}"
        raise RuntimeError(
            f"{schema.name}() Expected a value of type '{a.type}' for argument '{a.name}' but instead found type "
            f"'{type_name(v).rpartition('.')[2]}'.\nPosition: {position}\nValue: "
            f"{_shown(v, repr)}\nDeclaration: {schema}{why}"
        ) from None


def arranged(schema: FunctionSchema, values: list) -> tuple[tuple, dict[str, Any]]:
    """The arguments as a kernel is called with them: what equals its default is left out where the rest allows it."""
    count = schema.positional
    kwargs = {
        a.name: v
        for a, v in zip(schema.arguments[count:], values[count:], strict=True)
        if not _is_default(a, v)
    }
    while count and _is_default(schema.arguments[count - 1], values[count - 1]):
        count -= 1
    return tuple(values[:count]), kwargs


def _is_default(a: Argument, v: Any) -> bool:
    if a.default is MISSING:
        return False
    if v is None or a.default is None:
        return v is a.default
    return not isinstance(v, Tensor) and type(v) is type(a.default) and v == a.default


def returned(schema: FunctionSchema, result: Any) -> Any:
    """What a kernel returned, as the caller gets it.

    Raises:
        RuntimeError, TypeError: it is not what the schema says.
    """
    returns = schema.returns
    try:
        if len(returns) == 1:
            return _converter(returns[0].type)(result)
        if not returns:
            if result is not None:
                raise RuntimeError(
                    f"Expected PythonKernelHolder for {schema.full_name} to return None but it returned something "
                    "else instead."
                )
            return None
        if not isinstance(result, Sequence):
            raise TypeError(f"Object of type '{type_name(result)}' is not an instance of 'sequence'")
        if len(result) != len(returns):
            raise RuntimeError(
                f"{schema.full_name} returned {len(result)} values where its schema has {len(returns)}"
            )
        return tuple([_converter(r.type)(x) for r, x in zip(returns, result, strict=True)])
    except _Refused as refused:
        raise RuntimeError(str(refused)) from None


def tensors_in(values: Any) -> list[Tensor]:
    """The tensors among values, and in lists and tuples among them."""
    found: list[Tensor] = []
    for v in values:
        if isinstance(v, Tensor):
            found.append(v)
        elif isinstance(v, list | tuple):
            found += tensors_in(v)
    return found
