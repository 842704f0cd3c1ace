"""Operators and values for the engine's own tests, which know no tensor."""

import jax.numpy as jnp
import numpy as np
import pytest

from torchlike.engine import KIND_OF, Entry, Value, dispatch, from_host, record

FUNCTIONS = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "scale": lambda a, s: a * s.astype(a.dtype),
    "exp": jnp.exp,
    "matmul": jnp.matmul,
    "halves": lambda a: tuple(jnp.split(a, 2)),
    "same": lambda a: a,
}


class Operators:
    """`ops.add(x, y)`: records by name, with entries interned as the operator floor does."""

    def __init__(self):
        self.entries = {}

    def entry(self, name, *operands):
        avals = tuple(x.aval if isinstance(x, Value) else KIND_OF[type(x)] for x in operands)
        key = (name, avals)
        if key not in self.entries:
            fn = FUNCTIONS[name]

            def as_tuple(*arrays):
                out = fn(*arrays)
                return out if isinstance(out, tuple) else (out,)

            self.entries[key] = Entry(name, as_tuple, avals)
        return self.entries[key]

    def __getattr__(self, name):
        def call(*operands):
            outs = record(self.entry(name, *operands), operands)
            return outs[0] if len(outs) == 1 else outs

        return call


@pytest.fixture
def ops():
    dispatch()
    return Operators()


@pytest.fixture
def value():
    """Makes a value of float32 numbers from a shape: 0, 1, 2, ..."""

    def make(*shape, dtype=np.float32):
        return from_host(np.arange(np.prod(shape, dtype=int), dtype=dtype).reshape(shape))

    return make
