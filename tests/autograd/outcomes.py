"""Running the cases of a module under one library or the other, and comparing with PyTorch's frozen outcomes.

A test module has a function `cases(torch, case)`; each function in it that is decorated with `case` is one
case. Its outcome is what it prints, returns, raises and warns about.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FROZEN = Path(__file__).parent / "frozen"


def readable(text: str) -> str:
    """A text without what differs from run to run, or only names a place in PyTorch's own source."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r" \(Triggered internally at [^)]*\)", "", text)
    # Of a traceback, the case's own lines.
    text = re.sub(r'File "[^"]*/', 'File "', text)
    text = re.sub(r", line \d+, in ", ", in ", text)
    text = re.sub(r'  File "(?!\w+_cases\.py)[^"]*", in .*\n(    .*\n)?', "", text)
    text = re.sub(r'  File "\w+_cases\.py", in cases\n    .*\n', "", text)
    return text.replace("torchlike.", "torch.")


# Given once a process, so not by the same case in every run.
_ONCE = "Using backward() with create_graph=True"


def outcome(fn: Callable[[], Any]) -> list[str]:
    """What a case does, as lines of text."""
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            result = repr(fn())
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
    lines = printed.getvalue().splitlines()
    lines += [f"{w.category.__name__}: {w.message}" for w in caught if not str(w.message).startswith(_ONCE)]
    return [readable(line) for line in (*lines, result)]


def outcomes(
    module: ModuleType, torch: Any, read: Callable[[Callable], list[str]] = outcome
) -> dict[str, list[str]]:
    """What `read` tells of every case of a module."""
    found: dict[str, list[str]] = {}

    def case(fn: Callable[[], Any]) -> Callable[[], Any]:
        assert fn.__name__ not in found, f"two cases are called {fn.__name__}"
        torch.manual_seed(0)
        found[fn.__name__] = read(fn)
        return fn

    module.cases(torch, case)
    return found


def frozen(module: ModuleType) -> dict[str, list[str]]:
    """PyTorch's outcomes of a module's cases, which lie beside it."""
    path = Path(str(module.__file__))
    return json.loads((path.parent / "frozen" / f"{path.stem}.json").read_text(encoding="utf-8"))


def compared(module: ModuleType, read: Callable[[Callable], list[str]] = outcome) -> Callable:
    """The test that compares each case of a module with PyTorch's outcome."""
    expected = frozen(module)
    ours: dict[str, list[str]] = {}

    @pytest.mark.parametrize("name", expected)
    def test(name: str) -> None:
        import torchlike

        if not ours:
            ours.update(outcomes(module, torchlike, read))
        assert "\n".join(ours[name]) == "\n".join(expected[name])

    return test
