"""Every workload computes under torchlike what it computes under PyTorch."""

import json
from itertools import islice
from pathlib import Path

import pytest

import torchlike
from benchmarks.workloads import WORKLOADS

LOSSES = json.loads((Path(__file__).parent / "frozen" / "losses.json").read_text())


def test_every_workload_has_frozen_losses():
    assert set(LOSSES) == set(WORKLOADS)


@pytest.mark.parametrize("name", WORKLOADS)
def test_losses_are_those_of_pytorch(name):
    loop = islice(WORKLOADS[name].loop(torchlike), len(LOSSES[name]))
    losses = [result.double().mean().item() for result in loop]
    assert losses == pytest.approx(LOSSES[name], rel=1e-5)


@pytest.mark.parametrize("name", sorted(set(WORKLOADS) - {"gan", "inference"}))
def test_the_loop_by_hand_lowers_its_loss(name):
    if name == "tree_lstm":
        # Every iteration has a tree of its own: only a mean over many says anything.
        losses = [float(loss) for loss in islice(WORKLOADS[name].jax_loop(), 600)]
        assert sum(losses[-200:]) < sum(losses[:200])
    else:
        losses = [float(loss) for loss in islice(WORKLOADS[name].jax_loop(), 20)]
        assert losses[-1] < losses[0]
