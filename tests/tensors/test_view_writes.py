"""Random views, writes through them and gradients: elements, strides, versions, nodes and errors are PyTorch's."""

import json
from pathlib import Path

import pytest

import torchlike as torch
from tests.tensors.view_writes import PROGRAMS, run


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict]:
    return json.loads((Path(__file__).parent / "frozen" / "view_writes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", PROGRAMS)
def test_as_in_pytorch(seed, outcomes):
    expected = outcomes[str(seed)]
    found = run(torch, seed)
    assert found["steps"] == expected["steps"]
    assert found["tensors"] == expected["tensors"]
    assert found["gradients"] == expected["gradients"]
