"""Operators as `torch.ops` shows them: overloads, each with a schema, and packets of those that share a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Any

from torchlike.errors import missing_name
from torchlike.library.call_arguments import matched
from torchlike.library.function_schema import FunctionSchema
from torchlike.library.tags import Tag
from torchlike.operators.schema import MISSING

__all__ = [
    "OpOverload",
    "OpOverloadPacket",
    "described",
    "first_fitting",
    "overload",
    "packet",
    "signature_of",
]


class OpOverload:
    """One operator of a name: `torch.ops.mine.swish.default`.

    Attributes:
        namespace: `mine`.
        tags: what was said of it when it was defined.
    """

    __name__: str
    namespace: str
    tags: list[Tag]
    _opname: str
    _overloadname: str
    _make_schema: Callable[[], FunctionSchema]
    _make_packet: Callable[[], OpOverloadPacket]

    @property
    def _schema(self) -> FunctionSchema:
        return self._make_schema()

    @property
    def _namespace(self) -> str:
        return self.namespace

    @property
    def _name(self) -> str:
        return self.name()

    @property
    def overloadpacket(self) -> OpOverloadPacket:
        """The packet that it belongs to."""
        return self._make_packet()

    def name(self) -> str:
        """The name as a schema has it, `mine::swish`."""
        own = f"{self.namespace}::{self._opname}"
        return own if self._overloadname == "default" else f"{own}.{self._overloadname}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError  # each has a class of its own

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self.namespace}.{self._opname}', overload='{self._overloadname}')>"

    def __str__(self) -> str:
        return f"{self.namespace}.{self._opname}.{self._overloadname}"

    def __deepcopy__(self, memo: dict) -> OpOverload:
        return self


class OpOverloadPacket:
    """All overloads of a name: `torch.ops.mine.swish`. A call takes the first that fits."""

    __name__: str
    __file__ = "torch.ops"
    __signature__: Signature
    _overloads: dict[str, OpOverload]
    _qualified_op_name: str
    # Those of PyTorch's that are not here among them.
    _names: list[str]

    def overloads(self) -> list[str]:
        """The names of the overloads."""
        return list(self._names)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError  # each has a class of its own

    def __getattr__(self, name: str) -> OpOverload:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._overloads[name]
        except KeyError:
            if name in self._names:
                raise missing_name(f"torch.ops.{self}.{name}") from None
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'") from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._overloads})

    def __iter__(self) -> Any:
        return iter(self._names)

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"

    def __str__(self) -> str:
        return self._qualified_op_name.replace("::", ".")

    def __deepcopy__(self, memo: dict) -> OpOverloadPacket:
        return self


def _called(cls: type, function: Callable) -> Any:
    """An object whose call comes to a function without another frame in between: its class is its own."""
    return type(cls.__name__, (cls,), {"__call__": staticmethod(function), "__module__": "torch._ops"})()


def overload(
    namespace: str,
    base: str,
    name: str,
    function: Callable,
    schema: Callable[[], FunctionSchema],
    make_packet: Callable[[], OpOverloadPacket],
    tags: Sequence[Tag] = (),
    documentation: str = "",
) -> OpOverload:
    """The object for one operator.

    Args:
        namespace, base, name: `mine`, `swish` and the overload's, "default" where it has none.
        function: runs it.
        schema: gives its schema, which is made when it is asked for.
        make_packet: finds the packet that it belongs to.
        tags: its tags.
        documentation: its docstring.
    """
    made: OpOverload = _called(OpOverload, function)
    made.namespace, made._opname, made._overloadname = namespace, base, name
    made.tags = list(tags)
    made._make_schema, made._make_packet = schema, make_packet
    made.__name__, made.__module__ = f"{base}.{name}", f"torch._ops.{namespace}"
    made.__doc__ = documentation
    return made


def packet(
    namespace: str,
    base: str,
    function: Callable,
    overloads: dict[str, OpOverload],
    signature: Signature,
    names: Sequence[str] = (),
) -> OpOverloadPacket:
    """The object for the overloads of a name.

    Args:
        namespace, base: `mine` and `swish`.
        function: runs the one that fits.
        overloads: by name.
        signature: what `inspect.signature` says of it.
        names: those of all overloads that PyTorch has, if some of them are not here.
    """
    made: OpOverloadPacket = _called(OpOverloadPacket, function)
    made.__name__, made.__module__ = base, f"torch._ops.{namespace}"
    made.__doc__ = "\n\n".join(o.__doc__ for o in overloads.values() if o.__doc__)
    made._qualified_op_name = f"{namespace}::{base}"
    made._overloads = overloads
    made._names = list(names or overloads)
    made.__signature__ = signature
    return made


def first_fitting(
    candidates: Sequence[tuple[FunctionSchema, Callable]], numbers_as_tensors: bool = False
) -> Callable:
    """The function of a packet of several: it calls the first that a call's arguments fit.

    Args:
        candidates: schemas, and what runs them.
        numbers_as_tensors: whether a number may stand for a tensor.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        chosen, refusals = None, []
        for schema, candidate in candidates:
            try:
                matched(schema, args, kwargs, numbers_as_tensors)
            except RuntimeError as refusal:
                refusals.append(str(refusal))
            else:
                chosen = candidate
                break
        if chosen is None:
            texts = "".join(f"{text}\n\n" for text in refusals)
            raise RuntimeError(
                f"Overloaded torch operator invoked from Python failed to match any schema:\n{texts}"
            )
        return chosen(*args, **kwargs)

    return call


def signature_of(schema: FunctionSchema) -> Signature:
    """What `inspect.signature` says of an operator with this schema."""
    parameters = [
        Parameter(
            f"{a.name}_" if iskeyword(a.name) else a.name,
            Parameter.KEYWORD_ONLY if a.kwarg_only else Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if a.default is MISSING else a.default,
        )
        for a in schema.arguments
    ]
    return Signature(parameters)


def described(schema: FunctionSchema | str, fn: Callable) -> str:
    """A docstring: the schema, and that of the function."""
    text = re.sub(r"\s+", " ", str(schema)).strip()
    return f"{text}\n\n{fn.__doc__}" if fn.__doc__ else text
