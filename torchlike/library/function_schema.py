"""Schemas in PyTorch's own notation, with all that its operators may have: aliases, optional lists, symbolic ints.

    mine::clamp_(Tensor(a!) x, float? low=None, *, ScalarType dtype=float32) -> Tensor(a!)

`torchlike.operators.schema` reads the part of it that JAX functions are declared with; this is what users meet as
`torch.ops.mine.clamp_.default._schema`, printed and complained about as PyTorch does it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from torchlike import dtypes
from torchlike.devices import as_device
from torchlike.errors import missing
from torchlike.operators.schema import MISSING
from torchlike.tensors import layouts

__all__ = [
    "AliasInfo",
    "Argument",
    "FunctionSchema",
    "SchemaType",
    "dtype_of_number",
    "number_of_dtype",
    "parse",
]

# Each base type, and what its values are called in messages.
_BASES = {
    "Tensor": "Tensor",
    "int": "int",
    "SymInt": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "complex": "complex",
    "Scalar": "number",
    "ScalarType": "int",
    "Layout": "int",
    "MemoryFormat": "int",
    "Device": "Device",
    "Generator": "Generator",
    "Any": "Any",
}
# The names that the declarations of JAX functions have for them.
_DECLARED = {
    "dtype": "ScalarType",
    "device": "Device",
    "layout": "Layout",
    "memory_format": "MemoryFormat",
    "any": "Any",
}
_NOT_HERE = set(
    "Dict Future Await RRef Tuple Storage Stream QScheme Quantizer Dimname DimnameList SymBool Capsule "
    "AnyClassType AnyEnumType __torch__".split()
)

# PyTorch's numbers of the dtypes.
_NUMBERED = {
    0: dtypes.uint8,
    1: dtypes.int8,
    2: dtypes.int16,
    3: dtypes.int32,
    4: dtypes.int64,
    5: dtypes.float16,
    6: dtypes.float32,
    7: dtypes.float64,
    9: dtypes.complex64,
    10: dtypes.complex128,
    11: dtypes.bool_,
    15: dtypes.bfloat16,
    27: dtypes.uint16,
    28: dtypes.uint32,
    29: dtypes.uint64,
}
_NUMBERS = {d: n for n, d in _NUMBERED.items()}
_DTYPE_NAMES = {d.name: d for d in _NUMBERED.values()} | {
    "float": dtypes.float32,
    "double": dtypes.float64,
    "half": dtypes.float16,
    "long": dtypes.int64,
    "int": dtypes.int32,
    "short": dtypes.int16,
    "cfloat": dtypes.complex64,
    "cdouble": dtypes.complex128,
}
_NAMED_VALUES = {
    "strided": layouts.strided,
    "contiguous_format": layouts.contiguous_format,
    "channels_last": layouts.channels_last,
    "preserve_format": layouts.preserve_format,
    "Mean": 1,
    "long": dtypes.int64,
    "float": dtypes.float32,
    "complex": dtypes.complex64,
}


# PyTorch's numbers of layouts and of memory formats.
_NAMED: dict[str, list[Any]] = {
    "Layout": [layouts.strided],
    "MemoryFormat": [
        layouts.contiguous_format,
        layouts.preserve_format,
        layouts.channels_last,
        layouts.channels_last_3d,
    ],
}
_NUMBERS_OF: dict[Any, int] = {value: n for values in _NAMED.values() for n, value in enumerate(values)}


def dtype_of_number(number: int) -> dtypes.dtype:
    """The dtype to which PyTorch gives a number.

    Raises:
        RuntimeError: there is none.
    """
    if number not in _NUMBERED:
        raise RuntimeError(f"no dtype has the number {number}")
    return _NUMBERED[number]


def number_of_dtype(dtype: dtypes.dtype) -> int:
    """PyTorch's number of a dtype."""
    return _NUMBERS[dtype]


@dataclass(frozen=True)
class AliasInfo:
    """What a tensor shares memory with.

    Attributes:
        is_write: whether the operator writes to it.
        before_set: the names of the memory it may be, `{"a"}`.
        after_set: the same for when the operator has run.
    """

    is_write: bool
    before_set: frozenset[str]
    after_set: frozenset[str]


