"""Max pooling with the channels innermost is max pooling."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from torchlike.operators import pooling

GEOMETRIES = {
    "tiles": ((6, 8), (2,), (), (0,), (1,), False),
    "tiles with a rest": ((7, 5), (3, 2), (), (0,), (1,), False),
    "overlapping": ((8, 7), (3,), (2,), (1,), (1,), True),
    "dilated": ((9, 8), (2, 3), (1, 2), (1,), (2,), False),
    "line": ((11,), (3,), (2,), (1,), (1,), False),
    "volume": ((4, 5, 6), (2,), (2,), (0,), (1,), False),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_values_and_the_chosen_elements_agree(name):
    g = pooling._Geometry(*GEOMETRIES[name])
    draw = np.random.RandomState(0)
    # Few different values, so that most windows have several equal maxima.
    x = draw.randint(-2, 3, (2, 3, *g.sizes)).astype(np.float32)
    x[draw.rand(*x.shape) < 0.02] = np.nan
    x[:, 1] = -np.inf
    y, pull = jax.vjp(lambda x: pooling.max_pool(x, g), x)
    last, pull_last = jax.vjp(lambda x: pooling._max_pool_of_channels(x, g), x)
    np.testing.assert_array_equal(last, y)
    dy = jnp.asarray(draw.randn(*y.shape).astype(np.float32))
    np.testing.assert_allclose(pull_last(dy)[0], pull(dy)[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "kernel", "accelerator", "expected"),
    [
        ((64, 32, 28, 28), (2,), None, True),
        ((64, 3, 28, 28), (2,), None, False),
        ((64, 28, 28), (2,), None, False),
        ((8, 32, 64, 64), (9,), None, False),
        ((64, 32, 28, 28), (2,), "gpu", False),
    ],
)
def test_when_channels_are_innermost(shape, kernel, accelerator, expected, monkeypatch):
    monkeypatch.setattr(pooling.platform, "accelerator", lambda: accelerator)
    g = pooling._Geometry(shape[-2:], kernel, (), (0,), (1,), False)
    assert pooling._is_best_channels_last(jax.ShapeDtypeStruct(shape, jnp.float32), g) is expected
