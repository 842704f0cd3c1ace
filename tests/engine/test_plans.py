import gc
from collections import OrderedDict

import numpy as np
import pytest

from torchlike import engine
from torchlike.engine import blocks, plans, segments, settings


@pytest.fixture(autouse=True)
def fresh():
    plans._history.clear()
    yield
    settings.tier = "auto"


def chain(ops, x, length):
    for _ in range(length):
        x = ops.exp(ops.scale(ops.add(x, x), 0.01))
    return x


def compiles(fn):
    before = engine.report()
    fn()
    after = engine.report()
    return after.compiles - before.compiles, after.kernels - before.kernels


def test_a_loop_compiles_its_program_twice_and_then_never(ops, value):
    x = value(5)

    def step():
        y = ops.mul(ops.exp(x), ops.add(x, x))
        engine.dispatch()
        return y

    assert compiles(step) == (1, 0)
    assert compiles(step) == (1, 0)
    for _ in range(20):
        assert compiles(step) == (0, 0)
    assert engine.report().rows[-1].why == "seen again"


def test_two_programs_in_turn_settle_by_the_third_iteration(ops, value):
    x, y = value(6), value(6)

    def first():
        out = ops.add(ops.mul(x, x), y)
        engine.dispatch()
        return out

    def second():
        out = ops.mul(ops.add(x, x), y)
        engine.dispatch()
        return out

    for _ in range(3):
        first()
        second()
    for _ in range(10):
        assert compiles(first) == compiles(second) == (0, 0)


def test_a_longer_list_of_live_results_reuses_no_wrong_program(ops, value):
    x = value(7)
    for keep in (True, False, True, False):
        y = ops.exp(x)
        z = ops.add(y, y)
        if not keep:
            del y
        engine.dispatch()
        np.testing.assert_allclose(z.numpy(), 2 * np.exp(np.arange(7)), rtol=1e-6)
        if keep:
            np.testing.assert_allclose(y.numpy(), np.exp(np.arange(7)), rtol=1e-6)


def test_a_long_trace_is_cut_into_segments_that_share_programs(ops, value):
    x = value(8)
    counted = []

    def run():
        y = chain(ops, x, 300)
        counted.append(len(plans._history))
        return y.numpy()

    programs, _ = compiles(run)
    assert programs <= 6
    settings.tier = "ops"
    other = chain(ops, x, 300).numpy()
    settings.tier = "auto"
    np.testing.assert_allclose(run(), other, rtol=1e-5)


def test_structure_that_follows_the_data_shares_segments(ops, value):
    rng = np.random.RandomState(0)
    leaf = value(1, 4)
    weight = value(4, 4)

    def tree(n):
        if n == 1:
            return ops.exp(ops.scale(ops.matmul(leaf, weight), 0.001))
        k = rng.randint(1, n)
        left, right = tree(k), tree(n - k)
        out = ops.add(ops.matmul(left, weight), ops.mul(ops.matmul(right, weight), left))
        return ops.exp(ops.scale(ops.mul(out, out), 1e-6))

    for _ in range(20):
        tree(rng.randint(2, 20)).numpy()
    programs, kernels = compiles(lambda: [tree(rng.randint(2, 20)).numpy() for _ in range(40)])
    assert programs + kernels <= 10


def test_what_happens_once_a_trace_is_no_seam(monkeypatch):
    monkeypatch.setattr(segments, "_followers", {})
    monkeypatch.setattr(segments, "_seams", set())
    monkeypatch.setattr(segments, "_LONG", 1000)
    # A cell that ends in "+" except where it comes first.
    text = "p" + "abcdefgh" + "abcdefgh+" * 9 + "q"
    assert pieces(text) == [text]
    assert len(pieces("p" + "abcdefghabcdefgh+" * 5)) > 5


def test_a_segment_that_runs_often_is_compiled_better(ops, value, monkeypatch):
    monkeypatch.setattr(blocks, "_HOT", 10)
    x = value(14)
    settings.tier = "ops"
    before = len([r for r in engine.report().rows if r.why == "ran often"])
    for _ in range(12):
        ops.mul(x, ops.exp(x)).get()
    rows = [r for r in engine.report().rows if r.why == "ran often"][before:]
    assert [r.name for r in rows] == ["exp", "mul"]


