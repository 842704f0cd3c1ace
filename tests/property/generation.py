"""From a seed to a program: the generator with every family of drafts known."""

from __future__ import annotations

from typing import Any

from . import creation, gradients, pointwise, reductions, structure, writes
from .generator import FAMILIES, Generator
from .programs import Program

SUBJECTS = (creation, gradients, pointwise, reductions, structure, writes)
FAMILIES.sort(key=lambda pair: (pair[1].__module__, pair[1].__name__))


def generate(seed: int, oracle: Any, length: int | None = None) -> Program:
    """The program of that seed; ``oracle`` runs each statement while it is drafted."""
    return Generator(seed, oracle, length).program(FAMILIES, creation.from_literal, gradients.backward)
