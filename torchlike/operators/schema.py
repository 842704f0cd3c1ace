"""Schemas: an operator's signature in PyTorch's own notation, parsed once.

    max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)

Types: `Tensor`, `Tensor[]`, `Scalar` (a Python number that is a run-time input), `Tensor|Scalar` (either),
and the static ones `int`, `int[]`, `int[2]` (an int stands for a pair), `bool`, `float`, `str`, `dtype`,
`device`, `any`. A `?` makes one optional, `*` starts the keyword-only ones, `(a)` marks a result that is a
view of its argument.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Argument", "MISSING", "Schema", "parse"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a schema.

    Attributes:
        name: as in PyTorch's schema; `self` is shown to users of the function form as `input`.
        type: the type without `?` and without the size of `int[2]`.
        optional: whether None is allowed.
        default: the default, or MISSING.
        keyword_only: whether it comes behind `*`.
        size: n of `int[n]`, where one int stands for n of them, else None.
        written: whether the operator writes to it, `Tensor(a!)`.
    """

    name: str
    type: str
    optional: bool
    default: object
    keyword_only: bool
    size: int | None
    written: bool = False

    @property
    def dynamic(self) -> bool:
        """Whether it is an input of the program rather than part of it."""
        return self.type in ("Tensor", "Tensor[]", "Scalar", "Tensor|Scalar")


@dataclass(frozen=True, slots=True)
class Schema:
    """A parsed schema.

    Attributes:
        text: as declared.
        name: `max.dim`, unique among operators; with the namespace if that is not torchlike's own, `myns::swish`.
        base: `max`, the public name that overloads share, without the namespace.
        namespace: `myns`; `aten` for what is built in.
        arguments: in order.
        returns: the results' names ('' where unnamed).
        is_view: whether the result aliases the first argument.
    """

    text: str
    name: str
    base: str
    namespace: str
    arguments: tuple[Argument, ...]
    returns: tuple[str, ...]
    is_view: bool

    @property
    def writes(self) -> bool:
        """Whether it writes to its first argument."""
        return bool(self.arguments) and self.arguments[0].written

    @property
    def gives_list(self) -> bool:
        """Whether the result is a list of tensors, as long as the operator's function makes it."""
        return self.text.rstrip().endswith("[]")

    @property
    def label(self) -> str:
        """What reports call it: `max`, `myns::swish`."""
        return self.base if self.namespace == "aten" else f"{self.namespace}::{self.base}"


_HEAD = re.compile(r"\s*([\w:.]+)\((.*)\)\s*->\s*(.+?)\s*$", re.S)
_ARGUMENT = re.compile(r"([\w|]+)(\([a-z]!?\))?(\[(\d*)\])?(\?)?\s+(\w+)(?:\s*=\s*(.+))?$", re.S)


def _split(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, start = [], 0
    for end in (*[m.start() for m in re.finditer(",", text)], len(text)):
        part = text[start:end]
        if part.count("(") + part.count("[") == part.count(")") + part.count("]"):
            parts.append(part)
            start = end + 1
    parts.append(text[start:])
    return [p.strip() for p in parts if p.strip()]


# Most schemas are made of the same few hundred arguments.
@lru_cache(maxsize=4096)
def _parse_argument(text: str, keyword_only: bool) -> Argument | None:
    match = _ARGUMENT.match(text)
    if match is None:
        return None
    kind, alias, brackets, size, optional, name, default = match.groups()
    value = MISSING if default is None else ast.literal_eval(default)
    if isinstance(value, list):
        value = tuple(value)
    if brackets is not None:
        kind += "[]"
        if size and isinstance(value, int):
            value = (value,) * int(size)
    written = alias is not None and "!" in alias
    return Argument(
        name, kind, optional is not None, value, keyword_only, int(size) if size else None, written
    )


def parse(text: str) -> Schema:
    """Parse a schema.

    Raises:
        ValueError: the text is not a schema; the message shows the part that is not understood.
    """
    head = _HEAD.match(text)
    if head is None:
        raise ValueError(f"not a schema: {text!r}")
    name, inside, outcome = head.groups()
    arguments: list[Argument] = []
    keyword_only = False
    for part in _split(inside):
        if part == "*":
            keyword_only = True
            continue
        argument = _parse_argument(part, keyword_only)
        if argument is None:
            raise ValueError(f"argument {part!r} of schema {text!r} is not understood")
        arguments.append(argument)
    names = []
    body = outcome[1:-1] if outcome.startswith("(") and outcome.endswith(")") else outcome
    for part in _split(body):
        words = part.split()
        names.append(words[1] if len(words) > 1 else "")
    namespace, _, own_name = name.rpartition("::")
    name = name.removeprefix("aten::")
    if any(a.written for a in arguments[1:]):
        raise ValueError(f"schema {text!r} writes to another argument than its first")
    base = own_name.split(".")[0]
    return Schema(text, name, base, namespace or "aten", tuple(arguments), tuple(names), "(a)" in outcome)
