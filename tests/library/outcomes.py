"""Running the cases of a module under one library or the other; see `tests.autograd.outcomes`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.autograd import outcomes as autograd_outcomes
from tests.autograd.outcomes import outcome

FROZEN = Path(__file__).parent / "frozen"


def readable(line: str) -> str:
    """A line without what only PyTorch's C++ has to tell."""
    # Where something was registered, and in which module a kernel is.
    line = re.sub(r"registered at [^ ;]+:\d+", "registered at somewhere", line)
    line = re.sub(r"block at [^ )]+:\d+", "block at somewhere", line)
    line = re.sub(r"\(with implementation in <module .*?>\)", "(with implementation in a module)", line)
    # The list of keys has the dispatcher's own, and for each where it comes from.
    line = re.sub(r"(these backends:|Available functions are) \[.*", r"\1", line)
    return re.sub(r"\w+: (fallthrough )?registered at .* \[.*\]$", "", line)


# Given once a process, so not by the same case in every run; and about PyTorch's own code.
_LEFT_OUT = (
    "UserWarning: Warning only once for all operators",
    "DeprecationWarning: `torch.jit.script_method` is deprecated",
    "UserWarning: Error detected in GeneratedBackward",
)


def read(case: Callable[[], Any]) -> list[str]:
    """The outcome of a case, without that."""
    lines = [part for line in outcome(case) if not line.startswith(_LEFT_OUT) for part in line.split("\n")]
    return [line for line in map(readable, lines) if line.strip()]


outcomes = partial(autograd_outcomes.outcomes, read=read)
compared = partial(autograd_outcomes.compared, read=read)
