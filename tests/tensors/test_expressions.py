"""Values, strides, nodes, texts of errors and of warnings of everyday expressions, against PyTorch's frozen answers."""

import json
from pathlib import Path

import pytest

import torchlike as torch
from tests.tensors.expression_cases import CASES
from tests.tensors.expressions import outcome

FROZEN = Path(__file__).parent / "frozen"
PARAMETERS = [
    pytest.param(subject, expression, id=f"{subject}: {expression}")
    for subject, expressions in CASES.items()
    for expression in expressions
]


@pytest.fixture(scope="module")
def answers() -> dict[str, dict]:
    return {s: json.loads((FROZEN / f"{s}.json").read_text(encoding="utf-8")) for s in CASES}


@pytest.fixture(autouse=True)
def default_dtype():
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(("subject", "expression"), PARAMETERS)
def test_as_in_pytorch(subject, expression, answers):
    assert outcome(torch, subject, expression) == answers[subject][expression]
