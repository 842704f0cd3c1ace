"""The functions that were declared on the floors below, by their public names."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing
from torchlike.tensors import binding, queries

__all__ = ["Declared", "class_text", "functional", "linalg", "torch", "typename"]


class Declared:
    """A namespace of declared functions, looked up when they are used: plugins declare late.

    Args:
        name: the namespace's public name behind `torch.`, or "torch" itself.

    Example:
        >>> Declared("torch").add.__name__
        'add'
    """

    def __init__(self, name: str) -> None:
        self._functions = binding.namespace(name)
        self._path = name if name == "torch" else f"torch.{name}"

    def __getattr__(self, name: str) -> Any:
        found = self._functions.get(name)
        if found is None and name.startswith("__"):
            # Python's own questions, as `hasattr(x, "__wrapped__")`.
            raise AttributeError(name)
        if found is None:
            raise missing(f"{self._path}.{name}")
        return found


torch = Declared("torch")
linalg = Declared("linalg")
functional = Declared("nn.functional")


def typename(value: Any) -> str:
    """The name of a value's type as PyTorch's messages have it.

    Example:
        >>> typename(1), typename([])
        ('int', 'list')
    """
    name = queries.typename(value)
    # What lives in torchlike.nn.linear here, lives in torch.nn.modules.linear there.
    for ours, theirs in _PATHS:
        if name.startswith(ours):
            return theirs + name[len(ours) :]
    return name


_PATHS = (("torchlike.nn.parameter.", "torch.nn.parameter."), ("torchlike.nn.", "torch.nn.modules."))


def class_text(cls: type) -> str:
    """How PyTorch's messages show a class: as `str` does, with the path that it has there.

    Example:
        >>> class_text(int)
        "<class 'int'>"
    """
    return f"<class '{typename(cls)}'>"
