"""Two convolutions, two poolings, two linear layers on 28x28 images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .mlp import jax_cross_entropy
from .workload import Workload

BATCH = 64


def loop(torch: Any) -> Iterator[Any]:
    nn, F = torch.nn, torch.nn.functional

    class ConvNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
            self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
            self.fc1 = nn.Linear(64 * 7 * 7, 128)
            self.fc2 = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            x = F.relu(self.conv1(x))
            x = F.max_pool2d(x, 2)
            x = F.relu(self.conv2(x))
            x = F.max_pool2d(x, 2)
            x = x.view(-1, 64 * 7 * 7)
            x = F.relu(self.fc1(x))
            return self.fc2(x)

    torch.manual_seed(0)
    net = ConvNet()
    inputs = torch.randn(BATCH, 1, 28, 28)
    targets = torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    while True:
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = F.cross_entropy(outputs, targets)
        loss.backward()
        optimizer.step()
        yield loss


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp
    from jax import lax

    draw = np.random.default_rng(0)

    def weight(*shape: int) -> Any:
        fan_in = int(np.prod(shape[1:]))
        return jnp.asarray(draw.uniform(-(fan_in**-0.5), fan_in**-0.5, shape).astype(np.float32))

    def convolve(x: Any, kernel: Any, bias: Any) -> Any:
        out = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
        return out + bias[:, None, None]

    def pool(x: Any) -> Any:
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss_of(p: Any, inputs: Any, targets: Any) -> Any:
        x = pool(jax.nn.relu(convolve(inputs, *p["conv1"])))
        x = pool(jax.nn.relu(convolve(x, *p["conv2"])))
        x = x.reshape(-1, 64 * 7 * 7)
        x = jax.nn.relu(x @ p["fc1"][0].T + p["fc1"][1])
        return jax_cross_entropy(x @ p["fc2"][0].T + p["fc2"][1], targets)

    @partial(jax.jit, donate_argnums=0)
    def step(p: Any, inputs: Any, targets: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(p, inputs, targets)
        return jax.tree.map(lambda a, g: a - 0.01 * g, p, grads), loss

    parameters = {
        "conv1": (weight(32, 1, 3, 3), jnp.zeros(32)),
        "conv2": (weight(64, 32, 3, 3), jnp.zeros(64)),
        "fc1": (weight(128, 64 * 7 * 7), jnp.zeros(128)),
        "fc2": (weight(10, 128), jnp.zeros(10)),
    }
    inputs = jnp.asarray(draw.standard_normal((BATCH, 1, 28, 28), dtype=np.float32))
    targets = jnp.asarray(draw.integers(0, 10, BATCH))
    while True:
        parameters, loss = step(parameters, inputs, targets)
        yield loss


WORKLOADS = (Workload("conv_net", "ConvNet on 28x28, batch 64, SGD", loop, jax_loop, block=10),)
