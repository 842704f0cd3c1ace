"""Compiling beside what goes on."""

import threading
import time

import jax
import numpy as np
import pytest

from torchlike import engine
from torchlike.engine import ahead, blocks, platform, settings


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
        assert compilation.wait() > 0
        _, (out,) = platform.first_call(f, "cpu", platform.FAIR, (), [x])
    assert out.tolist() == (x * 2).tolist()
    assert len(compilations) == 1 and compilations[0] is not threading.current_thread()


def test_a_failure_is_left_to_the_call():
    class Broken:
        def lower(self, *operands):
            return self

        def compile(self):
            raise RuntimeError("no")

    assert ahead.Compilation(Broken(), []).wait() == 0


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
