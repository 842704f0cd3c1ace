import gc
import threading
import weakref

import jax
import numpy as np
import pytest

from torchlike import engine
from torchlike.engine import from_host, programs
from torchlike.engine.trace import current


def test_dead_results_are_no_outputs(ops, value, monkeypatch):
    seen = []
    run = programs.run
    monkeypatch.setattr(
        "torchlike.engine.trace.programs.run", lambda trace, live: seen.append(live) or run(trace, live)
    )
    x = value(2)
    y = ops.add(x, x)
    z = ops.mul(y, y)
    del y
    assert z.numpy().tolist() == [0, 4]
    assert seen == [(1,)]


def test_a_trace_of_nothing_alive_is_not_run(ops, value):
    before = engine.report().flushes
    ops.add(value(2), value(2))
    engine.dispatch()
    assert engine.report().flushes == before


def test_python_numbers_are_inputs(ops, value):
    x = value(3)

    def step(rate):
        y = ops.add(ops.scale(x, rate), x)
        engine.dispatch()
        return y.numpy()

    for i in range(3):
        step(0.5 + i)
    before = engine.report()
    for i in range(20):
        np.testing.assert_allclose(step(0.1 * i), np.arange(3) * (1 + 0.1 * i), rtol=1e-6)
    after = engine.report()
    assert after.compiles == before.compiles and after.kernels == before.kernels


def test_int_and_float_inputs_do_not_mix(ops, value):
    x = value(3, dtype=np.int64)
    big = 2**53 + 1
    y = ops.scale(x, big)
    z = ops.scale(ops.add(x, x), 2.0)
    assert y.numpy().tolist() == [0, big, 2 * big]
    assert z.numpy().tolist() == [0, 4, 8]


def big(ops, fill):
    x = from_host(np.full((256, 256), fill, np.float32))
    y = ops.add(x, x)
    y.get()
    return y


@pytest.fixture
def donated(monkeypatch):
    """The leaves that each run took over."""
    seen = []
    choose = programs._donatable

    def watched(trace, live):
        seen.append(choose(trace, live))
        return seen[-1]

    monkeypatch.setattr(programs, "_donatable", watched)
    return seen


def test_a_dead_leaf_is_donated_and_a_living_one_is_not(ops, donated):
    x, kept = big(ops, 1.0), big(ops, 2.0)
    y = ops.add(x, kept)
    del x
    y.get()
    assert donated[-1] == {0}
    assert not kept.array.is_deleted()
    assert float(y.numpy()[0, 0]) == 6.0


def test_a_leaf_whose_array_someone_holds_is_not_donated(ops, donated):
    x = big(ops, 1.0)
    array = x.array
    y = ops.exp(x)
    del x
    y.get()
    assert donated[-1] == frozenset()
    assert not array.is_deleted()


def test_a_shared_leaf_is_never_donated(ops):
    x = ops.add(from_host(np.ones((256, 256), np.float32)), from_host(np.ones((256, 256), np.float32)))
    array = x.get()
    x.shared = True
    y = ops.exp(x)
    del x
    y.get()
    assert not array.is_deleted()


def test_an_output_that_is_an_input_has_memory_of_its_own(ops):
    x = ops.add(from_host(np.ones((256, 256), np.float32)), from_host(np.zeros((256, 256), np.float32)))
    x.get()
    y = ops.same(x)
    y.get()
    z = ops.exp(x)
    del x
    z.get()
    assert float(y.numpy()[0, 0]) == 1.0


def test_values_of_another_thread_are_run_there(ops, value):
    made = []
    thread = threading.Thread(target=lambda: made.append(ops.add(value(2), value(2))))
    thread.start()
    thread.join()
    assert made[0].array is None
    assert ops.mul(made[0], made[0]).numpy().tolist() == [0, 4]


def test_results_hold_nothing_of_their_trace(ops, value):
    x = value(4)
    leaf = weakref.ref(x)
    y = ops.add(x, x)
    y.get()
    del x
    gc.collect()
    assert leaf() is None


def test_tracers_run_at_once(ops):
    def f(a):
        v = engine.Value(engine.values.aval_of(a), a)
        return ops.add(v, v).array

    np.testing.assert_array_equal(jax.jit(f)(np.ones(2, np.float32)), [2, 2])
    assert jax.grad(lambda a: f(a).sum())(np.ones(2, np.float32)).tolist() == [2, 2]


