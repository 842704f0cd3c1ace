"""Loops compile what they need in their first three iterations, and nothing ever after."""

from itertools import islice

import pytest

import torchlike as torch
from benchmarks.workloads import WORKLOADS
from torchlike import engine
from torchlike.engine import blocks, plans, platform, repetition, rhythm, trace


@pytest.fixture(autouse=True)
def as_in_a_new_process():
    trace.dispatch()
    trace._local.rhythm = rhythm.Rhythm()
    for memory in (plans._plans, plans._history, blocks._cache):
        memory.clear()


@pytest.fixture(autouse=True)
def compiled_fairly(monkeypatch):
    """What is compiled when does not depend on how hard the compiler tries."""
    efforts = platform._EFFORTS["cpu"]
    monkeypatch.setitem(efforts, platform.FULL, efforts[platform.FAIR])


def compiled():
    report = engine.report()
    return report.compiles + report.kernels


def compiles(name, iterations, read_every=0):
    """How much is compiled in each iteration."""
    loop = WORKLOADS[name].loop(torch)
    counts = [compiled()]
    for i, result in enumerate(islice(loop, iterations)):
        if read_every and i % read_every == 0:
            result.tolist()
        counts.append(compiled())
    return [after - before for before, after in zip(counts, counts[1:], strict=False)]


LOOPS = {
    "linear_regression": 2,
    "mlp_small": 2,
    "conv_net": 2,
    "gan": 5,
    "accumulation": 2,
    "manual_updates": 4,
    "inference": 2,
    "gru_loop": 14,
}


@pytest.mark.parametrize("read_every", [0, 1, 10])
@pytest.mark.parametrize("name", LOOPS)
def test_nothing_is_compiled_after_the_third_iteration(name, read_every):
    programs = compiles(name, 12 if name == "gru_loop" else 40, read_every)
    assert 1 <= sum(programs[:3]) <= LOOPS[name]
    assert sum(programs[3:]) == 0


def test_a_print_in_mid_step_finds_the_programs_of_both_parts():
    programs = compiles("manual_updates", 320)
    # The whole, first compiled quickly and then well, and the parts before and after the place of the print.
    assert sum(programs[:3]) == 4 and sum(programs[3:]) == 0


@pytest.mark.parametrize(
    ("name", "late"),
    [("mlp_small", 1), ("gan", 0), ("accumulation", 0), ("manual_updates", 0), ("inference", 0)],
)
def test_only_the_plainest_loops_compile_anything_late(name, late, monkeypatch):
    # Thousands of steps are a few here.
    monkeypatch.setattr(repetition, "_OFTEN", 24)
    assert sum(compiles(name, 240)[3:]) == late
