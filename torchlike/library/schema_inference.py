"""`infer_schema`: a schema from a function's annotations."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable, Iterable, Sequence
from types import GenericAlias
from typing import Any, NoReturn

from torchlike.devices import device
from torchlike.dtypes import dtype
from torchlike.library.tags import Tag, normalized
from torchlike.tensors.tensor import Tensor

__all__ = ["infer_schema"]

_Number = int | float | bool


def _lists(element: Any) -> tuple[Any, ...]:
    """The ways to annotate a list."""
    return (
        typing.Sequence[element],  # noqa: UP006
        typing.List[element],  # noqa: UP006
        GenericAlias(collections.abc.Sequence, (element,)),
        GenericAlias(list, (element,)),
    )


def _parameter_types() -> dict[Any, str]:
    found: dict[Any, str] = {}
    # The type, its name, and whether there are lists of it, lists of optional ones, optional lists.
    base: Any
    for base, name, listed, of_optional, optional_list in (
        (Tensor, "Tensor", True, True, False),
        (int, "SymInt", True, False, True),
        (float, "float", True, False, True),
        (bool, "bool", True, False, True),
        (str, "str", False, False, False),
        (_Number, "Scalar", True, False, False),
        (dtype, "ScalarType", False, False, False),
        (device, "Device", False, False, False),
    ):
        optional = typing.Optional[base]  # noqa: UP045
        found |= {base: name, optional: f"{name}?"}
        if listed:
            found |= dict.fromkeys(_lists(base), f"{name}[]")
        if of_optional:
            found |= dict.fromkeys(_lists(optional), f"{name}?[]")
        if optional_list:
            found |= {typing.Optional[t]: f"{name}[]?" for t in _lists(base)}  # noqa: UP045
    return found


_PARAMETER_TYPES = _parameter_types()
_RETURN_TYPES: dict[Any, str] = {
    Tensor: "Tensor",
    typing.List[Tensor]: "Tensor[]",  # noqa: UP006
    list[Tensor]: "Tensor[]",
    int: "SymInt",
    float: "float",
    bool: "bool",
    _Number: "Scalar",
}


def infer_schema(
    prototype_function: Callable,
    /,
    *,
    mutates_args: str | Iterable[str],
    op_name: str | None = None,
    tags: Tag | Sequence[Tag] | None = (),
) -> str:
    """The schema of a function whose arguments and result are annotated.

    Args:
        prototype_function: the function.
        mutates_args: the arguments that it writes to, or "unknown" for all its tensors.
        op_name: the name that the schema begins with; none by default.
        tags: `torch.Tag.inplace` or `torch.Tag.out` where the result is what was written to.

    Raises:
        ValueError: an annotation is missing, or is not one that a schema can express.

    Example:
        >>> import torchlike as torch
        >>> def foo(x: torch.Tensor, k: float = 1.0) -> torch.Tensor:
        ...     return x * k
        >>> torch.library.infer_schema(foo, op_name="foo", mutates_args={})
        'foo(Tensor x, float k=1.0) -> Tensor'
    """
    return _Inference(prototype_function, mutates_args, normalized(tags)).schema(op_name)


class _Inference:
    """One function's schema."""

    def __init__(self, fn: Callable, mutates_args: str | Iterable[str], tags: tuple[Tag, ...]) -> None:
        self.globals = getattr(fn, "__globals__", {})
        self.signature = inspect.signature(fn)
        self.is_inplace = Tag.inplace in tags
        self.is_out = Tag.out in tags
        if self.is_inplace and self.is_out:
            raise AssertionError("torch.Tag.inplace and torch.Tag.out are mutually exclusive")
        self.mutates = mutates_args if isinstance(mutates_args, str) else tuple(mutates_args)
        # The first argument that may be given by position, with its type and the name of its memory.
        self.first: tuple[str, str, str] | None = None
        self.outs: dict[str, str] = {}

    def fail(self, what: str) -> NoReturn:
        raise ValueError(f"infer_schema(func): {what} Got func with signature {self.signature})")

    def schema(self, op_name: str | None) -> str:
        parts: list[str] = []
        for i, (name, parameter) in enumerate(self.signature.parameters.items()):
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                self.fail("We do not support positional-only args, varargs, or varkwargs.")
            if parameter.kind == parameter.KEYWORD_ONLY and "*" not in parts:
                parts.append("*")
            parts.append(self.argument(i, name, parameter))
        if self.mutates != "unknown":
            unseen = set(self.mutates) - self.signature.parameters.keys()
            if unseen:
                self.fail(
                    f"{unseen} in mutates_args were not found in the custom op's signature. mutates_args should "
                    "contain the names of all args that the custom op mutates, or just the string 'unknown' if you "
                    "don't know."
                )
        if self.is_inplace:
            self.check_inplace()
        if self.is_out and not self.outs:
            self.fail("torch.Tag.out requires at least one mutable keyword-only Tensor argument.")
        return f"{op_name or ''}({', '.join(parts)}) -> {self.result()}"

    def argument(self, i: int, name: str, parameter: inspect.Parameter) -> str:
        if parameter.annotation is parameter.empty:
            self.fail(f"Parameter {name} must have a type annotation.")
        annotation = self.evaluated(parameter.annotation)
        kind = _PARAMETER_TYPES.get(annotation)
        if kind is None:
            self.refuse(name, annotation, parameter.annotation)
        memory = f"a{i}"
        if parameter.kind == parameter.POSITIONAL_OR_KEYWORD and self.first is None:
            self.first = name, kind, memory
        mutated = False
        if isinstance(self.mutates, str):
            if self.mutates != "unknown":
                raise ValueError(
                    "mutates_args must either be a sequence of the names of the arguments that are mutated or the "
                    "string 'unknown'. "
                )
            mutated = kind.startswith("Tensor")
        elif name in self.mutates:
            if not kind.startswith("Tensor"):
                self.fail(
                    f"Parameter {name} is in mutable_args but only Tensors or collections of Tensors can be mutated"
                )
            mutated = True
        if mutated:
            kind = f"Tensor({memory}!){kind.removeprefix('Tensor')}"
        if self.is_out and mutated:
            if parameter.kind != parameter.KEYWORD_ONLY:
                self.fail("torch.Tag.out requires mutable arguments to be keyword-only.")
            if kind != f"Tensor({memory}!)":
                self.fail("torch.Tag.out only supports mutable keyword-only Tensor arguments.")
            self.outs[name] = memory
        if parameter.default is parameter.empty:
            return f"{kind} {name}"
        return f"{kind} {name}={self.default(name, parameter.default)}"

    def refuse(self, name: str, annotation: Any, written: Any) -> NoReturn:
        unsupported = f"Parameter {name} has unsupported type {written}. "
        valid = f"The valid types are: {_PARAMETER_TYPES.keys()}."
        if getattr(annotation, "__origin__", None) is tuple:
            as_list = _list_like(annotation)
            example = f"For example, {as_list}.\n\n" if as_list in _PARAMETER_TYPES else "\n\n"
            self.fail(
                f"{unsupported}We do not support Tuple inputs in schema. As a workaround, please try to use List "
                f"instead. {example}{valid}"
            )
        self.fail(unsupported + valid)

    def default(self, name: str, value: Any) -> str:
        if value is None or isinstance(value, int | float | bool):
            return str(value)
        if isinstance(value, str | device):
            return f'"{value}"'
        if isinstance(value, dtype):
            return value.name
        self.fail(
            f"Parameter {name} has an unsupported default value type {type(value)}. Please file an issue on GitHub so "
            "we can prioritize this."
        )

    def evaluated(self, annotation: Any) -> Any:
        """An annotation that may be a string, or have strings in it."""
        if isinstance(annotation, str):
            unsupported = f"Unsupported type annotation {annotation}. It is not a type. "
            try:
                return eval(annotation, self.globals)
            except NameError as error:
                self.fail(
                    f"{unsupported}({error}). If you are using 'from __future__ import annotations', note that "
                    "annotations are evaluated lazily as strings; make sure all types referenced in annotations are "
                    "importable at module scope, not only inside a local function."
                )
            except Exception as error:
                self.fail(f"{unsupported}({type(error).__name__}: {error})")
        origin = typing.get_origin(annotation)
        if origin is not None:
            inner = typing.get_args(annotation)
            evaluated = tuple(map(self.evaluated, inner))
            if any(a is not b for a, b in zip(inner, evaluated, strict=True)):
                return GenericAlias(origin, evaluated)
        return annotation

    def check_inplace(self) -> None:
        if self.first is None:
            self.fail("torch.Tag.inplace requires a positional Tensor argument.")
        if self.first[1] != "Tensor":
            self.fail("torch.Tag.inplace requires the first positional argument to be a Tensor.")
        if isinstance(self.mutates, str) or set(self.mutates) != {self.first[0]}:
            self.fail(
                "torch.Tag.inplace requires mutates_args to contain exactly the first positional argument, got "
                f"{self.mutates}."
            )

    def result(self) -> str:
        annotation = self.evaluated(self.signature.return_annotation)
        if self.is_out:
            return self.written(annotation)
        found = self.returned(annotation)
        if self.is_inplace:
            assert self.first is not None
            if found != "Tensor":
                self.fail("torch.Tag.inplace requires the return annotation to be torch.Tensor.")
            return f"Tensor({self.first[2]}!)"
        return found

    def returned(self, annotation: Any) -> str:
        if annotation is None:
            return "()"
        if annotation is inspect.Parameter.empty:
            self.fail("No return type annotation was provided. Please add one.")
        several = typing.get_origin(annotation) is tuple
        kinds = typing.get_args(annotation) if several else (annotation,)
        if any(kind not in _RETURN_TYPES for kind in kinds):
            self.fail(f"Return has unsupported type {annotation}. The valid types are: {_RETURN_TYPES}.")
        if not several:
            return _RETURN_TYPES[annotation]
        inside = ", ".join(_RETURN_TYPES[kind] for kind in kinds)
        return f"(({inside}))" if len(kinds) == 1 else f"({inside})"

    def written(self, annotation: Any) -> str:
        """The result of a function that writes to its keyword-only tensors and returns them."""
        expected = (Tensor,) * len(self.outs)
        if len(self.outs) == 1:
            fits = annotation is Tensor
        else:
            fits = typing.get_origin(annotation) is tuple and typing.get_args(annotation) == expected
        if not fits:
            self.fail(
                "torch.Tag.out requires the return annotation to match the mutable keyword-only Tensor arguments "
                f"{tuple(self.outs)}."
            )
        returns = [f"Tensor({memory}!)" for memory in self.outs.values()]
        return returns[0] if len(returns) == 1 else f"({', '.join(returns)})"


def _list_like(annotation: Any) -> Any:
    """The list that an annotation of a tuple may have meant."""
    inner = typing.get_args(annotation)
    if not inner:
        return list
    if len(inner) == 1 or inner[1:] == (Ellipsis,):
        return GenericAlias(list, (inner[0],))
    return GenericAlias(list, (typing.Union[inner],))  # noqa: UP007
