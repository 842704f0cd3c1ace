import numpy as np

from torchlike import engine
from torchlike.engine import rhythm
from torchlike.engine.trace import _local


def loop(ops, x, iterations, each=lambda y: None):
    for _ in range(iterations):
        y = ops.mul(ops.exp(ops.scale(x, 0.1)), x)
        z = ops.add(y, ops.scale(y, 0.5))
        x = ops.scale(ops.exp(ops.scale(z, -1.0)), 0.5)
        each(x)
    return x


def test_a_loop_without_sync_points_is_cut_at_its_period(ops, value):
    _local.rhythm = rhythm.Rhythm()
    reports = []
    x = loop(ops, value(9), 400, lambda _: reports.append(engine.report()))
    assert reports[-1].flushes > reports[100].flushes
    assert (reports[-1].compiles, reports[-1].kernels) == (reports[100].compiles, reports[100].kernels)
    assert np.isfinite(x.numpy()).all()


def test_the_pending_trace_stays_bounded(ops, value):
    _local.rhythm = rhythm.Rhythm()
    longest = 0

    def each(_):
        nonlocal longest
        longest = max(longest, len(_local.trace.results))

    loop(ops, value(10), 400, each)
    assert longest <= 2 * rhythm.SOFT_LIMIT


def test_collected_outputs_are_kept(ops, value):
    _local.rhythm = rhythm.Rhythm()
    x = value(11)
    kept = []
    for i in range(200):
        kept.append(ops.exp(ops.scale(ops.mul(ops.add(ops.scale(x, float(i)), x), x), 0.0)))
    assert all(k.numpy().tolist() == [1.0] * 11 for k in kept)


def test_a_period_is_found():
    assert rhythm._period(list("pqabcabc")) == 3
    assert rhythm._period(list("abcd")) is None
    assert rhythm._period(list("xaa")) == 1


def pending():
    return len(_local.trace.results)


def test_updates_behind_a_backward_pass_end_a_step(ops, value):
    _local.rhythm = rhythm.Rhythm()
    x = ops.exp(value(12))
    engine.note_update()
    engine.end_updates()
    y = ops.exp(x)
    assert pending() == 2  # no backward pass: what was written is being initialised
    engine.begin_backward()
    y = ops.mul(y, x)
    engine.end_updates()
    y = ops.mul(y, x)
    assert pending() == 4  # nothing was updated
    engine.note_update()
    engine.end_updates()
    ops.add(y, x)
    assert pending() == 1
    assert x.array is not None


def test_a_module_called_again_begins_an_iteration(ops, value):
    _local.rhythm = rhythm.Rhythm()
    first, second = object(), object()
    x = value(12)
    engine.begin_module(first)
    x = ops.exp(x)
    engine.begin_module(second)
    x = ops.exp(x)
    assert pending() == 2
    engine.begin_module(first)
    assert pending() == 0 and x.array is not None


def test_backward_passes_without_any_update_end_traces_in_the_end(ops, value):
    _local.rhythm = rhythm.Rhythm()
    x = value(12)
    lengths = []
    for _ in range(20):
        engine.begin_backward()
        for _ in range(100):
            x = ops.scale(ops.exp(x), -1.0)
        lengths.append(pending())
    assert lengths[:8] == [200 * i for i in range(1, 9)]
    assert set(lengths[8:]) == {200}


def test_a_step_gives_the_next_one_room(ops, value):
    _local.rhythm = rhythm.Rhythm()
    x = value(12)
    engine.begin_backward()
    x = loop(ops, x, 300)
    engine.end_step()
    before = engine.report().flushes
    x = loop(ops, x, 300)
    assert engine.report().flushes == before + 1
    assert np.isfinite(x.numpy()).all()
