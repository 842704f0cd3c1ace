"""An operator's Python signature, and the text of its stub, from its schema."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import Parameter, Signature
from keyword import iskeyword

from torchlike.operators.schema import MISSING, Argument, Schema

__all__ = ["python_signature", "stub"]

# What a schema's type is to Python. What may be left out in the schema's notation only is not to a type checker.
_ANNOTATIONS = {
    "Tensor": "Tensor",
    "Tensor[]": "Sequence[Tensor]",
    "Tensor|Scalar": "Tensor | int | float | complex | bool",
    "Scalar": "int | float | complex | bool",
    "int": "int",
    "int[]": "Sequence[int]",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "dtype": "dtype",
    "device": "device | str | int",
    "layout": "layout",
    "memory_format": "memory_format",
    "Generator": "Generator",
    "any": "Any",
}


class _Text(str):
    """An annotation that shows without quotes."""

    def __repr__(self) -> str:
        return str(self)


def python_signature(schema: Schema) -> Signature:
    """What `inspect.signature` says of the operator.

    Example:
        >>> from torchlike.operators.schema import parse
        >>> str(python_signature(parse("mine::swish(Tensor x, float? beta=None, *, int[2] pad=0) -> Tensor")))
        '(x: Tensor, beta: float | None = None, *, pad: Sequence[int] | int = (0, 0)) -> Tensor'
    """
    # What Python keeps for itself (`from`) can only be given by position, and so what stands before it.
    reserved = max((i for i, a in enumerate(schema.arguments) if iskeyword(a.name)), default=-1)
    parameters = []
    for i, a in enumerate(schema.arguments):
        kind = Parameter.POSITIONAL_OR_KEYWORD if i > reserved else Parameter.POSITIONAL_ONLY
        parameters.append(
            Parameter(
                f"{a.name}_" if iskeyword(a.name) else a.name,
                Parameter.KEYWORD_ONLY if a.keyword_only else kind,
                default=Parameter.empty if a.default is MISSING else a.default,
                annotation=_annotation(a),
            )
        )
    return Signature(parameters, return_annotation=_Text(_returned(schema)))


def _annotation(argument: Argument) -> str:
    text = _ANNOTATIONS[argument.type]
    if argument.size is not None:
        text += " | int"
    return _Text(f"{text} | None" if argument.optional else text)


def _returned(schema: Schema) -> str:
    outcome = schema.text.rpartition("->")[2].strip()
    if outcome.endswith("[]"):
        return "list[Tensor]"
    if not schema.returns:
        return "None"
    if len(schema.returns) > 1:
        return f"tuple[{', '.join(['Tensor'] * len(schema.returns))}]"
    return "Tensor"


_HEAD = """from collections.abc import Sequence
from typing import Any, overload

from torchlike import Generator, Tensor, device, dtype, layout, memory_format

"""


def stub(schemas: Iterable[Schema]) -> str:
    """The text of a stub file, `mine.pyi`, for the operators of a namespace.

    Args:
        schemas: theirs.

    Example:
        >>> from torchlike.operators.schema import parse
        >>> print(stub([parse("mine::swish(Tensor x, float beta=1.0) -> Tensor")]).splitlines()[-1])
        def swish(x: Tensor, beta: float = 1.0) -> Tensor: ...
    """
    by_name: dict[str, list[str]] = {}
    for schema in schemas:
        by_name.setdefault(schema.base, []).append(f"def {schema.base}{python_signature(schema)}: ...")
    lines = [_HEAD]
    for definitions in by_name.values():
        lines += [f"@overload\n{d}" for d in definitions] if len(definitions) > 1 else definitions
    return "\n".join(lines) + "\n"
