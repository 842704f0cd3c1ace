"""Inference that only collects outputs: nothing is read for a hundred batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .mlp import jax_forward, jax_parameters, network
from .workload import Workload

WIDTHS, BATCH, COLLECTED = (784, 128, 10), 64, 100


def loop(torch: Any) -> Iterator[Any]:
    torch.manual_seed(0)
    net = network(torch, WIDTHS)
    net.eval()
    batches = [torch.randn(BATCH, WIDTHS[0]) for _ in range(10)]
    while True:
        outputs = []
        with torch.no_grad():
            for i in range(COLLECTED):
                outputs.append(net(batches[i % 10]))
                yield outputs[-1]
        torch.cat(outputs)


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    draw = np.random.default_rng(1)
    batches = [jnp.asarray(draw.standard_normal((BATCH, WIDTHS[0]), dtype=np.float32)) for _ in range(10)]
    parameters = jax_parameters(WIDTHS)
    forward = jax.jit(jax_forward)
    gather = jax.jit(lambda outputs: jnp.concatenate(outputs))
    while True:
        outputs = []
        for i in range(COLLECTED):
            outputs.append(forward(parameters, batches[i % 10]))
            yield outputs[-1]
        gather(outputs)


WORKLOADS = (Workload("inference", "MLP inference, outputs collected, batch 64", loop, jax_loop, block=100),)
