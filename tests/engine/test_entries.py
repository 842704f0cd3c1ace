import numpy as np
import pytest

from torchlike import dtypes
from torchlike.engine import record


def test_out_avals_are_learnt_without_running(ops, value):
    entry = ops.entry("matmul", value(2, 3), value(3, 4))
    (out,) = entry.out_avals
    assert out.shape == (2, 4) and out.dtype is dtypes.float32


def test_gradient_reads_only_what_it_needs(ops, value):
    x, y = value(2, 2), value(2, 2)
    assert ops.entry("add", x, y).gradient((0, 1), (0,)).needs == ()
    assert ops.entry("mul", x, y).gradient((0,), (0,)).needs == (1,)
    assert ops.entry("mul", x, y).gradient((0, 1), (0,)).needs == (0, 1)


def test_gradient_value(ops, value):
    x, y, seed = value(3), value(3), value(3)
    g = ops.entry("mul", x, y).gradient((0, 1), (0,))
    gx, gy = record(g.entry, (x, y, seed))
    np.testing.assert_array_equal(gx.numpy(), np.array([0, 1, 4], np.float32))
    np.testing.assert_array_equal(gy.numpy(), np.array([0, 1, 4], np.float32))


def test_second_gradient_is_the_gradients_gradient(ops, value):
    x, seed = value(3), value(3)
    first = ops.entry("exp", x).gradient((0,), (0,))
    second = first.entry.gradient((0,), (0,))
    operands = [(x, seed)[i] for i in second.needs] + [seed]
    (out,) = record(second.entry, operands)
    expected = np.exp(np.arange(3)) * np.arange(3) ** 2
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("given, expected", [((0,), [1, 1, 0, 0]), ((1,), [0, 0, 1, 1])])
def test_gradient_of_one_of_two_outputs(ops, value, given, expected):
    x = value(4)
    g = ops.entry("halves", x).gradient((0,), given)
    ones = ops.add(value(2), ops.scale(value(2), 0.0))
    (out,) = record(g.entry, [ops.exp(ops.scale(ones, 0.0))])
    assert out.numpy().tolist() == expected