@dataclass(frozen=True)
class SchemaType:
    """A type of a schema.

    Attributes:
        kind: one of the base types, "List", "Optional" or "Tuple".
        inner: what a list, an optional value or a tuple is of.
        size: n of `int[n]`.
        alias: the annotation, `(a!)`, or "".
    """

    kind: str
    inner: tuple[SchemaType, ...] = ()
    size: int | None = None
    alias: str = ""

    @property
    def in_schema(self) -> str:
        """The type as schemas write it, `int[]?`."""
        if self.kind == "List":
            return f"{self.inner[0].in_schema}[{'' if self.size is None else self.size}]{self.alias}"
        if self.kind == "Optional":
            return f"{self.inner[0].in_schema}?"
        if self.kind == "Tuple":
            return f"({', '.join(t.in_schema for t in self.inner)})"
        return self.kind + self.alias

    def __str__(self) -> str:
        """The type as messages write it, `Optional[List[int]]`."""
        if self.inner:
            return f"{self.kind}[{', '.join(map(str, self.inner))}]"
        return _BASES.get(self.kind, "Tensor")

    __repr__ = __str__

    @property
    def innermost_alias(self) -> str:
        """The annotation of it or of what it holds."""
        return self.alias or next((t.innermost_alias for t in self.inner if t.innermost_alias), "")

    @property
    def holds_named(self) -> bool:
        """Whether PyTorch has numbers for its values, besides their names."""
        return self.holds("Layout") or self.holds("MemoryFormat")

    def holds(self, kind: str) -> bool:
        """Whether it is of a kind, or has it in it."""
        return self.kind == kind or any(t.holds(kind) for t in self.inner)


@dataclass(frozen=True)
class Argument:
    """An argument or a result of a schema.

    Attributes:
        name: its name, "" for a result without.
        type: its type.
        default: its default as Python has it, or MISSING.
        kwarg_only: whether it comes behind `*`.
    """

    name: str
    type: SchemaType
    default: Any = MISSING
    kwarg_only: bool = False

    @property
    def default_value(self) -> Any:
        """Its default as PyTorch shows it: None if it has none, a number for a dtype."""
        if self.default is MISSING:
            return None
        if isinstance(self.default, dtypes.dtype):
            return number_of_dtype(self.default)
        return _NUMBERS_OF.get(self.default, self.default) if self.type.holds_named else self.default

    def has_default_value(self) -> bool:
        """Whether it may be left out."""
        return self.default is not MISSING

    @property
    def N(self) -> int | None:
        """n of `int[n]`."""
        inside = self.type.inner[0] if self.type.kind == "Optional" else self.type
        return inside.size

    @property
    def alias_info(self) -> AliasInfo | None:
        """What it shares memory with, None if that is its own."""
        text = self.type.innermost_alias
        if not text:
            return None
        before, _, after = text[1:-1].replace("!", "").partition("->")
        sets = [frozenset(part.strip() for part in side.split("|")) for side in (before, after or before)]
        return AliasInfo("!" in text, *sets)

    @property
    def is_mutated(self) -> bool:
        """Whether the operator writes to it."""
        return "!" in self.type.innermost_alias

    def __str__(self) -> str:
        text = f"{self.type.in_schema} {self.name}" if self.name else self.type.in_schema
        return text if self.default is MISSING else f"{text}={_shown_default(self)}"


@dataclass(frozen=True)
class FunctionSchema:
    """A schema as PyTorch shows it.

    Attributes:
        name: with its namespace, `mine::clamp`.
        overload_name: "" for the one without.
        arguments: in order.
        returns: the results.
    """

    name: str
    overload_name: str
    arguments: list[Argument]
    returns: list[Argument]

    @property
    def full_name(self) -> str:
        """The name with the overload's, `mine::clamp.Tensor`."""
        return f"{self.name}.{self.overload_name}" if self.overload_name else self.name

    @property
    def is_mutable(self) -> bool:
        """Whether it writes to an argument."""
        return any(a.is_mutated for a in self.arguments)

    def _is_view_op(self) -> bool:
        return any(
            info is not None and not info.is_write
            for info in (*(r.alias_info for r in self.returns), *(a.alias_info for a in self.arguments))
        )

    @property
    def positional(self) -> int:
        """How many arguments may be given by position."""
        return sum(not a.kwarg_only for a in self.arguments)

    def in_namespace(self, namespace: str) -> FunctionSchema:
        """The same schema, its name with a namespace."""
        own = self.name.rpartition("::")[2]
        return FunctionSchema(f"{namespace}::{own}", self.overload_name, self.arguments, self.returns)

    def __str__(self) -> str:
        parts: list[str] = []
        for a in self.arguments:
            if a.kwarg_only and "*" not in parts:
                parts.append("*")
            parts.append(str(a))
        returns = [str(r) for r in self.returns]
        single = len(returns) == 1 and not returns[0].startswith("(")
        return f"{self.full_name}({', '.join(parts)}) -> {returns[0] if single else '(' + ', '.join(returns) + ')'}"

    __repr__ = __str__


