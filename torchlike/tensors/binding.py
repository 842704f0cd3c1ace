"""Public functions and methods, made from the declarations and installed in one place."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import partial
from typing import Any

from torchlike.operators import declaration
from torchlike.operators import schema as schemas
from torchlike.operators.declaration import Operator
from torchlike.operators.schema import MISSING, Schema
from torchlike.tensors import attributes, dispatch, writes
from torchlike.tensors.arguments import (
    Assembly,
    Mismatch,
    arranged,
    assemble,
    looked,
    signature,
    type_name,
)
from torchlike.tensors.composite import Composite, composites
from torchlike.tensors.direct_calls import direct
from torchlike.tensors.signatures import invalid_call
from torchlike.tensors.tensor import Tensor

__all__ = ["function_of", "install", "namespace", "return_types"]

_namespaces: dict[str, dict[str, Callable]] = {}
# torch.return_types: the named tuples that operators with several named results give.
return_types: dict[str, type] = {}

Declared = Operator | Composite
_MAX_PLANS = 1024


def namespace(name: str) -> dict[str, Callable]:
    """The functions of a namespace: "torch", "nn.functional", "linalg", ..."""
    return _namespaces.setdefault(name, {})


def _shown_names(schema: Schema, method: bool) -> tuple[str, ...]:
    return tuple("input" if a.name == "self" and not method else a.name for a in schema.arguments)


def _return_type(schema: Schema, suffix: str = "") -> type | None:
    if len(schema.returns) < 2 or not all(schema.returns):
        return None
    name = schema.base + suffix
    found = return_types.get(name)
    if found is None:
        base: Any = namedtuple(name, schema.returns)  # type: ignore[misc]

        def shown(self: Any) -> str:
            fields = ",\n".join(f"{k}={v!r}" for k, v in zip(self._fields, self, strict=True))
            return f"torch.return_types.{name}(\n{fields})"

        found = type(name, (base,), {"__slots__": (), "__repr__": shown, "__module__": "torch.return_types"})
        return_types[name] = found
    return found


def _runner(declared: Declared, inplace: bool, plain: bool) -> Callable[[tuple], Any]:
    """What runs one overload on arguments in the schema's order; `plain` where several results are just a tuple."""
    if isinstance(declared, Composite):
        fn = declared.fn
        return lambda args: fn(*args)
    op = declared
    if inplace or op.schema.base.endswith("_") or op.schema.writes:
        return partial(writes.call_inplace, op)
    if op.schema.gives_list:
        return partial(_listed, op)
    named = None if plain else _return_type(op.schema)
    if named is not None:
        return lambda args: named(*dispatch.call(op, args))
    return partial(dispatch.call_view if op.view is not None else dispatch.call, op)


def _listed(op: Operator, args: tuple) -> list[Tensor]:
    made = dispatch.call(op, args)
    return [made] if isinstance(made, Tensor) else list(made)


def _shortest(
    runner: Callable, assembly: Assembly, names: tuple[str, ...], args: tuple, kwargs: dict
) -> Callable:
    """What comes soonest to a runner's result for calls like this one.

    Args:
        runner, assembly: the overload, and how the call's arguments become the schema's.
        names: the arguments' names as the caller sees them.
        args, kwargs: the call.
    """
    if not (isinstance(runner, partial) and runner.func is dispatch.call and kwargs.keys() <= set(names)):
        return runner
    try:
        arguments = arranged(assembly, args, kwargs)
    except Mismatch:  # the call will say so
        return runner
    types: list[type | None] = [
        type(a) if i < len(args) or name in kwargs else None
        for i, (name, a) in enumerate(zip(names, arguments, strict=True))
    ]
    return direct(runner.args[0], types) or runner


def function_of(
    name: str, overloads: list[Declared], refuse: Callable[..., Any], inplace: bool = False
) -> Callable:
    """The callable of `torch.ops` over the overloads of a name, whose arguments are called as in their schemas.

    Args:
        name: the name.
        overloads: the operators.
        refuse: `(callable, args, kwargs, error)`: called, and its result given, where a call fits none of them.
        inplace: whether it is to write to the first argument.
    """
    return _make(name, overloads, method=True, inplace=inplace, refuse=refuse)


