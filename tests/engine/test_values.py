import numpy as np

from torchlike import dtypes
from torchlike.engine import aval, from_host
from torchlike.engine.values import same_bits


def test_equal_avals_are_one_object():
    a = aval((2, 3), dtypes.float32)
    assert a is aval((2, 3), dtypes.float32)
    assert a is not aval((3, 2), dtypes.float32)
    assert a is not aval((2, 3), dtypes.float64)
    assert a.nbytes == 24


def test_avals_die_with_their_users():
    from torchlike.engine.values import _interned

    before = len(_interned)
    held = aval((12345, 7), dtypes.int8)
    assert len(_interned) == before + 1
    del held
    assert len(_interned) == before


def test_a_pending_value_is_computed_when_read(ops, value):
    x = value(2, 3)
    y = ops.add(x, x)
    assert y.array is None
    np.testing.assert_array_equal(y.numpy(), 2 * np.arange(6, dtype=np.float32).reshape(2, 3))
    assert y.array is not None and y.trace is None


def test_from_host_keeps_64_bits():
    x = from_host(np.array([2**40 + 1]))
    assert x.aval.dtype is dtypes.int64
    from torchlike.engine import Entry, record

    (y,) = record(Entry("inc", lambda a: (a + 1,), [x.aval]), (x,))
    assert y.numpy().tolist() == [2**40 + 2]


def test_equal_bits_decide():
    assert not same_bits(np.array([0.0]), np.array([-0.0]))
    assert same_bits(np.full((2, 2), np.nan).T, np.full((2, 2), np.nan))
    assert same_bits(np.array([1 + 2j]), np.array([1 + 2j]))
    assert not same_bits(np.array([1 + 2j]), np.array([1 - 2j]))
    assert from_host(np.ones(2)).is_same(from_host(np.ones(2)))
    assert not from_host(np.ones(2)).is_same(from_host(np.ones(2, np.float32)))
