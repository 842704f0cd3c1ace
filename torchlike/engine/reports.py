"""What was compiled, how often, why, and what it cost."""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from dataclasses import dataclass

__all__ = ["Report", "Row", "add", "log_compile", "report", "totals"]

log = logging.getLogger("torchlike.engine")
_LOG_COMPILES = "compile" in os.environ.get("TORCHLIKE_LOG", "").split(",")


@dataclass(slots=True)
class Row:
    """One compiled program.

    Attributes:
        name: its first operators.
        operators: how many it has.
        why: what led to the compilation.
        runs: how often it ran.
        seconds: its first call, compilation included.
    """

    name: str
    operators: int
    why: str
    runs: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Totals:
    """Counts since the process began.

    Attributes:
        compiles: programs of two operators and more.
        kernels: single operators compiled for the per-operator tier.
        flushes: traces run.
        hits: traces whose plan was known.
    """

    compiles: int = 0
    kernels: int = 0
    flushes: int = 0
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """A snapshot: the totals and the latest programs.

    Example:
        >>> import torchlike as torch
        >>> before = torch.engine.report().compiles
    """

    compiles: int
    kernels: int
    flushes: int
    hits: int
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        head = (
            f"{self.compiles} programs and {self.kernels} single operators compiled; "
            f"{self.flushes} traces run, {self.hits} of them by a known plan"
        )
        lines = [
            f"{r.operators:5d} operators  {r.runs:7d} runs  {r.seconds:7.3f} s  {r.why}: {r.name}"
            for r in self.rows
        ]
        return "\n".join([head, *lines])


totals = Totals()
# The rows live as long as their programs matter to a reader: the latest thousand.
_rows: deque[Row] = deque(maxlen=1024)


def add(name: str, operators: int, why: str) -> Row:
    """Note a compilation."""
    row = Row(name, operators, why)
    _rows.append(row)
    if operators > 1:
        totals.compiles += 1
    else:
        totals.kernels += 1
    return row


def log_compile(row: Row) -> None:
    """Tell of a compilation where `TORCHLIKE_LOG=compile` asks for it."""
    if _LOG_COMPILES:
        print(
            f"torchlike: compiled {row.operators} operators in {row.seconds:.3f} s ({row.why}): {row.name}",
            file=sys.stderr,
        )
    log.debug("compiled %d operators in %.3f s (%s): %s", row.operators, row.seconds, row.why, row.name)


def report() -> Report:
    """How many programs were compiled so far, of what, and why.

    Returns:
        A snapshot that prints as a table.
    """
    t = totals
    return Report(t.compiles, t.kernels, t.flushes, t.hits, tuple(_rows))
