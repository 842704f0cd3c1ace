"""The table of `Tensor`'s methods and properties that are no operators; `binding.install` puts them on the class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["function", "functions", "method", "read_only", "table"]

F = TypeVar("F", bound=Callable)
# Name to function or property; what is declared as an operator has its own table.
table: dict[str, Any] = {}


def method(*names: str) -> Callable[[Any], Any]:
    """Enter a function of a tensor as a method of `Tensor`.

    Args:
        names: the public names; the function's own if none is given.
    """

    def enter(found: Any) -> Any:
        for name in names or (found.__name__,):
            if name in table:
                raise ValueError(f"Tensor.{name} is declared twice")
            table[name] = found
        return found

    return enter


def read_only(found: F) -> F:
    """Enter a function of a tensor as the property of its name that cannot be set."""
    method(found.__name__)(property(found))
    return found


# The functions of the namespace "torch" that take any number of tensors, for which schemas have no notation.
functions: dict[str, Callable] = {}


def function(name: str) -> Callable[[F], F]:
    """Enter a function that takes any number of tensors into the namespace "torch"."""

    def enter(found: F) -> F:
        if name in functions:
            raise ValueError(f"torch.{name} is declared twice")
        found.__name__ = found.__qualname__ = name
        functions[name] = found
        return found

    return enter
