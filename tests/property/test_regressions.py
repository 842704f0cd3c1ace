"""Programs that found a bug, or were written to, each with PyTorch's frozen transcript."""

import json
from pathlib import Path

import pytest

import torchlike
from torchlike.engine import eager, settings

from .comparison import compare
from .interpreter import run
from .programs import Program

CASES = json.loads((Path(__file__).parent / "frozen" / "regressions.json").read_text())


@pytest.mark.parametrize("tier", ["trace", "ops", "eager"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_frozen_program_agrees_with_pytorch(case, tier, monkeypatch):
    program = Program.from_json(json.dumps(case["program"]))
    if tier == "eager":
        with eager():
            actual = run(program, torchlike)
    else:
        monkeypatch.setattr(settings, "tier", tier)
        actual = run(program, torchlike)
    verdict = compare(program, case["transcript"], actual)
    assert verdict.outcome in ("same", "deferred"), f"{verdict.difference}\n{program.listing()}"
