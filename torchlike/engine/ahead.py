"""Compiling in a thread beside Python's: XLA leaves Python alone meanwhile, and a core is often free."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from torchlike.engine import platform

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["Compilation"]

_thread: ThreadPoolExecutor | None = None


class Compilation:
    """A jitted function being compiled in a thread of its own, one after the other.

    JAX keeps the result, so whoever jits the function in the same way after `wait` calls it at once.

    Args:
        call: what `jax.jit` gave.
        operands: arrays, or shapes and dtypes, such as it will be called with.

    Attributes:
        seconds: what it has taken so far.
    """

    __slots__ = ("seconds", "_lowered", "_done")

    def __init__(self, call: Any, operands: Sequence) -> None:
        global _thread
        if _thread is None:
            # Imported late: it loads more than the rest of the engine, and many programs never need it.
            from concurrent.futures import ThreadPoolExecutor

            _thread = ThreadPoolExecutor(1, "torchlike-compile")
        started = perf_counter()
        self._lowered = call.lower(*operands)
        self.seconds = perf_counter() - started
        self._done = _thread.submit(self._compile)

    def _compile(self) -> None:
        started = perf_counter()
        try:
            with platform.engine_config():
                self._lowered.compile()
        except Exception:  # the call will fail likewise, in the thread of whoever wants to know
            pass
        self.seconds += perf_counter() - started

    def help(self) -> None:
        """Compile it in this thread if the other one has not come to it yet."""
        if self._done.cancel():
            self._compile()

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._done.done()

    def wait(self) -> float:
        """Wait until it is compiled; the seconds that it took."""
        if not self._done.cancelled():
            self._done.result()
        return self.seconds
