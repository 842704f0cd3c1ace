"""A generative adversarial network: two models, two Adams, fresh noise every step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .mlp import jax_parameters
from .workload import Workload

BATCH, LATENT, HIDDEN, DATA = 64, 32, 128, 64


def loop(torch: Any) -> Iterator[Any]:
    nn = torch.nn
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, DATA), nn.Tanh())
    discriminator = nn.Sequential(
        nn.Linear(DATA, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1), nn.Sigmoid()
    )
    criterion = nn.BCELoss()
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    real = torch.tanh(torch.randn(BATCH, DATA))
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    while True:
        noise = torch.randn(BATCH, LATENT)
        fake = generator(noise)
        optimizer_d.zero_grad()
        loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        optimizer_g.step()
        yield loss_g


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    def generate(p: Any, noise: Any) -> Any:
        (w1, b1), (w2, b2) = p
        return jnp.tanh(jax.nn.relu(noise @ w1 + b1) @ w2 + b2)

    def discriminate(p: Any, x: Any) -> Any:
        (w1, b1), (w2, b2) = p
        return jax.nn.sigmoid(jax.nn.leaky_relu(x @ w1 + b1, 0.2) @ w2 + b2)

    def cross_entropy(probability: Any, target: float) -> Any:
        chosen = probability if target else 1 - probability
        return -jnp.mean(jnp.maximum(jnp.log(chosen), -100.0))

    def adam(parameters: Any, grads: Any, state: Any) -> Any:
        mean, square, count = state
        count = count + 1
        mean = jax.tree.map(lambda m, g: 0.5 * m + 0.5 * g, mean, grads)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, grads)
        m_scale, v_scale = 1 / (1 - 0.5**count), 1 / (1 - 0.999**count)

        def moved(p: Any, m: Any, v: Any) -> Any:
            return p - 2e-4 * m * m_scale / (jnp.sqrt(v * v_scale) + 1e-8)

        return jax.tree.map(moved, parameters, mean, square), (mean, square, count)

    def loss_d_of(d: Any, fake: Any, real: Any) -> Any:
        return cross_entropy(discriminate(d, real), 1) + cross_entropy(discriminate(d, fake), 0)

    def loss_g_of(g: Any, d: Any, noise: Any) -> Any:
        return cross_entropy(discriminate(d, generate(g, noise)), 1)

    @partial(jax.jit, donate_argnums=(0, 1, 2, 3))
    def step(g: Any, d: Any, state_g: Any, state_d: Any, key: Any, real: Any) -> Any:
        key, drawn = jax.random.split(key)
        noise = jax.random.normal(drawn, (BATCH, LATENT))
        grads_d = jax.grad(loss_d_of)(d, generate(g, noise), real)
        d, state_d = adam(d, grads_d, state_d)
        loss_g, grads_g = jax.value_and_grad(loss_g_of)(g, d, noise)
        g, state_g = adam(g, grads_g, state_g)
        return g, d, state_g, state_d, key, loss_g

    def fresh(parameters: Any) -> Any:
        return (
            jax.tree.map(jnp.zeros_like, parameters),
            jax.tree.map(jnp.zeros_like, parameters),
            jnp.float32(0),
        )

    g, d = jax_parameters((LATENT, HIDDEN, DATA)), jax_parameters((DATA, HIDDEN, 1), 1)
    state_g, state_d, key = fresh(g), fresh(d), jax.random.key(0)
    real = jnp.tanh(jnp.asarray(np.random.default_rng(0).standard_normal((BATCH, DATA), dtype=np.float32)))
    while True:
        g, d, state_g, state_d, key, loss_g = step(g, d, state_g, state_d, key, real)
        yield loss_g


WORKLOADS = (Workload("gan", "GAN, two Adams, batch 64", loop, jax_loop, block=50),)
