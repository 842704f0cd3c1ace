"""What a command answers, as JSON or as text, and the tables in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "CommandError", "check_tables", "print_table"]


class CommandError(Exception):
    """Why a command cannot do what was asked."""


@dataclass(frozen=True)
class Answer:
    """What a command answers.

    Attributes:
        data: for `--json`; its keys do not change from one version to the next.
        show: prints it for people.
        status: the process's exit status.
    """

    data: dict[str, Any]
    show: Callable[[], None]
    status: int = 0


def check_tables() -> None:
    """Check that tables can be printed.

    Raises:
        CommandError: rich is not installed.
    """
    try:
        import rich.table  # noqa: F401
    except ImportError as error:
        raise CommandError(
            "tables are printed by rich, which is not installed: pip install 'torchlike[cli]', or ask for --json"
        ) from error


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*map(Text, row))
    # Where nobody looks at it but a program, lines are not broken at a terminal's width.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 240)
    console.print(table)