def _shown_default(a: Argument) -> str:
    value = a.default_value
    if isinstance(value, str):
        if a.type.kind == "str":
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
        return value
    if isinstance(value, list) and a.type.kind == "List" and a.type.inner[0].kind == "int":
        if a.N not in (None, 1) and len(set(value)) == 1:
            return _shown(value[0])
    return _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        if value == value and abs(value) < 2**63 and value == int(value):
            return f"{int(value)}."
        return f"{value:.17g}"
    if isinstance(value, complex):
        return f"{_shown(value.real)}+{_shown(value.imag)}j"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


_TOKENS = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<number>(\d+\.?\d*|\.\d+)(e[+-]?\d+)?j?)
    |(?P<ident>[A-Za-z_]\w*)
    |(?P<string_literal>"(\\.|[^"\\])*"|'(\\.|[^'\\])*')
    |(?P<arrow>->)
    |(?P<mark>\.\.\.|::|.)""",
    re.X | re.S,
)
_UNKNOWN_TYPE = (
    "unknown type specifier. Common valid schema types include Tensor, SymInt, int, float, bool, Scalar; for a full "
    "list, please see https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/README.md#func "
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


# What are no names in PyTorch's language.
_KEYWORDS = set(
    "None True False def if elif else while for in return and or not is assert raise global import class break "
    "continue pass del lambda with as".split()
)


def _kind(match: re.Match) -> str:
    """What a token is called in messages."""
    return match[0] if match.lastgroup == "mark" or match[0] in _KEYWORDS else str(match.lastgroup)


class _Parser:
    """Reads a schema, complaining as PyTorch does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            _Token(_kind(m), m[0], m.start()) for m in _TOKENS.finditer(text) if m.lastgroup != "space"
        ]
        self.tokens.append(_Token("eof", "", len(text)))
        self.at = 0

    @property
    def current(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        token = self.current
        self.at += token.kind != "eof"
        return token

    def skip(self, kind: str) -> bool:
        """Pass over a token of this kind, if that is what comes."""
        found = self.current.kind == kind
        self.at += found
        return found

    def expect(self, kind: str) -> _Token:
        token = self.current
        if token.kind != kind:
            raise RuntimeError(f"expected {kind} but found '{token.kind}' here:\n{self._marked(token)}")
        return self.next()

    def refuse(self, reason: str, token: _Token) -> RuntimeError:
        return RuntimeError(f"\n{reason}:\n{self._marked(token)}")

    def _marked(self, token: _Token) -> str:
        """The text with the token marked."""
        if token.kind == "eof":
            return self.text
        line_start = self.text.rfind("\n", 0, token.start) + 1
        mark = " " * (token.start - line_start) + "~" * len(token.text)
        head, line, tail = self.text[:line_start], *self.text[line_start:].partition("\n")[::2]
        return f"{head}{line}\n{mark} <--- HERE\n{tail}"

    def schema(self) -> FunctionSchema:
        name = self.expect("ident").text
        if self.skip("::"):
            name += f"::{self.expect('ident').text}"
        overload = self.expect("ident").text if self.skip(".") else ""
        if self.current.kind != "(":
            self.expect("eof")
            raise RuntimeError("Tried to parse a function schema but only the operator name was given")
        arguments: list[Argument] = []
        kwarg_only = False
        self.expect("(")
        if not self.skip(")"):
            while True:
                if self.skip("*"):
                    kwarg_only = True
                elif self.current.kind == "...":
                    raise missing("a schema with '...'")
                else:
                    arguments.append(self.argument(kwarg_only))
                if not self.skip(","):
                    break
            self.expect(")")
        self.expect("arrow")
        returns: list[Argument] = []
        if self.skip("("):
            if not self.skip(")"):
                returns.append(self.result())
                while self.skip(","):
                    returns.append(self.result())
                self.expect(")")
        else:
            returns.append(self.result())
        self.expect("eof")
        made = FunctionSchema(name, overload, arguments, returns)
        for before, a in pairwise(arguments):
            if before.default is not MISSING and a.default is MISSING and not a.kwarg_only:
                raise RuntimeError(
                    f"Non-default positional argument follows default argument. Parameter {a.name} in {made}"
                )
        return made

    def result(self) -> Argument:
        kind = self.sized_type()
        return Argument(self.next().text if self.current.kind == "ident" else "", kind)

    def argument(self, kwarg_only: bool) -> Argument:
        kind = self.sized_type()
        name = self.expect("ident").text
        default = self.default(kind) if self.skip("=") else MISSING
        return Argument(name, kind, default, kwarg_only)

    def sized_type(self) -> SchemaType:
        kind = self.type()
        if self.current.kind == "[":
            self.next()
            size = int(self.expect("number").text)
            self.expect("]")
            kind = SchemaType("List", (kind,), size, self.alias())
            if self.skip("?"):
                kind = SchemaType("Optional", (kind,))
        return kind

    def type(self) -> SchemaType:
        if self.skip("("):
            inner = [self.type()]
            while self.skip(","):
                inner.append(self.type())
            self.expect(")")
            kind = SchemaType("Tuple", tuple(inner))
        else:
            token = self.expect("ident")
            base = _DECLARED.get(token.text, token.text)
            if base in _NOT_HERE:
                raise missing(f"the type {base} in a schema")
            if base not in _BASES:
                raise self.refuse(_UNKNOWN_TYPE, token)
            if base == "Tensor" and self.skip("|"):
                base = f"Tensor|{self.expect('ident').text}"
            kind = SchemaType(base, alias=self.alias())
        while True:
            if self.current.kind == "[" and self.tokens[self.at + 1].kind == "]":
                self.at += 2
                kind = SchemaType("List", (kind,), alias=self.alias())
            elif self.skip("?"):
                kind = SchemaType("Optional", (kind,))
            else:
                return kind

    def alias(self) -> str:
        """An annotation as PyTorch prints it, `(a!)`, if there is one."""
        if not self.skip("("):
            return ""
        text = self.alias_set() + "!" * self.skip("!")
        if self.skip("arrow"):
            text += f" -> {self.alias_set()}"
        self.expect(")")
        return f"({text})"

    def alias_set(self) -> str:
        names = [self.alias_name()]
        while self.skip("|"):
            names.append(self.alias_name())
        return "|".join(names)

    def alias_name(self) -> str:
        return "*" if self.skip("*") else self.expect("ident").text

    def default(self, of: SchemaType) -> Any:
        kind = of.inner[0].kind if of.kind == "Optional" else of.kind
        if of.kind in ("Tensor", "Generator"):
            self.expect("None")
            return None
        if of.kind == "Optional" and (kind in ("Tensor", "Generator") or self.current.kind == "None"):
            if self.skip("ident"):
                raise self.refuse("invalid numeric default value", self.current)
            self.expect("None")
            return None
        return self.default_list(of) if of.kind == "List" else self.constant(of)

    def default_list(self, of: SchemaType) -> list:
        element = of.inner[0]
        if self.current.kind != "[" and of.size is not None:
            return [self.constant(element)] * of.size
        opening = self.expect("[")
        if element.kind not in ("int", "SymInt", "float", "complex", "bool", "Scalar"):
            raise self.refuse("lists are only supported for float, int and complex types", opening)
        values: list[Any] = []
        while not self.skip("]"):
            if values:
                self.expect(",")
            values.append(self.constant(element))
        return values

    def constant(self, of: SchemaType) -> Any:
        kind = of.inner[0].kind if of.kind == "Optional" else of.kind
        if self.current.kind not in ("None", "True", "False", "string_literal", "ident"):
            return self.number(of, kind)
        token = self.next()
        if token.kind in ("None", "True", "False"):
            return {"None": None, "True": True, "False": False}[token.kind]
        if token.kind == "string_literal":
            text = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), token.text[1:-1])
            return as_device(text) if kind == "Device" else text
        if kind == "ScalarType" and token.text in _DTYPE_NAMES:
            return _DTYPE_NAMES[token.text]
        if token.text in _NAMED_VALUES:
            return _NAMED_VALUES[token.text]
        raise self.refuse("invalid numeric default value", self.current)

    def number(self, of: SchemaType, kind: str) -> Any:
        sign = "-" if self.skip("-") else ""
        text = sign + self.expect("number").text
        if text.endswith("j"):
            return complex(text)
        if of.kind == "float" or "." in text or "e" in text:
            return float(text)
        if of.kind == "complex":
            return complex(int(text))
        if kind in _NAMED:
            return _NAMED[kind][int(text)]
        return dtype_of_number(int(text)) if kind == "ScalarType" else int(text)


@lru_cache(maxsize=1024)
def parse(text: str) -> FunctionSchema:
    """Read a schema.

    Raises:
        RuntimeError: PyTorch's, which marks the place that is not understood.
        NotImplementedError: it has types that there are not here.
    """
    return _Parser(text).schema()
