"""What an entry's first output is made of."""

import jax.numpy as jnp
import pytest

from torchlike import dtypes
from torchlike.engine import Entry, aval, outline

ROW = aval((3,), dtypes.float32)
TABLE = aval((2, 3), dtypes.float32)


def outline_of(fn, *avals):
    return outline(Entry("tried", lambda *operands: (fn(*operands),), avals))


def test_an_unchanged_operand_is_known():
    assert outline_of(lambda x, y: y, ROW, ROW).same_as == 1
    assert outline_of(lambda x: x.reshape(3).astype(jnp.float32), ROW).same_as == 0
    assert outline_of(lambda x: x * 2, ROW).same_as is None


def test_a_comparison_breaks_the_differentiable_chain():
    found = outline_of(lambda x, g: jnp.where(x > 0, g, 0), ROW, ROW)
    assert found.depends == (1,)
    assert found.reads == (0, 1)


def test_what_is_not_read_is_no_dependence():
    assert outline_of(lambda x, y: x * 2, ROW, ROW).depends == (0,)


@pytest.mark.parametrize(
    ("fn", "avals", "primitive", "arranged"),
    [
        (lambda x: x * 2, (ROW,), "mul", False),
        (lambda x: jnp.broadcast_to(x / 3, (2, 3)), (ROW,), "div", True),
        (lambda x: jnp.broadcast_to(x, (2, 3)), (ROW,), "broadcast_in_dim", False),
        (lambda x: x.sum(0), (TABLE,), "reduce_sum", False),
        (lambda x: x.sum(0, keepdims=True), (TABLE,), "reduce_sum", True),
        (lambda x: x.T, (TABLE,), "transpose", False),
        (lambda x, y: x @ y.T, (TABLE, TABLE), "dot_general", False),
    ],
)
def test_the_operation_that_computes_it_is_named(fn, avals, primitive, arranged):
    found = outline_of(fn, *avals)
    assert (found.primitive, found.arranged) == (primitive, arranged)