def test_a_number_beside_a_tracer_is_in_no_trace(ops, value):
    def f(a):
        ops.mul(7, engine.Value(engine.values.aval_of(a), a))
        ops.mul(7.5, engine.Value(engine.values.aval_of(a), a))
        found.append([ops.scale(value(2), s) for s in (3, 5, 0.5, 0.25)])
        return a

    found = []
    jax.jit(f)(np.ones(2, np.float32))
    assert [v.numpy().tolist() for v in found[0]] == [[0, 3], [0, 5], [0, 0.5], [0, 0.25]]


def test_what_is_pending_is_computed_beside_tracers(ops, value):
    def f(a):
        # A number of elements that no other test has, so that a program is compiled meanwhile.
        pending = ops.add(value(29), value(29))
        return ops.mul(pending, engine.Value(engine.values.aval_of(a), a)).array

    for _ in range(3):
        np.testing.assert_array_equal(
            jax.jit(lambda a: f(a))(np.ones(29, np.float32)), 2 * np.arange(29, dtype=np.float32)
        )


def test_what_is_read_inside_of_a_traced_function_is_computed_and_not_traced(ops, value):
    def f(a):
        # Twice: once it is compiled, once it runs.
        kept.append(ops.add(value(31), value(31)))
        numbers = [ops.scale(kept[-1], 0.5).numpy()[30], ops.scale(kept[-1], 2.0).numpy()[30]]
        return a * float(numbers[0]) + float(numbers[1])

    kept = []
    assert jax.jit(f)(np.ones(2, np.float32)).tolist() == [30 + 120] * 2
    assert not isinstance(kept[0].array, jax.core.Tracer)
    assert kept[0].numpy()[30] == 60


def test_a_failing_program_is_reported_to_every_reader(ops, value, monkeypatch):
    def broken(*_):
        raise MemoryError("no room")

    x, y = ops.add(value(2), value(2)), ops.mul(value(2), value(2))
    monkeypatch.setattr("torchlike.engine.trace.programs.run", broken)
    with pytest.raises(MemoryError):
        x.get()
    monkeypatch.undo()
    with pytest.raises(RuntimeError, match="an earlier run of this trace failed"):
        y.get()
    assert ops.add(value(2), value(2)).numpy().tolist() == [0, 2]


def test_an_operator_that_could_not_be_recorded_leaves_nothing_behind(ops, value, monkeypatch):
    def broken(*_):
        raise MemoryError("no room")

    failed = ops.add(value(2), value(2))
    monkeypatch.setattr("torchlike.engine.trace.programs.run", broken)
    with pytest.raises(MemoryError):
        failed.get()
    monkeypatch.undo()
    x, y = value(2), value(2)
    kept = ops.scale(x, 3.0)
    with pytest.raises(RuntimeError, match="an earlier run of this trace failed"):
        ops.add(y, failed)
    assert len(current().leaves) == 1
    # What comes behind finds its own operands, numbers too.
    assert ops.scale(kept, 5.0).numpy().tolist() == [0, 15]
    assert ops.scale(y, 7.0).numpy().tolist() == [0, 7]


def test_an_operator_on_a_tracer_leaves_nothing_behind(ops, value):
    x, y = value(2), value(2)
    jax.jit(lambda a: ops.add(y, engine.Value(y.aval, a)).get())(np.ones(2, np.float32))
    assert current().leaves == []
    assert ops.scale(x, 7.0).numpy().tolist() == [0, 7]
    assert ops.scale(y, 7.0).numpy().tolist() == [0, 7]


def test_eager_mode_runs_each_operator(ops, value):
    with engine.eager():
        y = ops.add(value(2), value(2))
        assert y.array is not None
    z = ops.add(value(2), value(2))
    assert z.array is None


def test_the_users_own_jax_is_left_alone(ops, value):
    ops.add(value(2), value(2)).get()
    assert not jax.config.jax_enable_x64
    assert jax.numpy.ones(2).dtype == np.float32


def test_record_appends_to_this_threads_trace(ops, value):
    y = ops.add(value(2), value(2))
    assert y.trace is current()


def test_a_step_that_ended_runs_with_the_next_operator(ops, value):
    x, y = value(2), value(2)
    kept = ops.add(x, y)
    dropped = ops.mul(x, y)
    engine.end_step()
    assert kept.array is None
    del dropped
    ops.add(x, x)
    assert kept.array is not None and kept.numpy().tolist() == [0, 2]
