"""Lines about modules, containers, parameters and initializers, against what PyTorch makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import torchlike as torch
from tests.nn import initializer_cases, module_cases
from tests.nn.outcomes import outcome
from torchlike import nn

FROZEN = Path(__file__).parent / "frozen"
NAMES = {"torch": torch, "nn": nn, "np": np}
FAMILIES = {
    **{family: (sources, module_cases.PREAMBLE) for family, sources in module_cases.CASES.items()},
    "initializers": (initializer_cases.TEXTS, ""),
}


def load(name: str) -> list[dict]:
    return json.loads((FROZEN / f"{name}.json").read_text(encoding="utf-8"))


def cases() -> list:
    return [
        pytest.param(preamble, source, wanted, id=f"{family}-{source.splitlines()[0][:60]}")
        for family, (sources, preamble) in FAMILIES.items()
        for source, wanted in zip(sources, load(f"outcomes_{family}"), strict=True)
    ]


@pytest.mark.parametrize(("preamble", "source", "wanted"), cases())
def test_the_outcome_is_that_of_pytorch(preamble, source, wanted):
    torch.manual_seed(0)
    found = outcome(preamble + source, {**NAMES, "__name__": __name__})
    assert {"source": source, **found} == wanted


@pytest.mark.parametrize(
    "wanted",
    [pytest.param(case, id=case["source"][:70]) for case in load("draws_initializers")],
)
def test_an_initializer_draws_what_pytorch_draws(wanted):
    torch.manual_seed(0)
    found = eval(wanted["source"], dict(NAMES)).tolist()
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if "orthogonal" in wanted["source"] else {"rtol": 2.5e-7}
    np.testing.assert_allclose(np.array(found), np.array(wanted["value"]), **tolerance)


def test_every_draw_is_frozen():
    assert [case["source"] for case in load("draws_initializers")] == initializer_cases.DRAWS
