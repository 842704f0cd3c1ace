"""Matching a call's arguments to an operator's schema, as PyTorch's argument parser does.

A call's *plan* (which overload, and how its arguments are put in the schema's order) depends only on the types of its
arguments, so it is worked out once per combination and then looked up.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.devices import as_device, device
from torchlike.dtypes import dtype
from torchlike.engine import platform
from torchlike.operators.schema import MISSING, Argument, Schema
from torchlike.sizes import Size
from torchlike.tensors import layouts
from torchlike.tensors.generator import Generator
from torchlike.tensors.tensor import Tensor

__all__ = [
    "Assembly",
    "Mismatch",
    "TYPES",
    "arranged",
    "assemble",
    "invalid_call",
    "looked",
    "shown_signature",
    "signature",
    "type_name",
]


_HEAP_TYPE = 1 << 9


class Mismatch(Exception):
    """These arguments do not fit this schema; the text says why in PyTorch's words, without the function's name."""


def type_name(value: object) -> str:
    """A value's type as PyTorch's messages name it."""
    if isinstance(value, Tensor):
        return type(value).__name__
    if isinstance(value, dtype):
        return "torch.dtype"
    if isinstance(value, device):
        return "torch.device"
    if isinstance(value, Generator | layouts.layout | layouts.memory_format):
        return f"torch.{type(value).__name__}"
    if isinstance(value, Size):
        return "torch.Size"
    kind = type(value)
    # Types that are written in C bear the names of their modules.
    if kind.__flags__ & _HEAP_TYPE or kind.__module__ == "builtins":
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


# The types that a schema may have, as errors show them.
TYPES = {
    "Tensor": "Tensor",
    "Tensor|Scalar": "Tensor",
    "Scalar": "Number",
    "Tensor[]": "tuple of Tensors",
    "int[]": "tuple of ints",
    "int": "int",
    "bool": "bool",
    "float": "float",
    "str": "str",
    "dtype": "torch.dtype",
    "device": "torch.device",
    "layout": "torch.layout",
    "memory_format": "torch.memory_format",
    "Generator": "torch.Generator",
    "any": "object",
}


_CLASSES: dict[str, type] = {
    "layout": layouts.layout,
    "memory_format": layouts.memory_format,
    "Generator": Generator,
}
# Python's own types stand for dtypes of their width.
PYTHON_TYPES: dict[object, dtype] = {
    float: dtypes.float64,
    int: dtypes.int64,
    bool: dtypes.bool_,
    complex: dtypes.complex128,
}


class _Looked:
    """Whether the match of a call depended on more than the types of its arguments."""

    inside = False


looked = _Looked()


def _is_int(v: object) -> bool:
    if isinstance(v, Tensor):
        looked.inside = True
        return v.ndim == 0 and v.dtype.category == 1 and not v.requires_grad
    return isinstance(v, int | np.integer) and not isinstance(v, bool)


def _is_number(v: object) -> bool:
    return isinstance(v, int | float | complex | np.number | np.bool_)


def _fits(argument: Argument, v: object) -> bool:
    if v is None:
        return argument.optional
    kind = argument.type
    if kind == "Tensor":
        return isinstance(v, Tensor)
    if kind == "Tensor|Scalar":
        return isinstance(v, Tensor) or _is_number(v)
    if kind == "Scalar":
        if isinstance(v, Tensor):
            looked.inside = True
            return v.ndim == 0 and not v.requires_grad
        return _is_number(v)
    if kind == "Tensor[]":
        return isinstance(v, list | tuple)
    if kind == "int":
        return _is_int(v)
    if kind == "int[]":
        if argument.size is not None and _is_int(v):
            return True
        return isinstance(v, list | tuple) and (len(v) == 0 or _is_int(v[0]))
    if kind == "bool":
        return isinstance(v, bool | np.bool_)
    if kind == "float":
        return isinstance(v, numbers.Real | np.floating | np.integer)
    if kind == "str":
        return isinstance(v, str)
    if kind == "dtype":
        return isinstance(v, dtype) or (isinstance(v, type) and v in PYTHON_TYPES)
    if kind == "device":
        return isinstance(v, str | device | int)
    if kind in _CLASSES:
        return isinstance(v, _CLASSES[kind])
    return True


def _to_dtype(name: str, v: Any) -> dtype:
    found = PYTHON_TYPES.get(v)
    if found is None:
        raise Mismatch(f"argument '{name}' must be torch.dtype, not {type(v).__name__}")
    return found


def _to_device(v: Any) -> device:
    if v.__class__ is int and platform.accelerator() is None:
        raise RuntimeError("Cannot access accelerator device when none is available.")
    return as_device(v)


def _to_int(v: Any) -> int:
    return v if v.__class__ is int else int(v)


def _to_number(v: Any) -> Any:
    if v.__class__ in (int, float, bool, complex):
        return v
    return v.item() if hasattr(v, "item") else v


def _check_ints(function: str, name: str, v: Any) -> None:
    """Raise PyTorch's error for what is no int behind the first element, by which it chooses the overload."""
    for i, x in enumerate(v):
        if not _is_int(x):
            raise TypeError(
                f"{function}(): argument '{name}' failed to unpack the object at pos {i + 1} with error \"type must be "
                f'tuple of ints,but got {type_name(x)}"'
            )


