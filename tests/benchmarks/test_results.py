"""Sections of the results file are written one by one."""

import pytest

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


def test_the_slope_leaves_out_the_warm_up():
    steps = 1000 * SAMPLES
    rising_then_flat = [10.0 * min(i, 5) for i in range(SAMPLES + 1)]
    assert slope(rising_then_flat, steps) == pytest.approx(0.0)
    assert slope([2.0 * i for i in range(SAMPLES + 1)], steps) == pytest.approx(2.0)
