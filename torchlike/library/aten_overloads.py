"""`torch.ops.aten`: PyTorch's overloads, run by what is built in where the two agree.

A declaration here stands for several overloads of PyTorch's (`add` takes a tensor or a number), so the overloads and
their schemas are frozen in `aten_schemas.json`, and a call of one is matched to PyTorch's schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any

from torchlike.errors import missing
from torchlike.library import overloads
from torchlike.library.call_arguments import matched, returned
from torchlike.library.definitions import Definition
from torchlike.library.function_schema import FunctionSchema, SchemaType, parse
from torchlike.library.overloads import OpOverload, OpOverloadPacket
from torchlike.operators.declaration import Operator
from torchlike.operators.schema import MISSING
from torchlike.operators.schema import Argument as DeclaredArgument
from torchlike.tensors import binding
from torchlike.tensors.composite import Composite

__all__ = ["names", "packet", "schemas"]

# Those of whose tensors each may be given as a number.
_TAKE_NUMBERS = set("add sub mul div divide multiply subtract true_divide floor_divide".split())
# What a declaration's argument takes of the types of PyTorch's schemas.
_TAKES = {
    "Tensor|Scalar": {"Tensor", "Scalar"},
    "int": {"int", "SymInt"},
    "dtype": {"ScalarType"},
    "device": {"Device"},
    "layout": {"Layout"},
    "memory_format": {"MemoryFormat"},
}


@cache
def _frozen() -> dict[str, list[str]]:
    return json.loads(files("torchlike").joinpath("aten_schemas.json").read_text())


def names() -> list[str]:
    """The names under which there is anything."""
    return list(_frozen())


@cache
def schemas(base: str) -> dict[str, FunctionSchema | None]:
    """PyTorch's schemas of a name, by overload; None for one that has types that there are not here."""
    found: dict[str, FunctionSchema | None] = {}
    for text in _frozen().get(base, ()):
        overload = text.partition("(")[0].partition(".")[2] or "default"
        try:
            found[overload] = parse(text).in_namespace("aten")
        except RuntimeError:
            found[overload] = None
    return found


def packet(base: str, declared: dict[str, Any], this: Callable[[], OpOverloadPacket]) -> OpOverloadPacket:
    """The packet of a built-in name.

    Args:
        base: the name, `add` or `add_`.
        declared: what has that name here, or the name without the `_`, by overload.
        this: finds the packet.
    """
    known = schemas(base)
    takes_numbers = base.removesuffix("_") in _TAKE_NUMBERS
    made: dict[str, OpOverload] = {}
    tried: list[tuple[FunctionSchema, Callable]] = []
    for name, schema in known.items():
        if schema is None:
            continue
        op = next((op for op in declared.values() if _agree(op, schema)), None)
        if op is None:
            tried.append((schema, partial(_refuse, base, name)))
            continue
        function = _function(base, op, schema, takes_numbers)
        text = overloads.described(schema, op.fn)
        made[name] = overloads.overload("aten", base, name, function, partial(_same, schema), this, (), text)
        tried.append((schema, function))
    for name, op in declared.items():
        if isinstance(op, Definition):
            made[name] = op.overload
            tried.append((op.schema, op.overload))
    call = (
        tried[0][1] if len(known) == 1 and len(tried) == 1 else overloads.first_fitting(tried, takes_numbers)
    )
    signature = overloads.signature_of(tried[0][0])
    order = [*known, *(name for name in made if name not in known)]
    return overloads.packet("aten", base, call, made, signature, order)


def _same(schema: FunctionSchema) -> FunctionSchema:
    return schema


def _refuse(base: str, name: str, *args: Any, **kwargs: Any) -> Any:
    raise missing(f"torch.ops.aten.{base}.{name}")


def _agree(op: Any, schema: FunctionSchema) -> bool:
    """Whether what is declared here does what an overload of PyTorch's does."""
    if not isinstance(op, Operator | Composite) or len(op.schema.returns) != len(schema.returns):
        return False
    writes = [i for i, a in enumerate(schema.arguments) if a.is_mutated]
    if writes != ([0] if op.inplace and writes else []):
        return False
    own = op.schema.arguments
    if len(own) < len(schema.arguments) or any(a.default is MISSING for a in own[len(schema.arguments) :]):
        return False
    return all(a.name == b.name and _takes(a, b.type) for a, b in zip(own, schema.arguments, strict=False))


def _takes(argument: DeclaredArgument, of: SchemaType) -> bool:
    """Whether an argument of a declaration takes all that is of a type."""
    if of.kind == "Optional":
        return argument.optional and _takes(argument, of.inner[0])
    kind = argument.type
    if kind.endswith("[]"):
        return of.kind == "List" and of.inner[0].kind in _TAKES.get(kind[:-2], {kind[:-2]})
    return of.kind in _TAKES.get(kind, {kind})


def _function(
    base: str, op: Operator | Composite, schema: FunctionSchema, takes_numbers: bool
) -> Callable[..., Any]:
    """What runs an overload."""
    run = binding.function_of(base, [op], _as_it_is, inplace=bool(schema.is_mutable))
    by_name = [a.keyword_only for a in op.schema.arguments[: len(schema.arguments)]]
    keys = [a.name for a in schema.arguments]

    def call(*args: Any, **kwargs: Any) -> Any:
        values = matched(schema, args, kwargs, takes_numbers)
        positional = [v for v, named in zip(values, by_name, strict=True) if not named]
        rest = {k: v for k, v, named in zip(keys, values, by_name, strict=True) if named}
        return returned(schema, run(*positional, **rest))

    return call


def _as_it_is(call: Callable, args: tuple, kwargs: dict[str, Any], error: TypeError) -> Any:
    raise error
