"""`torch.ops`: every operator by its namespace, name and overload, `torch.ops.mine.swish.default`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import Signature
from typing import Any

from torchlike.errors import missing, missing_name
from torchlike.library import aten_overloads, overloads
from torchlike.library.call_arguments import matched
from torchlike.library.definitions import Definition
from torchlike.library.function_schema import FunctionSchema, parse
from torchlike.library.overloads import OpOverload, OpOverloadPacket, described
from torchlike.library.stubs import python_signature
from torchlike.names import in_pytorch
from torchlike.operators.declaration import OPERATORS, Operator
from torchlike.registries import WHERE_TO_LOOK, load_plugins
from torchlike.tensors import binding
from torchlike.tensors.composite import Composite

__all__ = ["ops"]


class _Ops:
    """`torch.ops`. Plugins are loaded when a namespace is first asked for that is not torchlike's own."""

    def __getattr__(self, name: str) -> _OpNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self.__dict__[name] = _OpNamespace(name)
        return found

    @property
    def loaded_libraries(self) -> set[str]:
        """The shared libraries that `load_library` loaded."""
        return set()

    def load_library(self, path: str) -> None:
        """Load operators written in C++ for PyTorch, which cannot run here.

        Raises:
            NotImplementedError: always.
        """
        raise missing("torch.ops.load_library", "torch.library.custom_op")

    def __dir__(self) -> list[str]:
        load_plugins("dir(torch.ops)")
        return OPERATORS.namespaces()

    def __repr__(self) -> str:
        return "<module 'torch.ops' from '_ops.py'>"


class _OpNamespace:
    """One namespace of `torch.ops`; what was found once is kept, until someone registers or withdraws it."""

    __file__ = "torch.ops"

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """The namespace's name."""
        return self._name

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._name != OPERATORS.namespace:
            load_plugins(f"torch.ops.{self._name}.{name}")
        is_builtin = self._name == OPERATORS.namespace
        found = _overloads_of_aten(name) if is_builtin else _overloads(self._name, name)
        if not found:
            if is_builtin and in_pytorch("torch.ops.aten", name):
                raise missing_name(f"torch.ops.aten.{name}")
            error = AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
            error.add_note(WHERE_TO_LOOK)
            raise error
        made = self.__dict__[name] = _packet(self._name, name, found)
        return made

    def __dir__(self) -> list[str]:
        load_plugins(f"dir(torch.ops.{self._name})")
        names = {name.partition(".")[0] for name in OPERATORS.members(self._name)}
        return sorted(names & set(aten_overloads.names()) if self._name == OPERATORS.namespace else names)

    def __repr__(self) -> str:
        return f"<module 'torch.ops.{self._name}' from 'torch.ops'>"


def _overloads(namespace: str, base: str) -> dict[str, Any]:
    """What has a name, by overload.

    Raises:
        NameClash: several plugins claim one of them.
    """
    mine = [name for name in OPERATORS.members(namespace) if name.partition(".")[0] == base]
    return {name.partition(".")[2] or "default": _standing(f"{namespace}::{name}") for name in mine}


def _overloads_of_aten(base: str) -> dict[str, Any]:
    """The same of what is built in: what makes an in-place operator too, and nothing that PyTorch does not have."""
    found = _overloads(OPERATORS.namespace, base)
    if not aten_overloads.schemas(base):
        return {name: op for name, op in found.items() if isinstance(op, Definition)}
    return found or _overloads(OPERATORS.namespace, base.removesuffix("_"))


def _standing(name: str) -> Any:
    """What is called by a name: what is built in stays, and an override's function stands in for its own."""
    found = OPERATORS.find(name)
    return OPERATORS.builtin[OPERATORS.split(name)[1]] if OPERATORS.is_builtin(name) else found


def _packet(namespace: str, base: str, found: dict[str, Any]) -> OpOverloadPacket:
    """The packet of a name's overloads.

    Args:
        namespace, base: the name.
        found: what has it, by overload.
    """

    def this() -> OpOverloadPacket:
        return getattr(getattr(ops, namespace), base)

    if namespace == OPERATORS.namespace and aten_overloads.schemas(base):
        return aten_overloads.packet(base, found, this)
    made: dict[str, OpOverload] = {}
    for name, op in found.items():
        if isinstance(op, Definition):
            made[name] = op.overload
        else:
            schema = partial(_schema_of, op)
            function = binding.function_of(base, [op], _refusal(schema))
            text = described(op.schema.text, op.fn)
            made[name] = overloads.overload(namespace, base, name, function, schema, this, (), text)
    if len(made) == 1:
        function = type(next(iter(made.values()))).__call__
    elif any(isinstance(op, Definition) for op in found.values()):
        function = overloads.first_fitting(_candidates(made))
    else:
        function = binding.function_of(base, list(found.values()), _refusals(made))
    return overloads.packet(namespace, base, function, made, _signature_of(next(iter(found.values()))))


def _signature_of(op: Operator | Composite | Definition) -> Signature:
    if isinstance(op, Definition):
        return overloads.signature_of(op.schema)
    return python_signature(op.schema)


def _schema_of(op: Operator | Composite) -> FunctionSchema:
    """A declared operator's schema as PyTorch prints it."""
    return parse(op.schema.text).in_namespace(op.schema.namespace)


def _refusal(schema: Callable[[], FunctionSchema]) -> Callable:
    """What a call comes to whose arguments the declaration does not take as they are.

    PyTorch's operators take some more than its functions do: a tensor of one element for a float.
    """

    def refuse(call: Callable, args: tuple, kwargs: dict[str, Any], error: TypeError) -> Any:
        arguments = schema().arguments
        values = matched(schema(), args, kwargs)
        count = schema().positional
        named = {a.name: v for a, v in zip(arguments[count:], values[count:], strict=True)}
        before, after = (*args, *kwargs.values()), (*values[:count], *named.values())
        if len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True)):
            raise error
        return call(*values[:count], **named)

    return refuse


def _candidates(made: dict[str, OpOverload]) -> list[tuple[FunctionSchema, Callable]]:
    return [(op._schema, op) for op in made.values()]


def _refusals(made: dict[str, OpOverload]) -> Callable:
    """The same for several overloads."""

    def refuse(call: Callable, args: tuple, kwargs: dict[str, Any], error: TypeError) -> Any:
        return overloads.first_fitting(_candidates(made))(*args, **kwargs)

    return refuse


ops = _Ops()


def _forget(name: str) -> None:
    namespace, own = OPERATORS.split(name)
    found = ops.__dict__.get(namespace)
    if found is not None:
        base = own.partition(".")[0]
        for kept in (base, f"{base}_"):
            found.__dict__.pop(kept, None)


OPERATORS.on_change.append(_forget)
