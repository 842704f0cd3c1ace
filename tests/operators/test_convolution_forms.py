"""The ways in which a convolution may be computed give the same, and so do their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from torchlike.engine import platform
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


def computed(fn, *operands):
    """What a function of arrays gives, as one program that is compiled as quickly as the engine compiles one."""
    return platform.first_call(fn, "cpu", platform.QUICK, (), operands)[1]


@pytest.mark.parametrize(("name", "groups", "dims"), CASES)
def test_forms_agree(name, groups, dims):
    form = FORMS[name][0]
    cases = (
        ((1,) * dims, ((0, 0),) * dims, (1,) * dims),
        ((2,) * dims, ((1, 0),) * dims, (1,) * dims),
        ((1,) * dims, ((2, -1),) * dims, (2,) * dims),
    )

    def both(x, w):
        found = []
        for case in cases:
            out, pull = jax.vjp(lambda x, w, case=case: convolution._general(x, w, *case, groups), x, w)
            ours, pull_ours = jax.vjp(lambda x, w, case=case: form(x, w, *case, groups), x, w)
            found.append(((out, *pull(out)), (ours, *pull_ours(out))))
        return found

    results = computed(both, *arrays(groups, dims))
    assert len(results) == len(cases)
    for (expected, *pulled), (found, *pulled_found) in results:
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
    shape = jax.eval_shape(lambda: convolution._general(big, w, *static)).shape
    x = jnp.asarray(draw.randn(*shape).astype(np.float32))

    def both(big, w, x):
        small, of_weight = jax.vjp(lambda w: convolution._general(big, w, *static), w)
        out, pull = jax.vjp(lambda x, w: convolution.convolve_transposed(x, w, *static, tuple(sizes)), x, w)
        return small, of_weight(x), out, pull(big)

    small, (of_weight,), out, pulled = computed(both, big, w, x)
    np.testing.assert_allclose(jnp.vdot(out, big), jnp.vdot(x, small), rtol=1e-4)
    np.testing.assert_allclose(pulled[0], small, rtol=5e-5, atol=5e-5)
    np.testing.assert_allclose(pulled[1], of_weight, rtol=5e-5, atol=5e-4)