def _check_tensors(position: int, v: Any) -> None:
    for i, x in enumerate(v):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument {position}, but got {type_name(x)}")


def _converter(function: str, argument: Argument, v: object, position: int) -> Callable | None:
    """What turns a fitting argument into what the operator takes, or None if it may stay as it is."""
    kind = argument.type
    if v is None or kind in ("Tensor", "any", "str"):
        return None
    if kind == "dtype":
        return None if isinstance(v, dtype) else partial(_to_dtype, argument.name)
    if kind == "int":
        return None if v.__class__ is int else _to_int
    if kind in ("Scalar", "Tensor|Scalar"):
        if kind == "Tensor|Scalar" and isinstance(v, Tensor):
            return None
        return None if v.__class__ in (int, float, bool, complex) else _to_number
    if kind == "int[]":
        size = argument.size

        def to_ints(v: Any) -> tuple[int, ...]:
            if isinstance(v, list | tuple):
                for i in v:
                    if i.__class__ is not int:
                        _check_ints(function, argument.name, v)
                        return tuple([_to_int(i) for i in v])
                return tuple(v)
            return (_to_int(v),) * (size or 1)

        return to_ints
    if kind == "Tensor[]":

        def to_tensors(v: Any) -> tuple:
            _check_tensors(position, v)
            return tuple(v)

        return to_tensors
    if kind == "float":
        return float
    if kind == "bool":
        return bool
    if kind == "device":
        return _to_device
    return None


# What follows the positional arguments as they are, or a function of (args, kwargs) where they must be rearranged.
Assembly = tuple[tuple, Callable[[tuple, dict], tuple] | None]


def assemble(schema: Schema, shown: tuple[str, ...], args: tuple, kwargs: dict) -> Assembly:
    """Work out how a call's arguments become the schema's.

    Args:
        schema: the overload to try.
        shown: the arguments' names as the caller sees them (`input` for `self` in the function form).
        args, kwargs: the call.

    Returns:
        How calls of these types give the arguments in the schema's order; `arranged` does it.

    Raises:
        Mismatch: they do not fit.
    """
    arguments = schema.arguments
    positional = [a for a in arguments if not a.keyword_only]
    n = len(args)
    # What the caller does not count: the tensor whose method it is.
    own = 1 if shown and shown[0] == "self" else 0
    # An only argument int[] takes the ints that follow one by one: x.view(2, 3). int[1] is an int already.
    spread = None
    if len(positional) == own + 1 and positional[own].type == "int[]" and n > own and _is_int(args[own]):
        if positional[own].size is None:
            spread = own
    if n > len(positional) and spread is None:
        low = sum(a.default is MISSING for a in positional) - own
        high = len(positional) - own
        takes = f"{high}" if low == high else f"from {low} to {high}"
        raise Mismatch(
            f"takes {takes} positional argument{'s' if takes != '1' else ''} but {n - own} "
            f"{'was' if n - own == 1 else 'were'} given"
        )
    sources: list[tuple[str, Any, Callable | None]] = []
    missing: list[str] = []
    used = set()
    for i, (a, name) in enumerate(zip(arguments, shown, strict=True)):
        if i == spread:
            start = i
            _check_ints(schema.base, name, args[start:])
            sources.append(("rest", start, None))
            continue
        if i < n and not a.keyword_only:
            value = args[i]
            source: tuple[str, Any] = ("arg", i)
        else:
            key = next(
                (k for k in (name, a.name, _SECOND_NAMES.get(name)) if k is not None and k in kwargs), None
            )
            if key is None:
                if a.default is MISSING:
                    if a.optional and a.keyword_only:
                        sources.append(("const", None, None))
                        continue
                    missing.append(name)
                    continue
                sources.append(("const", a.default, None))
                continue
            used.add(key)
            value, source = kwargs[key], ("kw", key)
        if a.type == "Tensor[]" and isinstance(value, list | tuple):
            _check_tensors(i - own, value)
        if missing and not _fits(a, value):
            # PyTorch stops at the first thing that is wrong.
            continue
        if not _fits(a, value):
            where = f" (position {i + 1 - own})" if source[0] == "arg" else ""
            if a.type == "int[]" and isinstance(value, list | tuple):
                raise Mismatch(
                    f"argument '{name}'{where} must be {TYPES[a.type]}, but found element of type "
                    f"{type_name(value[0])} at pos 0"
                )
            raise Mismatch(f"argument '{name}'{where} must be {TYPES[a.type]}, not {type_name(value)}")
        sources.append((*source, _converter(schema.base, a, value, i - own)))
    if missing:
        quoted = ", ".join(f'"{m}"' for m in missing)
        # The wrong way round, as PyTorch has it.
        plural = "s" if len(missing) == 1 else ""
        raise Mismatch(f"missing {len(missing)} required positional argument{plural}: {quoted}")
    for key in kwargs:
        if key not in used:
            if any(key in (name, a.name) for a, name in zip(arguments[:n], shown, strict=False)):
                raise Mismatch(f"argument '{key}' specified multiple times")
            raise Mismatch(f"got an unexpected keyword argument '{key}'")

    if all(s[0] == "arg" and s[2] is None for s in sources[:n]) and all(s[0] == "const" for s in sources[n:]):
        return tuple(s[1] for s in sources[n:]), None

    def build(args: tuple, kwargs: dict) -> tuple:
        built = []
        for kind, where, convert in sources:
            if kind == "arg":
                v = args[where]
            elif kind == "const":
                built.append(where)
                continue
            elif kind == "kw":
                v = kwargs[where]
            else:
                built.append(tuple([_to_int(v) for v in args[where:]]))
                continue
            built.append(v if convert is None else convert(v))
        return tuple(built)

    return (), build


