"""Learning rate schedules against PyTorch: every digit of the rates, every text, the state they keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import torchlike as torch
from tests.nn.outcomes import outcome
from tests.optim.schedule_cases import LINES, PREAMBLE, SCHEDULES
from tests.optim.schedules import rates
from torchlike import nn, optim
from torchlike.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

FROZEN = Path(__file__).parent / "frozen"
NAMES = {"torch": torch, "nn": nn, "optim": optim}


def load(name: str) -> list[dict]:
    return json.loads((FROZEN / f"{name}.json").read_text(encoding="utf-8"))


def by_source(name: str) -> list:
    return [pytest.param(case, id=case["source"].splitlines()[-1][:70]) for case in load(name)]


@pytest.mark.parametrize("wanted", by_source("schedules"))
def test_the_rates_are_those_of_pytorch_to_the_last_digit(wanted):
    assert rates(wanted["source"], NAMES) == wanted


@pytest.mark.parametrize("wanted", by_source("schedule_lines"))
def test_the_outcome_is_that_of_pytorch(wanted):
    found = outcome(PREAMBLE + wanted["source"], {**NAMES, "__name__": __name__})
    assert {"source": wanted["source"], **found} == wanted


def test_every_case_is_frozen():
    assert [case["source"] for case in load("schedules")] == SCHEDULES
    assert [case["source"] for case in load("schedule_lines")] == LINES


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("OneCycleLR", lambda w: optim.SGD([w], lr=0.1, momentum=0.9)),
        ("OneCycleLR", lambda w: optim.RMSprop([w], lr=0.1, momentum=0.9)),
        ("OneCycleLR", lambda w: optim.NAdam([w], lr=0.1)),
        ("CosineAnnealingLR", lambda w: optim.Adagrad([w], lr=0.1)),
        ("CosineAnnealingLR", lambda w: optim.SGD([w], lr=torch.tensor(0.1), momentum=0.9)),
    ],
)
def test_a_new_learning_rate_compiles_nothing(kind, make):
    w = nn.Parameter(torch.ones(5))
    optimizer = make(w)
    if kind == "OneCycleLR":
        scheduler = OneCycleLR(optimizer, 0.1, total_steps=40)
    else:
        scheduler = CosineAnnealingLR(optimizer, T_max=40)
    seen = set()

    def step():
        optimizer.zero_grad()
        (w**2).sum().backward()
        optimizer.step()
        scheduler.step()
        seen.add(float(scheduler.get_last_lr()[0]))

    for _ in range(6):
        step()
    before = torch.engine.report()
    for _ in range(20):
        step()
    after = torch.engine.report()
    assert len(seen) == 26
    assert (after.compiles, after.kernels) == (before.compiles, before.kernels)
