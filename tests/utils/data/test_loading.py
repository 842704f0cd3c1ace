"""Datasets, samplers, batches and the loader against PyTorch's frozen answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import torchlike as torch
from tests.utils.data.loading_cases import CASES, outcome
from torchlike.utils import data

FROZEN = json.loads((Path(__file__).parent / "frozen" / "loading.json").read_text())


def test_the_frozen_answers_are_those_of_the_cases() -> None:
    assert list(FROZEN) == CASES


@pytest.mark.parametrize("expression", CASES)
def test_an_expression_answers_as_in_pytorch(expression: str) -> None:
    found = outcome(torch, data, expression)
    assert json.loads(json.dumps(found)) == FROZEN[expression]
