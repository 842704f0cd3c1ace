"""A compiled program must not choose one element and compare with another rounding of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import torchlike as torch
from torchlike import nn
from torchlike.engine import settings
from torchlike.operators.rounding_once import computed_once


def gradients(pool):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    x = torch.randn(12, 1, 8, 8)
    found = []
    for _ in range(3):
        net.zero_grad()
        (pool(net(x)) * torch.linspace(-1.0, 1.0, 16).view(4, 4)).sum().backward()
        found.append([p.grad.numpy() for p in net.parameters()])
        with torch.no_grad():
            for p in net.parameters():
                p -= 0.05 * p.grad
    return found


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(2),
        lambda y: y.view(12, 4, 4, 2, 4, 2).amax((3, 5)),
        lambda y: y.view(12, 4, 4, 2, 8).max(3).values[..., ::2],
    ],
    ids=["max_pool2d", "amax", "max"],
)
def test_gradients_of_what_was_chosen_do_not_depend_on_the_tier(pool):
    before = settings.tier
    try:
        settings.tier = "ops"
        one_by_one = gradients(pool)
        settings.tier = "trace"
        compiled = gradients(pool)
    finally:
        settings.tier = before
    for a, b in zip(one_by_one, compiled, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(y, x, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "extreme",
    [
        lambda y: y.amax(1),
        lambda y: y.amin(1),
        lambda y: torch.linalg.vector_norm(y, float("inf"), 1),
    ],
    ids=["amax", "amin", "norm"],
)
def test_every_row_finds_its_extreme(extreme):
    # Rows of a vector's length, squares and a sum: the reduction and the comparison round `r * r + q` differently.
    torch.manual_seed(0)
    r, q = torch.randn(32, 8, requires_grad=True), torch.randn(32, 1)
    for _ in range(3):
        r.grad = None
        extreme(r * r + q).sum().backward()
        assert (r.grad != 0).sum(1).tolist() == [1] * 32


@pytest.mark.filterwarnings("error")
def test_complex_values_too():
    x = jnp.asarray([1 + 2j, 3 - 1j], jnp.complex64)
    np.testing.assert_array_equal(jax.jit(lambda x: computed_once(lambda y: y * 2, x))(x), x * 2)