def test_a_segment_of_many_bytes_is_compiled_better_sooner(ops, value, monkeypatch):
    monkeypatch.setattr(blocks, "_HOT_BYTES", 1 << 20)
    monkeypatch.setattr(blocks, "_cache", OrderedDict())
    settings.tier = "ops"

    def hot(*shape):
        ops.exp(value(*shape)).get()
        return next(
            p.hot for (entry, *_), (p, *_) in blocks._cache.items() if entry.in_avals[0].shape == shape
        )

    assert [hot(3, 1), hot(3, 64, 64), hot(3, 512, 512)] == [10_000, (1 << 20) // (4 * 3 * 64 * 64), 20]


def test_a_long_trace_is_found_again_by_numbers_that_the_garbage_collector_passes_over(
    ops, value, monkeypatch
):
    def keys(length):
        monkeypatch.setattr(plans, "_plans", OrderedDict())
        for _ in range(2):
            chain(ops, value(8), length).get()
            chain(ops, value(8), length + 1).get()
        return [key for key, _, _ in plans._plans]

    before = engine.report().hits
    short = keys(10)
    gc.collect()
    assert len(short) == 2 and engine.report().hits == before + 2
    assert all(gc.is_tracked(key) for key in short)
    long = keys(80)
    gc.collect()
    assert len(long) == 2 and engine.report().hits == before + 4
    assert not any(gc.is_tracked(key) for key in long)


@pytest.mark.parametrize("tier", ["ops", "trace", "auto"])
def test_tiers_agree(ops, value, tier):
    settings.tier = tier
    x = value(3, 3)
    a, b = ops.halves(value(4))
    y = chain(ops, ops.matmul(x, x), 3)
    z = ops.mul(a, b)
    got = y.numpy(), z.numpy()
    base = np.arange(9, dtype=np.float32).reshape(3, 3)
    expected = base @ base
    for _ in range(3):
        expected = np.exp(0.02 * expected)
    np.testing.assert_allclose(got[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(got[1], [0, 3])


def test_plans_and_programs_are_bounded(ops, value, monkeypatch):
    monkeypatch.setattr(plans, "_plans", OrderedDict())
    monkeypatch.setattr(plans, "_MAX_PLANS", 8)
    monkeypatch.setattr("torchlike.engine.blocks._MAX_CODES", 8)
    for n in range(2, 30):
        x = value(n)
        np.testing.assert_array_equal(ops.add(ops.mul(x, x), x).numpy(), np.arange(n) ** 2 + np.arange(n))
    assert len(plans._plans) <= 8


def pieces(text):
    return ["".join(text[low:high]) for low, high in segments.cut([ord(c) for c in text])]


def test_cut_finds_the_cell_of_a_loop(monkeypatch):
    monkeypatch.setattr(segments, "_followers", {})
    monkeypatch.setattr(segments, "_seams", set())
    monkeypatch.setattr(segments, "_LONG", 8)
    text = "p" + "abcde" * 10 + "xyz"
    assert "".join(pieces(text)) == text
    assert len(set(pieces(text))) <= 4


def test_cut_finds_where_what_follows_depends_on_the_data(monkeypatch):
    monkeypatch.setattr(segments, "_followers", {})
    monkeypatch.setattr(segments, "_seams", set())
    leaf, cell = "leafLEAF", "cellCELL"
    text = leaf + cell + leaf + leaf + cell + cell
    pieces(text)
    assert "".join(pieces(text)) == text
    assert set(pieces(text)) <= {leaf, cell, leaf + leaf, cell + cell, leaf + cell}


def test_a_rare_run_of_operators_ends_where_others_that_end_like_it_do(monkeypatch):
    monkeypatch.setattr(segments, "_followers", {})
    monkeypatch.setattr(segments, "_seams", set())
    # The first cell of each trace has no "+", and nothing that came often before its end: it ends there all the same.
    leaf, cell = "leaf+LEAF", "cell+cLEAF"
    text = "p" + leaf.replace("+", "") + (leaf + cell + leaf + leaf + cell) * 2
    assert pieces(text)[:2] == ["pleafLEAF", leaf]


def joined(text):
    return ["".join(text[low:high]) for low, high in segments.join([ord(c) for c in text])]


@pytest.mark.parametrize(
    "text",
    ["abcde" * 64, "p" + "abcde" * 10 + "xyz", "abcdeABCDE" * 7 + "abcde", "abcdefghij" * 2 + "klmno" * 9],
)
def test_joined_segments_are_fewer_and_share_programs(monkeypatch, text):
    monkeypatch.setattr(segments, "_followers", {})
    monkeypatch.setattr(segments, "_seams", set())
    monkeypatch.setattr(segments, "_LONG", 8)
    monkeypatch.setattr(segments, "_JOINED", 20)
    short, long = pieces(text), joined(text)
    assert "".join(long) == text
    assert len(long) < len(short)
    assert len(set(long)) <= 6
    assert max(map(len, long)) <= 20 + 8


def test_a_long_loop_settles_on_joined_segments(ops, value):
    x = value(13)

    def step():
        # Within a backward pass no trace is cut because it repeats itself.
        engine.begin_backward()
        y = chain(ops, x, 300)
        engine.dispatch()
        return y

    first = compiles(step)
    runs = sum(r.runs for r in engine.report().rows)
    assert sum(first) <= 4
    assert 1 <= sum(compiles(step)) <= 3
    again = sum(r.runs for r in engine.report().rows)
    assert again - runs <= 15
    settings.tier = "ops"
    expected = step().numpy()
    settings.tier = "auto"
    np.testing.assert_allclose(step().numpy(), expected, rtol=1e-5)
    assert compiles(step) == (0, 0)
