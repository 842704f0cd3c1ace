"""A cubic fitted to a sine by updates written by hand under ``no_grad``: nothing says where a step ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from .workload import Workload


def loop(torch: Any) -> Iterator[Any]:
    torch.manual_seed(0)
    x = torch.linspace(-math.pi, math.pi, 2000)
    y = torch.sin(x)
    a = torch.randn((), requires_grad=True)
    b = torch.randn((), requires_grad=True)
    c = torch.randn((), requires_grad=True)
    d = torch.randn((), requires_grad=True)
    learning_rate = 1e-6
    t = 0
    while True:
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        if t % 100 == 99:
            print(t, loss.item())
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = None
            b.grad = None
            c.grad = None
            d.grad = None
        t += 1
        yield loss


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    x = jnp.linspace(-math.pi, math.pi, 2000)
    y = jnp.sin(x)

    def loss_of(p: Any) -> Any:
        a, b, c, d = p
        return jnp.sum((a + b * x + c * x**2 + d * x**3 - y) ** 2)

    @partial(jax.jit, donate_argnums=0)
    def step(p: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(p)
        return jax.tree.map(lambda a, g: a - 1e-6 * g, p, grads), loss

    parameters = tuple(jnp.float32(v) for v in (1.5, -0.3, -2.2, 0.6))
    t = 0
    while True:
        parameters, loss = step(parameters)
        if t % 100 == 99:
            print(t, float(loss))
        t += 1
        yield loss


WORKLOADS = (
    Workload("manual_updates", "cubic fit, updates by hand, print every 100", loop, jax_loop, block=200),
)
