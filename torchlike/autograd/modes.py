"""Grad modes: whether operators record the graph."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

from torchlike import engine
from torchlike.errors import missing

__all__ = [
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_multithreading_enabled",
    "no_grad",
    "set_grad_enabled",
    "set_grad_mode",
    "set_multithreading_enabled",
    "state",
]


class _State(threading.local):
    """The modes of a thread.

    Attributes:
        enabled: whether operators record the graph: grad mode outside of inference mode.
        grad_mode: what `is_grad_enabled` says.
        inference: whether the thread is inside `inference_mode`.
        multithreading: what `is_multithreading_enabled` says.
        calling: whether a module is being called, and the graph not recorded.
    """

    enabled = True
    grad_mode = True
    inference = False
    multithreading = True
    calling = False


state = _State()


def set_grad_mode(enabled: bool) -> None:
    """Switch grad mode in this thread."""
    state.grad_mode = enabled
    state.enabled = enabled and not state.inference
    if state.enabled:
        engine.end_updates()


def is_grad_enabled() -> bool:
    """Whether operators record the graph in this thread."""
    return state.grad_mode


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return state.inference


class _Mode:
    """A context manager that is also a decorator, of functions, generators and (with a warning) classes."""

    def __call__(self, function: Any) -> Any:
        if inspect.isclass(function):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only "
                "decorate functions or methods. To preserve the current behavior of class decoration, you "
                "can directly decorate the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            function.__init__ = self._decorate(function.__init__)  # type: ignore[method-assign]
            return function
        return self._decorate(function)

    def _decorate(self, function: Callable) -> Callable:
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
                        with self._clone():
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

    def _clone(self) -> Any:
        return self.__class__()

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *exc: object) -> None:
        raise NotImplementedError


class _Switch(_Mode):
    """Sets grad mode between enter and exit; nests and may be entered again."""

    value: bool
    _before: list[bool]

    def __new__(cls, function: Any = None) -> Any:
        self = object.__new__(cls)
        self._before = []
        # `@no_grad` without parentheses decorates too.
        return self if function is None else self(function)

    def __enter__(self) -> None:
        self._before.append(state.grad_mode)
        set_grad_mode(self.value)

    def __exit__(self, *exc: object) -> None:
        set_grad_mode(self._before.pop())


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
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}"
            )
        self.mode = mode
        self._before = state.grad_mode
        set_grad_mode(mode)

    def __call__(self, function: Any) -> Any:
        set_grad_mode(self._before)
        return super().__call__(function)

    def _clone(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        set_grad_mode(self.mode)

    def __exit__(self, *exc: object) -> None:
        set_grad_mode(self._before)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


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
        # `@inference_mode` without parentheses decorates too.
        return object.__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode
        self._before: list[tuple[bool, bool, bool]] = []

    def _clone(self) -> inference_mode:
        return inference_mode(self.mode)

    def __enter__(self) -> None:
        self._before.append((state.enabled, state.grad_mode, state.inference))
        state.inference = self.mode
        set_grad_mode(not self.mode)

    def __exit__(self, *exc: object) -> None:
        state.enabled, state.grad_mode, state.inference = self._before.pop()


class set_multithreading_enabled(_Mode):
    """Say whether backward passes may use several threads; here they never do, so it changes no result.

    Args:
        mode: what `is_multithreading_enabled` is to say.

    Example:
        >>> import torchlike as torch
        >>> with torch.autograd.set_multithreading_enabled(False):
        ...     torch.autograd.is_multithreading_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before = state.multithreading
        state.multithreading = mode

    def _clone(self) -> set_multithreading_enabled:
        return set_multithreading_enabled(self.mode)

    def __enter__(self) -> None:
        state.multithreading = self.mode

    def __exit__(self, *exc: object) -> None:
        state.multithreading = self._before


class enforce_grad_layout_policy(_Mode):
    """PyTorch's switch of the rule that a gradient has its leaf's strides, which is not there."""

    def __init__(self, mode: bool) -> None:
        raise missing("torch.autograd.enforce_grad_layout_policy")


def is_multithreading_enabled() -> bool:
    """What `set_multithreading_enabled` said last in this thread."""
    return state.multithreading
