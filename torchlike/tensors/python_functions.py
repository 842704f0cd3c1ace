"""Functions of `torch.nn.functional` that are plain Python in PyTorch too.

Their arguments are Python's own business there, TypeErrors included; what is declared as an operator takes
its arguments from its schema instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlike.autograd.modes import state
from torchlike.tensors.binding import namespace
from torchlike.tensors.tensor import Tensor

__all__ = ["builtin", "functional", "refuse_gradient"]


def functional(name: str | None = None) -> Callable[[Callable], Callable]:
    """Make a function public in `torch.nn.functional`.

    Args:
        name: its public name, where that differs from the name that its TypeErrors show.
    """

    def register(fn: Callable) -> Callable:
        namespace("nn.functional")[name or fn.__name__] = fn
        return fn

    return register


class builtin:
    """A declared function, looked up when it is called: declarations become functions last.

    Args:
        space: its namespace.
        name: its name there.
    """

    __slots__ = ("_space", "_name")

    def __init__(self, space: str, name: str) -> None:
        self._space = namespace(space)
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._space[self._name](*args, **kwargs)


def refuse_gradient(function: str, **tensors: Tensor) -> None:
    """Raise if a tensor for which an operator has no derivative requires grad.

    Args:
        function: the operator's name in PyTorch's text.
        tensors: by the names of the arguments.

    Raises:
        RuntimeError: PyTorch's error.
    """
    if not state.enabled:
        return
    for name, tensor in tensors.items():
        if tensor.requires_grad:
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to argument '{name}'. This "
                "input "
                "cannot have requires_grad True."
            )
