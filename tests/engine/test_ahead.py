"""Compiling beside what goes on."""

import threading
import time

import jax
import numpy as np
import pytest

import torchlike.devices
from torchlike import engine
from torchlike.engine import ahead, blocks, plans, platform, segments, settings


@pytest.fixture
def compilations():
    """The threads that XLA compiled in, as JAX tells of it."""
    threads = []

    def listen(event, seconds, **_):
        if event.endswith("backend_compile_duration"):
            threads.append(threading.current_thread())

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield threads
    jax.monitoring.unregister_event_duration_listener(listen)


def test_what_was_compiled_ahead_is_not_compiled_again(compilations):
    def f(x):
        return (x * 2,)

    x = np.arange(13.0)
    with platform.engine_config():
        compilation = ahead.Compilation(platform.jitted(f, "cpu", platform.FAIR, ()), [x])
        lowering = compilation.seconds
        assert compilation.wait() > lowering > 0
        _, (out,) = platform.first_call(f, "cpu", platform.FAIR, (), [x])
    assert out.tolist() == (x * 2).tolist()
    assert len(compilations) == 1 and compilations[0] is not threading.current_thread()


def test_a_failure_is_left_to_the_call():
    class Broken:
        def lower(self, *operands):
            return self

        def compile(self):
            raise RuntimeError("no")

    assert ahead.Compilation(Broken(), []).wait() > 0


def test_what_the_thread_has_not_come_to_is_compiled_here(compilations):
    begun, free = threading.Event(), threading.Event()

    class Held:
        def lower(self, *operands):
            return self

        def compile(self):
            begun.set()
            free.wait()

    x = np.arange(19.0)
    with platform.engine_config():
        held = ahead.Compilation(Held(), [])
        begun.wait()
        other = ahead.Compilation(platform.jitted(lambda x: (x * 3,), "cpu", platform.QUICK, ()), [x])
        other.help()
        held.help()  # it has begun: this changes nothing
    assert compilations == [threading.current_thread()] and other.wait() > 0
    free.set()
    assert held.wait() > 0


@pytest.mark.parametrize("device", [torchlike.devices.CPU, torchlike.devices.device("meta")])
def test_a_plan_has_its_programs_compiled_together_and_once(ops, value, monkeypatch, compilations, device):
    plans._history.clear()
    monkeypatch.setattr(plans, "MAX_WHOLE", 0)
    monkeypatch.setattr(segments, "cut", lambda ids: [(0, 3), (3, 6), (6, len(ids))])
    monkeypatch.setattr(platform, "is_default", lambda on: on is device)
    n = 21 if device is torchlike.devices.CPU else 22
    x = value(n)
    y = ops.mul(ops.scale(ops.add(x, x), 0.5), ops.exp(ops.scale(x, 0.0)))
    z = ops.add(ops.scale(y, 2), ops.mul(x, x))
    assert z.numpy().tolist() == [k * k + 2 * k for k in range(n)]
    # Three segments, one program each. Elsewhere than where JAX puts arrays unasked, each waits for its first call.
    assert len(compilations) == 3
    assert {row.seconds > 0 for row in engine.report().rows[-3:]} == {True}
    here = [thread is threading.current_thread() for thread in compilations]
    assert here == [True] * 3 if n == 22 else True in here


def test_what_stands_in_a_number_s_place_is_left_to_the_first_call(ops, value, monkeypatch):
    plans._history.clear()
    monkeypatch.setattr(plans, "MAX_WHOLE", 0)
    monkeypatch.setattr(segments, "cut", lambda ids: [(0, 3), (3, 6), (6, len(ids))])
    x, half = value(23), engine.from_host(np.array(0.5, np.float32))
    (scaled,) = engine.record(ops.entry("scale", x, 0.5), (ops.add(x, x), half))
    y = ops.mul(scaled, ops.exp(ops.scale(x, 0.0)))
    z = ops.add(ops.scale(y, 2), ops.mul(x, x))
    assert z.numpy().tolist() == [k * k + 2 * k for k in range(23)]


class Slow:
    """A jitted function that takes long to compile."""

    def __init__(self, call):
        self.call = call

    def lower(self, *operands):
        self.lowered = self.call.lower(*operands)
        return self

    def compile(self):
        time.sleep(0.1)
        return self.lowered.compile()


@pytest.mark.parametrize("slow", [False, True])
def test_a_better_program_takes_its_place_at_one_run_however_long_it_took(
    ops, value, monkeypatch, compilations, slow
):
    monkeypatch.setattr(blocks, "_HOT", 10)
    monkeypatch.setattr(settings, "tier", "ops")
    if slow:
        compilation = ahead.Compilation
        monkeypatch.setattr(ahead, "Compilation", lambda call, operands: compilation(Slow(call), operands))
    x = value(17 + slow)
    expected = (np.arange(17.0 + slow) ** 2).tolist()
    before = ran_often()
    rows = []
    for _ in range(30):
        assert ops.mul(x, x).numpy().tolist() == expected
        rows.append(ran_often() - before)
    # It was begun at the fourth run, by another thread, and takes its place at the tenth, once.
    assert rows == [0] * 9 + [1] * 21
    assert [thread is threading.current_thread() for thread in compilations] == [True, False]


def ran_often():
    return len([r for r in engine.report().rows if r.why == "ran often"])
