"""Grad modes: whether operators record the graph."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
    "state",
]


class _State(threading.local):
    enabled = True
    inference = False


state = _State()


def is_grad_enabled() -> bool:
    """Whether operators record the graph in this thread."""
    return state.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return state.inference


class _Mode:
    """A context manager that is also a decorator, of functions, generators and classes' methods alike."""

    def __call__(self, function: Callable) -> Callable:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                # The mode holds while the generator runs, not while its consumer does.
                produced = function(*args, **kwargs)
                sent, step = None, produced.send
                while True:
                    with self._clone():
                        try:
                            item = step(sent)
                        except StopIteration as stop:
                            return stop.value
                    try:
                        sent, step = (yield item), produced.send
                    except GeneratorExit:
                        produced.close()
                        raise
                    except BaseException as error:
                        sent, step = error, produced.throw

            return generator

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._clone():
                return function(*args, **kwargs)

        return wrapped

    def _clone(self) -> _Mode:
        return self.__class__()

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *exc: object) -> None:
        raise NotImplementedError


class _Switch(_Mode):
    """Sets the mode between enter and exit; nests and may be entered again."""

    value: bool

    def __new__(cls, function: Callable | None = None) -> Any:
        self = object.__new__(cls)
        self._before: list[bool] = []  # type: ignore[attr-defined]
        # `@no_grad` without parentheses decorates too.
        return self if function is None else self(function)

    def __enter__(self) -> None:
        self._before.append(state.enabled)  # type: ignore[attr-defined]
        state.enabled = self.value

    def __exit__(self, *exc: object) -> None:
        state.enabled = self._before.pop()  # type: ignore[attr-defined]


class no_grad(_Switch):
    """Operators inside record no graph, and their results do not require grad.

    Example:
        >>> import torchlike as torch
        >>> x = torch.ones(1, requires_grad=True)
        >>> with torch.no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    value = False


class enable_grad(_Switch):
    """Operators inside record the graph, also within `no_grad`.

    Example:
        >>> import torchlike as torch
        >>> x = torch.ones(1, requires_grad=True)
        >>> with torch.no_grad(), torch.enable_grad():
        ...     y = x * 2
        >>> y.requires_grad
        True
    """

    value = True


class set_grad_enabled(_Mode):
    """Switch the recording of the graph on or off, at once, and back at the end of a `with` block.

    Args:
        mode: whether to record.

    Example:
        >>> import torchlike as torch
        >>> with torch.set_grad_enabled(False):
        ...     torch.is_grad_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before = state.enabled
        state.enabled = mode

    def __call__(self, function: Callable) -> Callable:
        state.enabled = self._before
        return super().__call__(function)

    def _clone(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        state.enabled = self.mode

    def __exit__(self, *exc: object) -> None:
        state.enabled = self._before


class inference_mode(_Mode):
    """Like `no_grad`, and the tensors made inside can never take part in a graph.

    Args:
        mode: whether to switch it on.

    Example:
        >>> import torchlike as torch
        >>> with torch.inference_mode():
        ...     torch.ones(1).is_inference()
        True
    """

    def __new__(cls, mode: Any = True) -> Any:
        self = object.__new__(cls)
        if callable(mode):
            self.mode = True
            self._before = []
            return self(mode)
        return self

    def __init__(self, mode: bool = True) -> None:
        if not callable(mode):
            self.mode = mode
            self._before: list[tuple[bool, bool]] = []

    def _clone(self) -> inference_mode:
        return inference_mode(self.mode)

    def __enter__(self) -> None:
        self._before.append((state.enabled, state.inference))
        state.enabled, state.inference = (not self.mode, self.mode)

    def __exit__(self, *exc: object) -> None:
        state.enabled, state.inference = self._before.pop()
