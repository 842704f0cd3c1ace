"""Recipes: how a transformation is made from numbers that are only known when the program runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any
from weakref import WeakValueDictionary

__all__ = ["Name", "Place", "Recipe", "is_transformation", "recipe_of", "shown"]


class Name(str):
    """A parameter's name, where a tree of parameters has it as a key."""

    __slots__ = ()


class Place(int):
    """The place of a parameter without a name in its group, where a tree of parameters has it as a key."""

    __slots__ = ()


class Recipe:
    """Everything about a transformation that is part of the compiled program. Equal ones are one object.

    Attributes:
        transformation: an optax transformation, or a function that makes one.
        fixed: the options that are part of the program.
        numbers: the options that are run-time inputs: the name of each, and how many numbers it has if it is a tuple.
        rate: the option, if any, that is the learning rate of a transformation that has none of its own.
        extra: what `update` is given by name, and whether that is a Python number.
        keys: of the parameters, in order.
        count: of the numbers.
    """

    __slots__ = ("transformation", "fixed", "numbers", "rate", "extra", "keys", "count", "__weakref__")

    def __init__(
        self,
        transformation: Any,
        fixed: dict[str, Any],
        numbers: tuple[tuple[str, int | None], ...],
        rate: str | None,
        extra: tuple[tuple[str, bool], ...],
        keys: tuple[Name | Place, ...],
    ) -> None:
        self.transformation = transformation
        self.fixed = fixed
        self.numbers = numbers
        self.rate = rate
        self.extra = extra
        self.keys = keys
        self.count = sum(1 if count is None else count for _, count in numbers)

    def made(self, numbers: Sequence[Any]) -> Any:
        """The transformation.

        Args:
            numbers: of the options, in order.

        Raises:
            TypeError: what the function gave is no transformation.
            ValueError: its numbers are in its state, where those of the parameter groups would not reach it.
        """
        rest: Iterator[Any] = iter(numbers)
        options = dict(self.fixed)
        for name, count in self.numbers:
            options[name] = next(rest) if count is None else tuple([next(rest) for _ in range(count)])
        rate = None if self.rate is None else options.pop(self.rate)
        made = self.transformation
        if not is_transformation(made):
            made = made(**options)
            _check(made, self.transformation)
        if rate is None:
            return made
        # Not before an optimizer is made.
        import optax

        return optax.chain(made, optax.scale_by_learning_rate(rate))


def _check(made: Any, by: Callable) -> None:
    if not is_transformation(made):
        raise TypeError(f"{shown(by)} gives {type(made).__name__}, which is no optax gradient transformation")
    if getattr(made.init, "__qualname__", "").startswith("inject_hyperparams."):
        raise ValueError(
            "optax.inject_hyperparams keeps numbers in its state, where those of the parameter groups do not reach "
            "it. Give Optax the function that it wraps, whose numbers are run-time inputs anyway, or the "
            "transformation that it makes"
        )


_recipes: WeakValueDictionary[Hashable, Recipe] = WeakValueDictionary()


def recipe_of(
    transformation: Any,
    fixed: dict[str, Any],
    numbers: tuple[tuple[str, int | None], ...],
    rate: str | None,
    extra: tuple[tuple[str, bool], ...],
    keys: tuple[Name | Place, ...],
) -> Recipe:
    """The recipe of these, which the arguments of `Recipe` are, so that equal optimizers share their programs."""
    options = tuple((name, type(value), _identity(value)) for name, value in fixed.items())
    # 0 and a parameter called "0" are different, as are False and 0.
    named = tuple((type(key), key) for key in keys)
    identity = (_identity(transformation), options, numbers, rate, extra, named)
    found = _recipes.get(identity)
    if found is None:
        found = _recipes[identity] = Recipe(transformation, fixed, numbers, rate, extra, keys)
    return found


def _identity(value: Any) -> Hashable:
    """What tells a value from others; its id, which stays its own while the recipe that holds it is there."""
    try:
        hash(value)
    except TypeError:
        return ("id", id(value))
    return (tuple(map(type, value)), value) if isinstance(value, tuple) else value


def is_transformation(value: Any) -> bool:
    """Whether a value has the two functions of a gradient transformation; a class that would make one has not."""
    return not isinstance(value, type) and all(callable(getattr(value, f, None)) for f in ("init", "update"))


def shown(value: Callable) -> str:
    """A function's name for messages."""
    return getattr(value, "__name__", None) or repr(value)
