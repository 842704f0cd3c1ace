"""`torchlike/nn/module.py` against PyTorch."""

from __future__ import annotations

import pytest

import torchlike as torch
from tests.nn.layer_checks import check_line, lines
from tests.nn.module_cases import PREAMBLE
from torchlike import engine


@pytest.mark.parametrize("wanted", lines("module", PREAMBLE) + lines("hooks", PREAMBLE))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)


def test_each_call_without_a_graph_is_a_program_of_its_own():
    inner = torch.nn.Linear(3, 3)
    model = torch.nn.Sequential(inner, inner)
    x = torch.ones(2, 3)
    with torch.no_grad():
        model(x).tolist()
        before = engine.report().flushes
        outputs = [model(x) for _ in range(5)]
        assert engine.report().flushes == before + 4
    with_graph = [model(x) for _ in range(5)]
    assert engine.report().flushes == before + 4
    assert all(torch.equal(a, b) for a, b in zip(outputs, with_graph, strict=True))
