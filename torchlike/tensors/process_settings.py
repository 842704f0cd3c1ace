"""Settings of the whole process: threads, determinism, the precision of matrix products, repeated warnings."""

from __future__ import annotations

from typing import Any

from torchlike import errors
from torchlike.engine import threads
from torchlike.errors import warn

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "set_warn_always",
    "use_deterministic_algorithms",
]

# 0 default, 1 warn, 2 error.
_determinism = 0
_precision = "highest"


def _check_count(name: str, count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int):
        raise RuntimeError(f"{name} expects an int, but got {type(count).__name__}")
    if count <= 0:
        raise RuntimeError(f"{name} expects a positive integer")
    return count


def get_num_threads() -> int:
    """The number of threads that operators are computed with on the CPU."""
    return threads.count()


def set_num_threads(int: int) -> None:
    """Set the number of threads that operators are computed with on the CPU.

    XLA starts its threads with the first operator, so this takes effect before that; later it warns.

    Args:
        int: the number.

    Raises:
        RuntimeError: it is no positive integer.
    """
    if not threads.limit(_check_count("set_num_threads", int)):
        warn(
            "torch.set_num_threads has no effect any more: XLA has started its threads. Call it before the first "
            "operator runs, or set the environment variable NPROC."
        )


def get_num_interop_threads() -> int:
    """The number of threads that independent operators are computed with: those of `get_num_threads`."""
    return threads.count()


def set_num_interop_threads(int: int) -> None:
    """The same as `set_num_threads`: XLA has one set of threads.

    Raises:
        RuntimeError: `int` is no positive integer.
    """
    if not threads.limit(_check_count("set_num_interop_threads", int)):
        warn("torch.set_num_interop_threads has no effect any more: XLA has started its threads.")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for results that are the same in every run.

    On the CPU they always are.

    Args:
        mode: whether to ask.
        warn_only: warn rather than raise where an operator has no deterministic algorithm; every operator has one.
    """
    global _determinism
    _determinism = 0 if not mode else 1 if warn_only else 2


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked for."""
    return _determinism > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was asked for with `warn_only`."""
    return _determinism == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` by another name.

    Args:
        debug_mode: `"default"` or 0, `"warn"` or 1, `"error"` or 2.

    Raises:
        TypeError: it is neither a string nor an integer.
        RuntimeError: there is no such mode.
    """
    global _determinism
    if not isinstance(debug_mode, int | str):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in ("default", "warn", "error"):
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = ("default", "warn", "error").index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    _determinism = debug_mode


def get_deterministic_debug_mode() -> int:
    """The mode as a number: 0 default, 1 warn, 2 error."""
    return _determinism


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was last given, `"highest"` at first."""
    return _precision


def set_float32_matmul_precision(precision: str) -> None:
    """Allow matrix products of `float32` to be computed less precisely.

    Args:
        precision: `"highest"`, `"high"` or `"medium"`. On the CPU every product has the full precision, which each of
            them allows.
    """
    global _precision
    if precision not in ("highest", "high", "medium"):
        warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the currentsetFloat32MatmulPrecision call has "
            "no effect."
        )
        return
    _precision = precision


def set_flush_denormal(mode: bool) -> bool:
    """Ask the processor to take denormal numbers for zero; XLA does not offer it.

    Args:
        mode: whether to.

    Returns:
        Whether that is how things are now: False when asked to flush.
    """
    return not mode


def is_warn_always_enabled() -> bool:
    """Whether warnings that PyTorch gives once are given each time."""
    return errors.warnings_repeat


def set_warn_always(b: bool, /) -> None:
    """Give warnings that PyTorch gives once each time.

    Args:
        b: whether to.
    """
    if not isinstance(b, bool):
        raise TypeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    errors.warnings_repeat = b
