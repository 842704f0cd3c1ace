"""Running the cases of a module under one library or the other; see `tests.autograd.outcomes`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

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


def outcomes(module: ModuleType, torch: Any) -> dict[str, list[str]]:
    """The outcome of every case of a module."""
    found: dict[str, list[str]] = {}

    def case(fn: Callable[[], Any]) -> Callable[[], Any]:
        assert fn.__name__ not in found, f"two cases are called {fn.__name__}"
        torch.manual_seed(0)
        lines = [part for line in outcome(fn) if not line.startswith(_LEFT_OUT) for part in line.split("\n")]
        found[fn.__name__] = [line for line in map(readable, lines) if line.strip()]
        return fn

    module.cases(torch, case)
    return found


def frozen(module: str) -> dict[str, list[str]]:
    """PyTorch's outcomes of a module's cases."""
    return json.loads((FROZEN / f"{module}.json").read_text(encoding="utf-8"))


def compared(module: ModuleType) -> Callable:
    """The test that compares each case of a module with PyTorch's outcome."""
    expected = frozen(module.__name__.rpartition(".")[2])
    ours: dict[str, list[str]] = {}

    @pytest.mark.parametrize("name", expected)
    def test(name: str) -> None:
        import torchlike

        if not ours:
            ours.update(outcomes(module, torchlike))
        assert "\n".join(ours[name]) == "\n".join(expected[name])

    return test
