"""Shrinks a program that two libraries disagree on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .programs import Program, Statement

Disagrees = Callable[[Program], bool]


def _dependants(program: Program, index: int) -> set[int]:
    """The statement at ``index`` and all that use what it binds, however far down."""
    gone, names = {index}, set(program.statements[index].binds)
    for later in range(index + 1, len(program.statements)):
        statement = program.statements[later]
        if statement.uses & names:
            gone.add(later)
            names |= set(statement.binds)
    return gone


def _simpler(statement: Statement) -> Iterator[Statement]:
    """The statement with one decoration less."""
    for pattern, replacement in (
        (r"^with torch\.no_grad\(\): ", ""),
        (r", requires_grad=True", ""),
        (r", retain_graph=True|retain_graph=True", ""),
        (r", allow_unused=True", ""),
        (r", create_graph=True", ""),
        (r"float64", "float32"),
        (r"torch\.tensor\(\[\[[^()]*\]\], dtype=(torch\.float\d+)", r"torch.ones((2, 3), dtype=\1"),
    ):
        code, count = re.subn(pattern, replacement, statement.code)
        if count:
            yield Statement(code, statement.label, statement.binds, statement.writes, statement.reads)


def _without_statements(program: Program, disagrees: Disagrees) -> Program:
    index = len(program.statements) - 1
    while index >= 0:
        for gone in (_dependants(program, index), {index}):
            left = [i for i in range(len(program.statements)) if i not in gone]
            candidate = program.keep(left)
            if left and disagrees(candidate):
                program = candidate
                break
        index = min(index, len(program.statements)) - 1
    return program


def _with_simpler_statements(program: Program, disagrees: Disagrees) -> Program:
    for index in range(len(program.statements)):
        progress = True
        while progress:
            progress = False
            for simpler in _simpler(program.statements[index]):
                statements = (*program.statements[:index], simpler, *program.statements[index + 1 :])
                candidate = Program(statements, program.seed)
                if disagrees(candidate):
                    program, progress = candidate, True
                    break
    return program


def minimise(program: Program, disagrees: Disagrees) -> Program:
    """The smallest program found by deleting statements and decorations that still disagrees.

    Args:
        program: one for which ``disagrees`` holds.
        disagrees: whether a program shows the same difference.
    """
    size = -1
    while size != len(program.listing()):
        size = len(program.listing())
        program = _without_statements(program, disagrees)
        program = _with_simpler_statements(program, disagrees)
    return program
