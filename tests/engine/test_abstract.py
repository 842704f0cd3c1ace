"""Values without elements."""

import numpy as np
import pytest

from torchlike.engine import from_host
from torchlike.engine.abstract import NoElements, hidden, without_elements


def test_operators_give_avals(ops, value):
    x, y = value(2, 3), value(3, 4)
    made = without_elements(lambda vs: ops.matmul(*vs), [x.aval, y.aval])
    assert made.aval is ops.matmul(x, y).aval


def test_asking_for_elements_raises(value):
    x = value(2)
    with pytest.raises(NoElements):
        without_elements(lambda vs: vs[0].numpy(), [x.aval])
    with pytest.raises(NoElements):
        without_elements(lambda vs: hidden(x).numpy(), [x.aval])


def test_what_has_elements_is_computed(ops, value):
    pending = ops.add(value(31), value(31))

    def read(vs):
        return pending.numpy().tolist(), ops.mul(value(31), value(31)).numpy().tolist()

    for _ in range(2):
        n = np.arange(31)
        assert without_elements(read, [value(2).aval]) == ((n + n).tolist(), (n * n).tolist())


def test_an_error_of_the_functions_own_comes_through(value):
    def fails(vs):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        without_elements(fails, [value(2).aval])
    # And tracing is over.
    assert value(2).numpy().tolist() == [0, 1]


def test_64_bit_types_stay(ops):
    x = from_host(np.arange(3))
    assert without_elements(lambda vs: ops.add(*vs), [x.aval, x.aval]).aval is x.aval
