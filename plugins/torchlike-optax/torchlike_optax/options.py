"""Options: which of a transformation's are those of parameter groups, and which of these are run-time inputs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import torchlike as torch
from torchlike_optax.recipes import Name, Place, Recipe, is_transformation, recipe_of, shown

__all__ = ["Options", "number"]

# What torch's optimizers and schedulers call the learning rate, and what optax's functions do.
RATE, OPTAX_RATE = "lr", "learning_rate"


class Options:
    """A transformation's options.

    Args:
        transformation: a transformation, or a function that makes one.
        static: the names of options that are part of the program, though they are floating numbers.
        given: the options that are given.

    Attributes:
        defaults: those of the parameter groups: numbers, texts, None and tuples of numbers.
        constants: the others, which all groups have in common.

    Raises:
        TypeError: it is no transformation, has no such option, or lacks one.
    """

    def __init__(self, transformation: Any, static: Iterable[str], given: dict[str, Any]) -> None:
        self.transformation = transformation
        self.static = frozenset([static] if isinstance(static, str) else static)
        found, self._rate = _bound(transformation, given)
        # A dtype by its name, which optax knows too.
        found = {
            name: str(v).removeprefix("torch.") if isinstance(v, torch.dtype) else v
            for name, v in found.items()
        }
        unknown = sorted(self.static - found.keys())
        if unknown:
            raise TypeError(f"static names {', '.join(unknown)}, which is no option of the transformation")
        self.defaults = {name: value for name, value in found.items() if _is_plain(value)}
        self.constants = {name: value for name, value in found.items() if name not in self.defaults}

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise TypeError if a parameter group has an option that cannot be one of a group."""
        for name in group:
            if name in self.constants:
                raise TypeError(f"option '{name}' is no number here, and so one for all parameter groups")
        for name in self.defaults:
            if not _is_plain(group[name]):
                raise TypeError(
                    f"option '{name}' of a parameter group must be a number, a text, None or a tuple of numbers, "
                    f"but got {type(group[name]).__name__}"
                )

    def recipe(
        self,
        group: Mapping[str, Any],
        keys: tuple[Name | Place, ...],
        extra: tuple[tuple[str, bool], ...] = (),
    ) -> tuple[Recipe, list]:
        """What the program for a group's options is compiled for, and the numbers that are its inputs.

        Args:
            group: the options.
            keys, extra: see `Recipe`.
        """
        fixed = {self._own(name): value for name, value in self.constants.items()}
        counts: list[tuple[str, int | None]] = []
        numbers: list = []
        for name in self.defaults:
            value = group[name]
            found = self._numbers(name, value)
            if found is None:
                fixed[self._own(name)] = value
            else:
                counts.append((self._own(name), len(found) if isinstance(value, tuple | list) else None))
                numbers += [v if isinstance(v, torch.Tensor) else number(float(v)) for v in found]
        has_rate = RATE in self.defaults or RATE in self.constants
        rate = RATE if has_rate and self._rate is None else None
        return recipe_of(self.transformation, fixed, tuple(counts), rate, extra, keys), numbers

    def _own(self, name: str) -> str:
        """What the transformation's function calls an option."""
        return self._rate or RATE if name == RATE else name

    def _numbers(self, name: str, value: Any) -> list | None:
        """The numbers of an option that are run-time inputs; None for one that is part of the program.

        Integers are part of it, as they count something (a window, a period), but for the learning rate.
        """
        if name in self.static or value is None or isinstance(value, bool | str):
            return None
        values = list(value) if isinstance(value, tuple | list) else [value]
        if name != RATE and all(isinstance(v, Integral) for v in values):
            return None
        return values


def number(value: float | int) -> torch.Tensor:
    """A number as a tensor of Python's own width, on the host."""
    return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else torch.int64)


def _bound(transformation: Any, given: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Every option, by the name that parameter groups have it under, and what the learning rate's own name is."""
    if is_transformation(transformation):
        unknown = sorted(given.keys() - {RATE})
        if unknown:
            raise TypeError(
                f"a transformation that is made already has no option but lr, and {', '.join(unknown)} was given; "
                "give the function that makes it, as in Optax(params, optax.adam, b1=0.8)"
            )
        return dict(given), None
    if not callable(transformation):
        raise TypeError(
            "transformation must be an optax gradient transformation or a function that makes one, as optax.adam, "
            f"but got {type(transformation).__name__}"
        )
    signature = inspect.signature(transformation)
    rate = next((name for name in (RATE, OPTAX_RATE) if name in signature.parameters), None)
    named = dict(given)
    apart = {}
    if RATE in named:
        if OPTAX_RATE in named:
            raise TypeError("lr and learning_rate are one option, and both were given")
        if rate is None:
            apart[RATE] = named.pop(RATE)
        else:
            named[rate] = named.pop(RATE)
    try:
        arguments = signature.bind(**named)
    except TypeError as error:
        raise TypeError(f"{shown(transformation)}: {error}") from None
    arguments.apply_defaults()
    found = {}
    for name, value in arguments.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            found.update(value)
        elif kind is not inspect.Parameter.VAR_POSITIONAL:
            found[RATE if name == rate else name] = value
    return found | apart, rate


def _is_plain(value: Any) -> bool:
    """Whether a value can be an option of a parameter group, which is saved with it."""
    if isinstance(value, tuple | list):
        return bool(value) and all(map(_is_number, value))
    return value is None or isinstance(value, bool | str) or _is_number(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, Real) and not isinstance(value, bool)
