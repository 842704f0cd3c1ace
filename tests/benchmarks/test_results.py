"""Sections of the results file are written one by one."""

from importlib.metadata import PackageNotFoundError

import pytest

from benchmarks import machine
from benchmarks.memory import SAMPLES, slope
from benchmarks.results import write_section


def test_a_section_is_replaced_and_the_others_stay(tmp_path):
    path = tmp_path / "RESULTS.md"
    write_section("Loops", "first table", path)
    write_section("Memory", "a curve", path)
    write_section("Loops", "second table", path)
    text = path.read_text()
    assert text.count("## Loops") == 1 and text.count("## Memory") == 1
    assert "first table" not in text and "second table" in text and "a curve" in text


def test_the_machine_is_described_without_pytorch(monkeypatch):
    def version(distribution):
        if distribution == "torch":
            raise PackageNotFoundError(distribution)
        return "1.2"

    monkeypatch.setattr(machine, "version", version)
    assert "torch not installed, jax 1.2" in machine.description()


def test_the_slope_leaves_out_the_warm_up():
    steps = 1000 * SAMPLES
    rising_then_flat = [10.0 * min(i, 5) for i in range(SAMPLES + 1)]
    assert slope(rising_then_flat, steps) == pytest.approx(0.0)
    assert slope([2.0 * i for i in range(SAMPLES + 1)], steps) == pytest.approx(2.0)
