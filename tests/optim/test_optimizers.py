"""Optimizers against PyTorch: every step, every text, the state they keep."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import torchlike as torch
from tests.nn.outcomes import outcome
from tests.optim.optimizer_cases import LINES, PREAMBLE, STEPS, WALKS
from tests.optim.steps import training, trajectory, walk
from torchlike import nn, optim

FROZEN = Path(__file__).parent / "frozen"
NAMES = {"torch": torch, "nn": nn, "optim": optim}


def load(name: str) -> list[dict]:
    return json.loads((FROZEN / f"{name}.json").read_text(encoding="utf-8"))


def by_source(name: str) -> list:
    return [pytest.param(case, id=case["source"].splitlines()[0][:70]) for case in load(name)]


@pytest.mark.parametrize("wanted", by_source("steps"))
def test_the_steps_are_those_of_pytorch(wanted):
    found = trajectory(wanted["source"], NAMES)
    # PyTorch's own square root, division and sums differ from ours in the last digit at most.
    tolerance = {"rtol": 3e-6, "atol": 3e-8}
    np.testing.assert_allclose(found["losses"], wanted["losses"], **tolerance)
    check(found, wanted, **tolerance)


@pytest.mark.parametrize("wanted", by_source("walks"))
def test_every_option_is_pytorchs_over_twenty_steps(wanted):
    check(walk(wanted["source"], NAMES), wanted, rtol=1e-12, atol=1e-14)


def check(found: dict, wanted: dict, **tolerance: float) -> None:
    for one, other in zip(flat(found["params"]), flat(wanted["params"]), strict=True):
        np.testing.assert_allclose(one, other, **tolerance)
    for one, other in zip(found["state"], wanted["state"], strict=True):
        assert list(one) == list(other)
        for name in other:
            np.testing.assert_allclose(one[name], other[name], **tolerance)


def flat(nested: list) -> list:
    return [x for item in nested for x in flat(item)] if isinstance(nested, list) else [nested]


@pytest.mark.parametrize("wanted", by_source("trainings"))
def test_a_network_learns_as_in_pytorch(wanted):
    np.testing.assert_allclose(training(wanted["source"], NAMES), wanted["losses"], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("wanted", by_source("lines"))
def test_the_outcome_is_that_of_pytorch(wanted):
    source = wanted["source"].replace("from torch.optim", "from torchlike.optim")
    found = outcome(PREAMBLE + source, {**NAMES, "__name__": __name__})
    assert {"source": wanted["source"], **found} == wanted


def test_every_line_is_frozen():
    assert [case["source"] for case in load("lines")] == LINES
    assert [case["source"] for case in load("steps")] == STEPS
    assert [case["source"] for case in load("walks")] == WALKS


def test_a_number_for_defaults_is_the_learning_rate():
    class Descent(optim.Optimizer):
        def __init__(self, params, lr=0.01):
            super().__init__(params, lr)

    w = nn.Parameter(torch.zeros(2))
    optimizer = Descent([w], lr=0.5)
    assert optimizer.defaults == {"lr": 0.5}
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert optimizer.param_groups[0].params[0] is w


def test_a_group_answers_to_attributes():
    optimizer = optim.SGD([nn.Parameter(torch.zeros(2))], lr=0.1)
    group = optimizer.param_groups[0]
    group.lr = 0.2
    assert group["lr"] == group.lr == 0.2
    assert isinstance(group, dict)
    with pytest.raises(AttributeError, match="^'dict' object has no attribute 'nothing'$"):
        _ = group.nothing
    loaded = optim.SGD([nn.Parameter(torch.zeros(2))], lr=0.1)
    loaded.load_state_dict(optimizer.state_dict())
    assert loaded.param_groups[0].lr == 0.2
    assert type(optimizer.state_dict()["param_groups"][0]) is dict


@pytest.mark.parametrize("name", ["SparseAdam"])
def test_an_optimizer_that_is_missing_says_so(name):
    with pytest.raises(NotImplementedError, match=f"torch.optim.{name}"):
        getattr(optim, name)


def test_what_would_differ_is_refused():
    w = nn.Parameter(torch.zeros(2))
    with pytest.raises(NotImplementedError, match="differentiable"):
        optim.SGD([w], lr=0.1, differentiable=True)
    with pytest.raises(NotImplementedError, match="betas"):
        optim.Adam([w], betas=(torch.tensor(0.9), torch.tensor(0.99)))


def test_a_step_is_one_operator_for_each_group():
    from torchlike.engine import trace

    params = [nn.Parameter(torch.ones(n)) for n in range(1, 6)]
    optimizer = optim.Adam(params, lr=0.1)
    for _ in range(2):
        for p in params:
            p.grad = torch.ones(p.numel())
        torch.engine.dispatch()
        recorded = []
        optimizer.register_step_post_hook(
            lambda *args, seen=recorded: seen.append(
                len([x for x in trace.current().code if hasattr(x, "fn")])
            )
        )
        optimizer.step()
        assert recorded == [1]
        optimizer._optimizer_step_post_hooks.clear()
