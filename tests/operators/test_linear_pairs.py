"""A linear function with a transpose of its own: derivatives of every order, in either mode, and batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from torchlike.operators.linear_pairs import linear_pair

INDEX = jnp.array([1, 3, 3])
X = jnp.arange(5.0)


def picked(index, x):
    return x[index]


def spread(index, y):
    return jnp.zeros(5).at[index].add(y)


def pick(x, index=INDEX):
    return linear_pair(picked, spread, (index,), x)


def plain(x, index=INDEX):
    return x[index]


def cubed(f):
    return lambda x: (f(x) ** 3).sum()


@pytest.mark.parametrize(
    "derive",
    [
        lambda f: f,
        jax.jit,
        lambda f: jax.grad(cubed(f)),
        lambda f: jax.hessian(cubed(f)),
        lambda f: jax.jacfwd(jax.jacfwd(cubed(f))),
        lambda f: jax.jit(jax.jacrev(jax.jacrev(cubed(f)))),
        lambda f: jax.jvp(f, (X,), (X * 2,))[1],
    ],
    ids=["call", "jit", "grad", "hessian", "forward twice", "reverse twice", "jvp"],
)
def test_same_as_without(derive):
    found, expected = derive(pick), derive(plain)
    if callable(found):
        found, expected = found(X), expected(X)
    np.testing.assert_array_equal(found, expected)


def test_the_given_transpose_is_used():
    used = []

    def transpose(index, y):
        used.append(y.shape)
        return spread(index, y)

    jax.grad(cubed(lambda x: linear_pair(picked, transpose, (INDEX,), x)))(X)
    assert used


def test_batches_of_the_argument_of_the_residual_and_of_both():
    many, several = jnp.stack([X, X + 1]), jnp.stack([INDEX, INDEX + 1])
    for axes in ((0, None), (None, 0), (0, 0)):
        arguments = (many if axes[0] == 0 else X, several if axes[1] == 0 else INDEX)

        def gradients(f, axes=axes, arguments=arguments):
            return jax.grad(lambda x: (jax.vmap(f, axes)(x, arguments[1]) ** 2).sum())(arguments[0])

        np.testing.assert_array_equal(jax.vmap(pick, axes)(*arguments), jax.vmap(plain, axes)(*arguments))
        np.testing.assert_array_equal(gradients(pick), gradients(plain))


def test_no_tangent_gives_no_tangent():
    out, tangent = jax.jvp(lambda x, y: pick(jax.lax.stop_gradient(x)) * y.sum(), (X, X), (X, X))
    np.testing.assert_array_equal(tangent, plain(X) * X.sum())
    np.testing.assert_array_equal(out, plain(X) * X.sum())
