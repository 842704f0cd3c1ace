"""Exceptions that keep PyTorch's type and text and say, in a note, what to do about it."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TypeVar

__all__ = ["MissingName", "missing", "missing_name", "warn", "with_note"]

E = TypeVar("E", bound=BaseException)


def with_note(error: E, note: str) -> E:
    """Attach advice to an exception without changing its message (PEP 678)."""
    error.add_note(note)
    return error


def missing(name: str, nearest: str | None = None) -> NotImplementedError:
    """The error for a PyTorch API that torchlike does not have yet.

    Args:
        name: the API as a PyTorch user writes it, `torch.linalg.svd`.
        nearest: what there is instead, if anything is near.
    """
    return _advised(NotImplementedError(f"torchlike does not implement {name} yet"), nearest)


class MissingName(NotImplementedError, AttributeError):
    """A name of PyTorch's that a namespace here lacks: no attribute to those who probe with `hasattr`."""


def missing_name(name: str, nearest: str | None = None) -> MissingName:
    """The error for a namespace's attribute that PyTorch has and torchlike does not have yet.

    Args:
        name: the API as a PyTorch user writes it, `torch.fft`.
        nearest: what there is instead, if anything is near.
    """
    return _advised(MissingName(f"torchlike does not implement {name} yet"), nearest)


def _advised(error: E, nearest: str | None) -> E:
    if nearest is not None:
        error.add_note(f"The nearest thing torchlike has is {nearest}.")
    error.add_note("Please open an issue if you need this one.")
    return error


_PACKAGE = str(Path(__file__).parent)
# Whether `warn(once=True)` repeats itself: `torch.set_warn_always`.
warnings_repeat = False
_given: set[str] = set()


def warn(text: str, category: type[Warning] = UserWarning, once: bool = False) -> None:
    """Warn at the line of the user's program that called into torchlike.

    Args:
        text: PyTorch's text.
        category: the warning's type.
        once: PyTorch gives it once in a process, whatever Python's filters say.
    """
    if once and not warnings_repeat:
        if text in _given:
            return
        _given.add(text)
    level = 2
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level += 1
        frame = frame.f_back  # type: ignore[assignment]
    warnings.warn(text, category, stacklevel=level)