def arranged(assembly: Assembly, args: tuple, kwargs: dict) -> tuple:
    """A call's arguments in the schema's order."""
    tail, build = assembly
    return args + tail if build is None else build(args, kwargs)


def signature(args: tuple, kwargs: dict) -> tuple:
    """The types of a call's arguments, of sequences with that of their first element."""
    names = tuple(kwargs)
    return (*map(_kind, args), names, *map(_kind, kwargs.values()))


def _kind(v: Any) -> Any:
    if isinstance(v, list | tuple) and v:
        return (v.__class__, v[0].__class__)
    return v.__class__


# NumPy's names, which PyTorch accepts too.
_SECOND_NAMES = {"dim": "axis", "keepdim": "keepdims", "input": "x", "other": "x2"}


def _shown_default(argument: Argument) -> object:
    value = argument.default
    if isinstance(value, str):
        return f'"{value}"'
    if argument.size is not None and isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return value


def shown_signature(schema: Schema, shown: tuple[str, ...], out: bool) -> str:
    """An overload as PyTorch lists it."""
    parts = []
    star = False
    own = 1 if shown and shown[0] == "self" else 0
    for a, name in zip(schema.arguments[own:], shown[own:], strict=True):
        if a.keyword_only and not star:
            parts.append("*")
            star = True
        default = ""
        if a.default is not MISSING:
            default = f" = {_shown_default(a)}"
        parts.append(f"{TYPES[a.type]} {name}{default}")
    if out:
        if not star:
            parts.append("*")
        # What makes a tensor of nothing has it before the options.
        options = next((i for i, part in enumerate(parts) if part.startswith("torch.dtype")), None)
        at = options if options is not None and parts[-1].startswith("bool requires_grad") else len(parts)
        parts.insert(at, "Tensor out = None" if len(schema.returns) == 1 else "tuple of Tensors out = None")
    return f"({', '.join(parts)})"


def _takes(schema: Schema, count: int, out: bool) -> bool:
    least = sum(a.default is MISSING and not (a.optional and a.keyword_only) for a in schema.arguments)
    return least <= count <= len(schema.arguments) + out


def invalid_call(
    name: str,
    overloads: list[tuple[Schema, tuple[str, ...], bool]],
    why: list[str],
    args: tuple,
    kwargs: dict,
) -> TypeError:
    """PyTorch's TypeError for a call that fits no overload."""
    if len(overloads) == 1:
        return TypeError(f"{name}() {why[0]}" if not why[0].startswith("argument") else f"{name}(): {why[0]}")
    # PyTorch names the one overload that takes so many arguments, if there is one.
    plausible = [
        reason
        for (schema, shown, out), reason in zip(overloads, why, strict=True)
        if _takes(schema, len(args) + len(kwargs) + (shown[:1] == ("self",)), out)
    ]
    if len(plausible) == 1:
        return TypeError(
            f"{name}() {plausible[0]}"
            if not plausible[0].startswith("argument")
            else f"{name}(): {plausible[0]}"
        )
    got = [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in kwargs.items()]
    lines = [
        f"{name}() received an invalid combination of arguments - got ({', '.join(got)}), but expected one of:"
    ]
    lines += [f" * {shown_signature(schema, shown, out)}" for schema, shown, out in overloads]
    error = TypeError("\n".join(lines) + "\n")
    for (schema, shown, out), reason in zip(overloads, why, strict=True):
        error.add_note(f"{shown_signature(schema, shown, out)}: {reason}")
    return error
