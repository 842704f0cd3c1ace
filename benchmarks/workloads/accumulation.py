"""Gradients of four small batches added up before each step of the optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .mlp import jax_cross_entropy, jax_forward, jax_parameters, network
from .workload import Workload

WIDTHS, BATCH, PARTS = (784, 128, 10), 16, 4


def loop(torch: Any) -> Iterator[Any]:
    torch.manual_seed(0)
    net = network(torch, WIDTHS)
    batches = [(torch.randn(BATCH, WIDTHS[0]), torch.randint(0, WIDTHS[-1], (BATCH,))) for _ in range(PARTS)]
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    while True:
        for i, (inputs, targets) in enumerate(batches):
            loss = criterion(net(inputs), targets) / PARTS
            loss.backward()
            if (i + 1) % PARTS == 0:
                optimizer.step()
                optimizer.zero_grad()
        yield loss


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    draw = np.random.default_rng(1)
    inputs = jnp.asarray(draw.standard_normal((PARTS, BATCH, WIDTHS[0]), dtype=np.float32))
    targets = jnp.asarray(draw.integers(0, WIDTHS[-1], (PARTS, BATCH)))

    def loss_of(parameters: Any, inputs: Any, targets: Any) -> Any:
        return jax_cross_entropy(jax_forward(parameters, inputs), targets) / PARTS

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(parameters: Any, momenta: Any, inputs: Any, targets: Any) -> Any:
        total = jax.tree.map(jnp.zeros_like, parameters)
        for part in range(PARTS):
            loss, grads = jax.value_and_grad(loss_of)(parameters, inputs[part], targets[part])
            total = jax.tree.map(jnp.add, total, grads)
        momenta = jax.tree.map(lambda m, g: 0.9 * m + g, momenta, total)
        return jax.tree.map(lambda p, m: p - 0.01 * m, parameters, momenta), momenta, loss

    parameters = jax_parameters(WIDTHS)
    momenta = jax.tree.map(jnp.zeros_like, parameters)
    while True:
        parameters, momenta, loss = step(parameters, momenta, inputs, targets)
        yield loss


WORKLOADS = (
    Workload("accumulation", "MLP, gradients of 4 x 16 accumulated, momentum", loop, jax_loop, block=50),
)
