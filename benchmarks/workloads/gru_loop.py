"""A GRU cell looped over time in Python: a trace of thousands of operators a step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .workload import Workload

BATCH, WIDTH, STEPS = 16, 64, 64


def loop(torch: Any) -> Iterator[Any]:
    nn = torch.nn

    class GRUCell(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.from_input = nn.Linear(WIDTH, 3 * WIDTH)
            self.from_state = nn.Linear(WIDTH, 3 * WIDTH)

        def forward(self, x: Any, h: Any) -> Any:
            x_reset, x_update, x_new = self.from_input(x).chunk(3, dim=1)
            h_reset, h_update, h_new = self.from_state(h).chunk(3, dim=1)
            reset = torch.sigmoid(x_reset + h_reset)
            update = torch.sigmoid(x_update + h_update)
            new = torch.tanh(x_new + reset * h_new)
            return new + update * (h - new)

    torch.manual_seed(0)
    cell = GRUCell()
    inputs = torch.randn(STEPS, BATCH, WIDTH)
    target = torch.randn(BATCH, WIDTH)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(cell.parameters(), lr=0.1)
    while True:
        optimizer.zero_grad()
        h = torch.zeros(BATCH, WIDTH)
        for t in range(STEPS):
            h = cell(inputs[t], h)
        loss = criterion(h, target)
        loss.backward()
        optimizer.step()
        yield loss


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    draw = np.random.default_rng(0)
    bound = WIDTH**-0.5

    def weight() -> Any:
        return jnp.asarray(draw.uniform(-bound, bound, (WIDTH, 3 * WIDTH)).astype(np.float32))

    inputs = jnp.asarray(draw.standard_normal((STEPS, BATCH, WIDTH), dtype=np.float32))
    target = jnp.asarray(draw.standard_normal((BATCH, WIDTH), dtype=np.float32))

    def loss_of(p: Any) -> Any:
        def cell(h: Any, x: Any) -> Any:
            x_reset, x_update, x_new = jnp.split(x @ p["from_input"][0] + p["from_input"][1], 3, axis=1)
            h_reset, h_update, h_new = jnp.split(h @ p["from_state"][0] + p["from_state"][1], 3, axis=1)
            reset = jax.nn.sigmoid(x_reset + h_reset)
            update = jax.nn.sigmoid(x_update + h_update)
            new = jnp.tanh(x_new + reset * h_new)
            return new + update * (h - new), None

        h, _ = jax.lax.scan(cell, jnp.zeros((BATCH, WIDTH)), inputs)
        return jnp.mean((h - target) ** 2)

    @partial(jax.jit, donate_argnums=0)
    def step(p: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(p)
        return jax.tree.map(lambda a, g: a - 0.1 * g, p, grads), loss

    parameters = {name: (weight(), jnp.zeros(3 * WIDTH)) for name in ("from_input", "from_state")}
    while True:
        parameters, loss = step(parameters)
        yield loss


WORKLOADS = (Workload("gru_loop", "GRU cell, 64 steps in Python, batch 16, SGD", loop, jax_loop, block=10),)
