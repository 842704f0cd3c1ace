"""Every layer against PyTorch: text, first values, output, gradients, buffers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import torchlike as torch
from tests.nn.layer_answers import answer
from tests.nn.layer_cases import CASES
from torchlike import nn

FROZEN = Path(__file__).parent / "frozen"
NAMES = {"torch": torch, "nn": nn, "np": np}
# Sums are added up in another order than PyTorch's, so the last digits may differ.
TOLERANCE = {"rtol": 2e-5, "atol": 1e-6}


def frozen(family: str) -> list[dict]:
    return json.loads((FROZEN / f"layers_{family}.json").read_text(encoding="utf-8"))


def cases() -> list:
    return [
        pytest.param(case, wanted, id=f"{family}-{case[0]}")
        for family, of_family in CASES.items()
        for case, wanted in zip(of_family, frozen(family), strict=True)
    ]


def agree(found: object, wanted: object, **tolerance: float) -> None:
    if isinstance(wanted, dict):
        assert isinstance(found, dict) and list(found) == list(wanted)
        for name in wanted:
            agree(found[name], wanted[name], **tolerance)
    else:
        np.testing.assert_allclose(np.array(found), np.array(wanted), **tolerance)


@pytest.mark.parametrize(("case", "wanted"), cases())
def test_a_layer_answers_as_in_pytorch(case, wanted):
    found = answer(case, NAMES)
    assert found["source"] == wanted["source"], "run python -m tests.nn.freeze"
    assert found["text"] == wanted["text"]
    # First values are drawn, not computed: all digits but the last are the same.
    agree(found["state"], wanted["state"], rtol=1.3e-7, atol=1e-8)
    assert found.keys() == wanted.keys()
    assert found.get("dtypes") == wanted.get("dtypes")
    for outputs in ("outputs", "gradients"):
        for one, other in zip(found.get(outputs, []), wanted.get(outputs, []), strict=True):
            agree(one, other, **TOLERANCE)
    for tensors in ("state_after", "parameter_gradients"):
        if tensors in wanted:
            agree(found[tensors], wanted[tensors], **TOLERANCE)
