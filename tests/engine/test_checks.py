from functools import cache

import numpy as np
import pytest

from torchlike import engine
from torchlike.engine import Entry, checks, record


@cache
def entry(aval, limit):
    return Entry("too_big", lambda a: ((a > limit).any(),), [aval])


def flag(x, limit):
    return record(entry(x.aval, limit), (x,))[0]


def test_a_raised_flag_is_an_error_at_the_next_read(ops, value):
    x = ops.add(value(3), value(3))
    checks.add(flag(x, 3), lambda: IndexError("out of range"))
    with pytest.raises(IndexError, match="out of range"):
        x.numpy()
    # Reported once.
    assert x.numpy().tolist() == [0, 2, 4]


def test_flags_that_hold_are_forgotten(ops, value):
    x = ops.add(value(3), value(3))
    for _ in range(5):
        checks.add(flag(x, 100), lambda: IndexError("never"))
    x.numpy()
    assert checks._pending == []


def test_unread_flags_stay_bounded(ops, value):
    x = value(3)
    for _ in range(300):
        checks.add(flag(ops.add(x, x), 100), lambda: IndexError("never"))
        engine.dispatch()
    np.asarray(ops.add(x, x).get())
    assert len(checks._pending) <= 2 * checks._SWEEP
    checks.verify()
