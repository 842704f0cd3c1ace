"""The ways in which a convolution may be computed give the same, and so do their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from torchlike.operators import convolution

FORMS = {
    "columns": (convolution._columns, (1, 2), (1, 2, 3)),
    "rows": (convolution._rows, (1,), (1, 2, 3)),
    "planes": (convolution._planes, (1,), (3,)),
    "depthwise": (convolution._depthwise, (4,), (1, 2, 3)),
    "split": (convolution._split, (1, 2, 4), (1, 2, 3)),
}
CASES = [
    (name, groups, dims) for name, (_, counts, every) in FORMS.items() for groups in counts for dims in every
]


def arrays(groups, dims):
    draw = np.random.RandomState(0)
    x = draw.randn(2, 4, *range(6, 6 + dims)).astype(np.float32)
    w = draw.randn(8, 4 // groups, *range(2, 2 + dims)).astype(np.float32)
    return jnp.asarray(x), jnp.asarray(w)


@pytest.mark.parametrize(("name", "groups", "dims"), CASES)
def test_forms_agree(name, groups, dims):
    form = FORMS[name][0]
    x, w = arrays(groups, dims)
    for strides, pads, dilation in (
        ((1,) * dims, ((0, 0),) * dims, (1,) * dims),
        ((2,) * dims, ((1, 0),) * dims, (1,) * dims),
        ((1,) * dims, ((2, -1),) * dims, (2,) * dims),
    ):
        static = (strides, pads, dilation, groups)

        def both(x, w, static=static):
            expected, pull = jax.vjp(lambda x, w: convolution._general(x, w, *static), x, w)
            found, pull_found = jax.vjp(lambda x, w: form(x, w, *static), x, w)
            return (expected, *pull(expected)), (found, *pull_found(expected))

        # As one program, which takes a fraction of what compiling operation by operation does.
        (expected, *pulled), (found, *pulled_found) = jax.jit(both)(x, w)
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
        for a, b in zip(pulled_found, pulled, strict=True):
            np.testing.assert_allclose(a, b, rtol=5e-5, atol=5e-4)


@pytest.mark.parametrize(
    ("x", "w", "groups", "expected"),
    [
        ((64, 1, 28, 28), (32, 1, 3, 3), 1, ("_columns", "_rows", "_columns")),
        ((64, 32, 14, 14), (64, 32, 3, 3), 1, ("_general", "_general", "_general")),
        ((1, 64, 32, 32), (64, 64, 3, 3), 1, ("_general", "_general", "_rows")),
        ((4, 16, 8, 32, 32), (32, 16, 3, 3, 3), 1, ("_planes",) * 3),
        ((16, 32, 28, 28), (32, 1, 3, 3), 32, ("_depthwise",) * 3),
        ((16, 32, 28, 28), (64, 8, 3, 3), 4, ("_split",) * 3),
        ((2, 64, 9, 9), (64, 4, 3, 3), 16, ("_columns",) * 3),
    ],
)
def test_which_form_is_taken_on_cpu(x, w, groups, expected, monkeypatch):
    monkeypatch.setattr(convolution.platform, "accelerator", lambda: None)
    assert tuple(f.__name__ for f in convolution._forms(x, w, groups)) == expected


def test_an_accelerator_takes_its_own_convolution(monkeypatch):
    monkeypatch.setattr(convolution.platform, "accelerator", lambda: "gpu")
    forms = convolution._forms((64, 1, 28, 28), (32, 1, 3, 3), 1)
    assert forms == (convolution._general,) * 3


@pytest.mark.parametrize(("dims", "strides"), [(1, (2,)), (2, (2, 3)), (2, (1, 1)), (3, (2, 1, 2))])
def test_derivatives_of_a_transposed_convolution_agree_with_the_convolution_s(dims, strides):
    draw = np.random.RandomState(0)
    sizes, kernel = range(5, 5 + dims), range(2, 2 + dims)
    static = (strides, ((1, 0),) * dims, (1,) * dims, 1)
    big = jnp.asarray(draw.randn(2, 4, *sizes).astype(np.float32))
    w = jnp.asarray(draw.randn(6, 4, *kernel).astype(np.float32))
    small, of_weight = jax.vjp(lambda w: convolution._general(big, w, *static), w)
    x = jnp.asarray(draw.randn(*small.shape).astype(np.float32))
    out, pull = jax.vjp(lambda x, w: convolution.convolve_transposed(x, w, *static, tuple(sizes)), x, w)
    np.testing.assert_allclose(jnp.vdot(out, big), jnp.vdot(x, small), rtol=1e-4)
    np.testing.assert_allclose(pull(big)[0], small, rtol=5e-5, atol=5e-5)
    np.testing.assert_allclose(pull(big)[1], of_weight(x)[0], rtol=5e-5, atol=5e-4)
