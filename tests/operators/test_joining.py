"""Joining and rearranging against PyTorch's frozen answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import torchlike as torch
from torchlike import errors

from .joining_cases import CALLS, DIFFERENTIATED, derivatives, outcome

FROZEN = json.loads((Path(__file__).parent / "frozen" / "joining_expressions.json").read_text())
# One kernel here, where PyTorch has several nodes behind the last.
ONE_NODE = ("combinations",)


def same(found: Any, expected: Any) -> bool:
    """Equality, with a float32's last bits left to sums in another order."""
    if isinstance(expected, float):
        return isinstance(found, float) and found == pytest.approx(expected, rel=1e-6, abs=1e-6)
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[k], x) for k, x in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    return found == expected


def test_the_frozen_answers_are_those_of_the_cases() -> None:
    assert list(FROZEN["calls"]) == list(dict.fromkeys(CALLS))
    assert list(FROZEN["derivatives"]) == DIFFERENTIATED


@pytest.mark.parametrize("expression", CALLS)
def test_calls(expression: str) -> None:
    assert outcome(torch, expression) == FROZEN["calls"][expression]


@pytest.mark.parametrize("expression", DIFFERENTIATED)
def test_derivatives(expression: str) -> None:
    found, expected = derivatives(torch, expression), FROZEN["derivatives"][expression]
    if any(name in expression for name in ONE_NODE):
        assert found["node"][0] == expected["node"][0]
        expected = {**expected, "node": found["node"]}
    assert same(found, expected), (found, expected)


def test_only_the_first_of_equal_shapes_is_given_back() -> None:
    a = torch.zeros(3)
    assert torch.broadcast_tensors(a)[0] is a
    assert torch.cartesian_prod(a) is a


def test_grids_are_views() -> None:
    a = torch.zeros(2)
    rows, _ = torch.meshgrid(a, torch.zeros(3), indexing="ij")
    a[1] = 5
    assert rows.tolist() == [[0, 0, 0], [5, 5, 5]]
    assert rows.stride() == (1, 0)


def test_meshgrid_warns_once_of_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_given", set())
    text = "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
    with pytest.warns(UserWarning, match=text):
        torch.meshgrid(torch.zeros(2), torch.zeros(3))
    # Warnings are errors here: a second one would raise.
    torch.meshgrid(torch.zeros(2), torch.zeros(3))


def test_out_is_resized_with_a_warning() -> None:
    out = torch.zeros(3)
    with pytest.warns(UserWarning, match="An output with one or more elements was resized"):
        torch.cat([torch.ones(2), torch.ones(2)], out=out)
    assert out.tolist() == [1, 1, 1, 1]


def test_a_shift_is_no_part_of_the_program() -> None:
    from torchlike.operators import declaration

    x = torch.arange(5)
    assert [torch.roll(x, k, 0)[0].item() for k in range(5)] == [0, 4, 3, 2, 1]
    keys = [k for k in declaration.get("_roll").entries if k[0].shape == (5,) and k[2] == (0,)]
    assert len(keys) == 1
