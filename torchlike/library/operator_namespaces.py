"""`torch.ops`: every operator by its namespace, name and overload, `torch.ops.mine.swish.default`."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import Signature
from typing import Any

from torchlike.library.stubs import python_signature
from torchlike.operators.declaration import OPERATORS
from torchlike.operators.schema import Schema
from torchlike.registries import WHERE_TO_LOOK, load_plugins
from torchlike.tensors import binding

__all__ = ["OpOverload", "OpOverloadPacket", "ops"]


class _Ops:
    """`torch.ops`. Plugins are loaded when a namespace is first asked for that is not torchlike's own."""

    def __getattr__(self, name: str) -> _OpNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self.__dict__[name] = _OpNamespace(name)
        return found

    def __dir__(self) -> list[str]:
        load_plugins("dir(torch.ops)")
        return OPERATORS.namespaces()

    def __repr__(self) -> str:
        return "<module 'torch.ops' from '_ops.py'>"


class _OpNamespace:
    """One namespace of `torch.ops`; what was found once is kept, until someone registers or withdraws it."""

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
        overloads = _overloads(self._name, name)
        if not overloads:
            error = AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
            error.add_note(WHERE_TO_LOOK)
            raise error
        found = self.__dict__[name] = packet(self._name, name, overloads)
        return found

    def __dir__(self) -> list[str]:
        load_plugins(f"dir(torch.ops.{self._name})")
        return sorted({name.partition(".")[0] for name in OPERATORS.members(self._name)})

    def __repr__(self) -> str:
        return f"<module 'torch.ops.{self._name}' from 'torch.ops'>"


def _overloads(namespace: str, base: str) -> dict[str, Any]:
    """What has a name, by overload.

    Raises:
        NameClash: several plugins claim one of them.
    """
    mine = [name for name in OPERATORS.members(namespace) if name.partition(".")[0] == base]
    return {name.partition(".")[2] or "default": _standing(f"{namespace}::{name}") for name in mine}


def _standing(name: str) -> Any:
    """What is called by a name: what is built in stays, and an override's function stands in for its own."""
    found = OPERATORS.find(name)
    return OPERATORS.builtin[OPERATORS.split(name)[1]] if OPERATORS.is_builtin(name) else found


class OpOverload:
    """One operator of a name: `torch.ops.mine.swish.default`.

    Args:
        packet_name: the namespace and the name, `mine.swish`.
        overload: the overload's name.
        function: runs it.
        schema: its schema.
    """

    def __init__(self, packet_name: str, overload: str, function: Callable, schema: Schema) -> None:
        self._packet_name = packet_name
        self._overloadname = overload
        self._schema = schema
        self._function = function
        self.__name__ = f"{packet_name.rpartition('.')[2]}.{overload}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    @property
    def namespace(self) -> str:
        """The namespace, `mine`."""
        return self._packet_name.partition(".")[0]

    def name(self) -> str:
        """The name as a schema has it, `mine::swish`."""
        own = self._packet_name.replace(".", "::")
        return own if self._overloadname == "default" else f"{own}.{self._overloadname}"

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self._packet_name}', overload='{self._overloadname}')>"

    def __str__(self) -> str:
        return f"{self._packet_name}.{self._overloadname}"


class OpOverloadPacket:
    """All overloads of a name: `torch.ops.mine.swish`. A call takes the first that fits."""

    __name__: str
    __signature__: Signature
    _overloads: dict[str, OpOverload]
    _qualified_op_name: str

    def overloads(self) -> list[str]:
        """The names of the overloads."""
        return list(self._overloads)

    def __getattr__(self, name: str) -> OpOverload:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._overloads[name]
        except KeyError:
            shown = self._qualified_op_name.replace("::", ".")
            raise AttributeError(f"The underlying op of '{shown}' has no overload name '{name}'") from None

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"

    def __str__(self) -> str:
        return self._qualified_op_name.replace("::", ".")


def packet(namespace: str, base: str, overloads: dict[str, Any]) -> OpOverloadPacket:
    """The packet of a name's overloads."""
    function = binding.function_of(base, list(overloads.values()))
    # A class of its own, so that a call comes to the function without another one in between.
    made = type("OpOverloadPacket", (OpOverloadPacket,), {"__call__": staticmethod(function)})()
    made.__name__ = base
    made.__module__ = f"torch._ops.{namespace}"
    made.__doc__ = _documentation(list(overloads.values()))
    made._qualified_op_name = f"{namespace}::{base}"
    made.__signature__ = python_signature(next(iter(overloads.values())).schema)
    made._overloads = {
        name: OpOverload(f"{namespace}.{base}", name, binding.function_of(base, [op]), op.schema)
        for name, op in overloads.items()
    }
    return made


def _documentation(declared: list[Any]) -> str:
    texts = [re.sub(r"\s+", " ", d.schema.text).strip() for d in declared]
    return "\n\n".join([*texts, *(d.fn.__doc__ for d in declared if d.fn.__doc__)])


ops = _Ops()


def _forget(name: str) -> None:
    namespace, own = OPERATORS.split(name)
    found = ops.__dict__.get(namespace)
    if found is not None:
        found.__dict__.pop(own.partition(".")[0], None)


OPERATORS.on_change.append(_forget)
