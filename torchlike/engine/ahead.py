"""Compiling beside what goes on: XLA leaves Python alone meanwhile, and a core is often free."""

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
    """A jitted function being compiled in a thread of its own.

    JAX keeps the result, so whoever jits the function in the same way after `wait` calls it at once.

    Args:
        call: what `jax.jit` gave.
        operands: arrays, or shapes and dtypes, such as it will be called with.
    """

    __slots__ = ("_done",)

    def __init__(self, call: Any, operands: Sequence) -> None:
        global _thread
        if _thread is None:
            # Imported late: it loads more than the rest of the engine, and many programs never need it.
            from concurrent.futures import ThreadPoolExecutor

            _thread = ThreadPoolExecutor(1, "torchlike-compile")
        lowered = call.lower(*operands)

        def compile() -> float:
            started = perf_counter()
            with platform.engine_config():
                lowered.compile()
            return perf_counter() - started

        self._done = _thread.submit(compile)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._done.done()

    def wait(self) -> float:
        """Wait until it is compiled; the seconds that it took, or 0 if it failed, which the call will tell better."""
        return 0.0 if self._done.exception() is not None else self._done.result()
