"""`torch.multiprocessing`: Python's `multiprocessing`, with a start method that XLA survives.

Tensors travel between processes by value. A process forked after XLA has started its threads would hang, so the
default is to spawn; asking for "fork" is honoured with a warning. As with any spawning, a script's entry needs
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import warnings
from multiprocessing import (  # noqa: F401 - the module is Python's, extended
    Array,
    AuthenticationError,
    BufferTooShort,
    Manager,
    ProcessError,
    TimeoutError,
    active_children,
    cpu_count,
    current_process,
    freeze_support,
    get_all_start_methods,
    get_logger,
    log_to_stderr,
    parent_process,
)
from multiprocessing import get_context as _get_context
from typing import Any

from torchlike.errors import missing
from torchlike.multiprocessing.spawning import (
    ProcessContext,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    "Barrier",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "Pipe",
    "Pool",
    "Process",
    "ProcessContext",
    "ProcessExitedException",
    "ProcessRaisedException",
    "Queue",
    "RLock",
    "Semaphore",
    "SimpleQueue",
    "SpawnContext",
    "Value",
    "cpu_count",
    "current_process",
    "get_all_sharing_strategies",
    "get_all_start_methods",
    "get_context",
    "get_sharing_strategy",
    "get_start_method",
    "set_sharing_strategy",
    "set_start_method",
    "spawn",
    "start_processes",
]

_method = "spawn"
_chosen = False


def get_context(method: str | None = None) -> Any:
    """Python's context for a start method; without one, the method in force.

    Args:
        method: "spawn", "forkserver" or "fork".
    """
    method = method or _method
    if method == "fork":
        warnings.warn(
            "A process forked after XLA has started hangs at its first operator; use 'spawn' or 'forkserver'.",
            RuntimeWarning,
            stacklevel=2,
        )
    return _get_context(method)


def get_start_method(allow_none: bool = False) -> str | None:
    """The start method in force.

    Args:
        allow_none: give None while none was chosen.
    """
    return None if allow_none and not _chosen else _method


def set_start_method(method: str, force: bool = False) -> None:
    """Choose the start method once.

    Raises:
        RuntimeError: it was chosen before and `force` is False.
        ValueError: Python does not know it.
    """
    global _method, _chosen
    if _chosen and not force:
        raise RuntimeError("context has already been set")
    get_context(method)
    _method, _chosen = method, True


def get_sharing_strategy() -> str:
    """How tensors travel: by value."""
    return "file_system"


def get_all_sharing_strategies() -> set[str]:
    """The strategies that PyTorch knows."""
    return {"file_descriptor", "file_system"}


def set_sharing_strategy(new_strategy: str) -> None:
    """Not there: XLA's arrays do not live in shared memory.

    Raises:
        NotImplementedError: for any but the one in force.
    """
    if new_strategy != get_sharing_strategy():
        raise missing(f"torch.multiprocessing.set_sharing_strategy({new_strategy!r})")


def _of_context(name: str) -> Any:
    def made(*args: Any, **kwargs: Any) -> Any:
        return getattr(get_context(), name)(*args, **kwargs)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"`multiprocessing.{name}` in the start method in force."
    return made


Process = _of_context("Process")
Pool = _of_context("Pool")
Queue = _of_context("Queue")
SimpleQueue = _of_context("SimpleQueue")
JoinableQueue = _of_context("JoinableQueue")
Pipe = _of_context("Pipe")
Lock = _of_context("Lock")
RLock = _of_context("RLock")
Event = _of_context("Event")
Condition = _of_context("Condition")
Semaphore = _of_context("Semaphore")
BoundedSemaphore = _of_context("BoundedSemaphore")
Barrier = _of_context("Barrier")
Value = _of_context("Value")