def _make(
    name: str,
    overloads: list[Declared],
    method: bool,
    inplace: bool,
    refuse: Callable[..., Any] | None = None,
) -> Callable:
    """One public callable over the overloads of a name."""
    shown = [_shown_names(d.schema, method) for d in overloads]
    runners = [_runner(d, inplace, plain=refuse is not None) for d in overloads]
    # By the types of positional arguments, where those decide; else by the full signature.
    plans: dict[tuple, tuple[Callable, tuple]] = {}
    full_plans: dict[tuple, tuple[Callable, Assembly]] = {}
    has_out = not inplace and not method and any(d.out for d in overloads)

    def plan(args: tuple, kwargs: dict) -> tuple[Callable, Assembly]:
        reasons = []
        for d, names, runner in zip(overloads, shown, runners, strict=True):
            try:
                assembly = assemble(d.schema, names, args, kwargs)
            except Mismatch as mismatch:
                reasons.append(str(mismatch))
            else:
                return _shortest(runner, assembly, names, args, kwargs), assembly
        raise fits_none(args, kwargs, reasons)

    def fits_none(args: tuple, kwargs: dict, reasons: list[str]) -> TypeError:
        known = [(d.schema, names, d.out and has_out) for d, names in zip(overloads, shown, strict=True)]
        return invalid_call(name, known, reasons, args[1:] if method else args, kwargs, method)

    def planned(args: tuple, kwargs: dict) -> Any:
        key = signature(args, kwargs)
        found = full_plans.get(key)
        if found is None:
            if refuse is None and kwargs.get("out", MISSING) is not MISSING:
                return with_out(args, kwargs)
            looked.inside = False
            try:
                found = plan(args, kwargs)
            except TypeError as error:
                if refuse is None:
                    raise
                return refuse(function, args, kwargs, error)
            if not looked.inside:
                if len(full_plans) > _MAX_PLANS:
                    full_plans.clear()
                    plans.clear()
                full_plans[key] = found
                tail, build = found[1]
                if build is None and not kwargs and not any(isinstance(a, list | tuple) for a in args):
                    plans[tuple(map(type, args))] = (found[0], tail)
        try:
            arguments = arranged(found[1], args, kwargs)
        except Mismatch as mismatch:
            # An element further back in a sequence is of another type than the first.
            raise fits_none(args, kwargs, [str(mismatch)] * len(overloads)) from None
        return found[0](arguments)

    def with_out(args: tuple, kwargs: dict) -> Any:
        kwargs = dict(kwargs)
        out = kwargs.pop("out")
        if out is None:
            return function(*args, **kwargs)
        if not has_out:
            raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
        for d, names in zip(overloads, shown, strict=True):
            try:
                arguments = arranged(assemble(d.schema, names, args, kwargs), args, kwargs)
            except Mismatch:
                continue
            if isinstance(d, Operator) and d.out:
                if len(d.schema.returns) > 1 and not isinstance(out, tuple | list):
                    reason = f"argument 'out' must be tuple of Tensors, not {type_name(out)}"
                    raise fits_none(args, {**kwargs, "out": out}, [reason] * len(overloads))
                result = writes.call_out(d, arguments, out)
                named = _return_type(d.schema, "_out")
                return named(*result) if named is not None else result
            if isinstance(d, Composite) and d.out:
                built = list(arguments)
                for i, a in enumerate(d.schema.arguments):
                    if a.type == "dtype" and isinstance(out, Tensor):
                        if built[i] is not None and built[i] is not out.dtype:
                            raise RuntimeError(
                                f"dtype {built[i].legacy_name} does not match dtype of out parameter "
                                f"({out.dtype.legacy_name})"
                            )
                        built[i] = out.dtype
                # Factories resize without a word.
                quiet = any(a.type == "dtype" for a in d.schema.arguments)
                return writes.fill_out(name, d.fn(*built), out, quiet)
        plan(args, kwargs)
        raise TypeError(f"{name}() got an unexpected keyword argument 'out'")

    def function(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            found = plans.get(tuple(map(type, args)))
            if found is not None:
                return found[0](args + found[1])
        return planned(args, kwargs)

    function.__name__ = name
    function.__qualname__ = f"Tensor.{name}" if method else name
    function.__module__ = "torchlike"
    return function


def _dunder(fn: Callable, name: str, reflected: bool) -> Callable:
    """A Python operator: NotImplemented for operands that the operator does not take."""

    def forward(self: Tensor, other: Any) -> Any:
        try:
            return fn(self, other)
        except TypeError:
            if isinstance(other, Tensor):
                raise
            return NotImplemented

    def backward(self: Tensor, other: Any) -> Any:
        try:
            return fn(other, self)
        except TypeError:
            if isinstance(other, Tensor):
                raise
            return NotImplemented

    chosen = backward if reflected else forward
    chosen.__name__ = name
    chosen.__qualname__ = f"Tensor.{name}"
    return chosen


def _with_flag(op: Operator) -> Composite:
    """An activation as `nn.functional` has it: with a last argument `inplace`."""
    head, result = op.schema.text.rsplit(")", 1)
    schema = schemas.parse(f"{head}, bool inplace=False){result}")

    def flagged(*args: Any) -> Any:
        return (writes.call_inplace if args[-1] else dispatch.call)(op, args[:-1])

    return Composite(schema, flagged, ("nn.functional",), False, (), (), False)


# Operators of Python's whose names begin with `__r` and whose function nevertheless takes `self` first.
_SELF_FIRST = {"__rshift__", "__round__", "__radd__", "__rmul__", "__rsub__", "__rtruediv__", "__reversed__"}


def install() -> None:
    """Make every declared function and method; called once, after all declarations were imported."""
    by_name: dict[tuple[str, str], list[Declared]] = {}
    methods: dict[str, list[Declared]] = {}
    inplace: dict[str, list[Declared]] = {}
    declared: tuple[Declared, ...] = (*declaration.operators(), *composites())
    for d in declared:
        for name in (d.schema.base, *d.aliases):
            for space in d.namespaces:
                shown = d
                if isinstance(d, Operator) and d.inplace_flag and space == "nn.functional":
                    shown = _with_flag(d)
                by_name.setdefault((space, name), []).append(shown)
            if d.method:
                methods.setdefault(name, []).append(d)
            if d.inplace:
                inplace.setdefault(name + "_", []).append(d)
    for (space, name), overloads in by_name.items():
        # PyTorch's own name for `torch.special.erf` is `special_erf`.
        own_name = f"{space}_{name}" if space in ("special", "linalg", "fft") else name
        namespace(space)[name] = _make(own_name, overloads, method=False, inplace=False)
    for name, overloads in methods.items():
        if name not in Tensor.__dict__:
            setattr(Tensor, name, _make(name, overloads, method=True, inplace=False))
    for name, overloads in inplace.items():
        if any(d.method for d in overloads):
            setattr(Tensor, name, _make(name, overloads, method=True, inplace=True))
        space = "nn.functional" if all("torch" not in d.namespaces for d in overloads) else "torch"
        if any(not name.startswith("_") for d in overloads):
            namespace(space).setdefault(name, _make(name, overloads, method=False, inplace=True))
    for d in declared:
        for dunder in d.dunder:
            reflected = dunder.startswith("__r") and dunder not in _SELF_FIRST
            if dunder.startswith("__i") and dunder != "__invert__":
                setattr(Tensor, dunder, getattr(Tensor, d.schema.base + "_"))
            elif len(d.schema.arguments) == 1:
                setattr(Tensor, dunder, getattr(Tensor, d.schema.base))
            else:
                from_method = d.method and not reflected
                base = (
                    getattr(Tensor, d.schema.base)
                    if from_method
                    else namespace(d.namespaces[0])[d.schema.base]
                )
                setattr(Tensor, dunder, _dunder(base, dunder, reflected))
    namespace("torch").update(attributes.functions)
    for name, attribute in attributes.table.items():
        setattr(Tensor, name, attribute)
