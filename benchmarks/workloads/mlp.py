"""Multi-layer perceptrons of several sizes, cross entropy, SGD."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .workload import Workload


def network(torch: Any, widths: tuple[int, ...]) -> Any:
    """Linear layers with ReLU between them."""
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:], strict=False)):
        if i:
            layers.append(torch.nn.ReLU())
        layers.append(torch.nn.Linear(fan_in, fan_out))
    return torch.nn.Sequential(*layers)


def loop(torch: Any, widths: tuple[int, ...], batch: int) -> Iterator[Any]:
    torch.manual_seed(0)
    net = network(torch, widths)
    inputs = torch.randn(batch, widths[0])
    targets = torch.randint(0, widths[-1], (batch,))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    while True:
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        yield loss


def jax_parameters(widths: tuple[int, ...], seed: int = 0) -> list[tuple[Any, Any]]:
    """Weights and biases drawn as ``nn.Linear`` draws them, from another generator."""
    import jax.numpy as jnp

    draw = np.random.default_rng(seed)
    parameters = []
    for fan_in, fan_out in zip(widths, widths[1:], strict=False):
        bound = fan_in**-0.5
        weight = draw.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32)
        bias = draw.uniform(-bound, bound, fan_out).astype(np.float32)
        parameters.append((jnp.asarray(weight), jnp.asarray(bias)))
    return parameters


def jax_forward(parameters: list[tuple[Any, Any]], x: Any) -> Any:
    """The network of :func:`network`."""
    import jax

    for i, (weight, bias) in enumerate(parameters):
        if i:
            x = jax.nn.relu(x)
        x = x @ weight + bias
    return x


def jax_cross_entropy(logits: Any, targets: Any) -> Any:
    """Mean cross entropy of class indices."""
    import jax
    import jax.numpy as jnp

    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(log_probabilities, targets[:, None], axis=1))


def jax_loop(widths: tuple[int, ...], batch: int) -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    draw = np.random.default_rng(1)
    inputs = jnp.asarray(draw.standard_normal((batch, widths[0]), dtype=np.float32))
    targets = jnp.asarray(draw.integers(0, widths[-1], batch))

    def loss_of(parameters: Any, inputs: Any, targets: Any) -> Any:
        return jax_cross_entropy(jax_forward(parameters, inputs), targets)

    @partial(jax.jit, donate_argnums=0)
    def step(parameters: Any, inputs: Any, targets: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(parameters, inputs, targets)
        return jax.tree.map(lambda p, g: p - 0.01 * g, parameters, grads), loss

    parameters = jax_parameters(widths)
    while True:
        parameters, loss = step(parameters, inputs, targets)
        yield loss


def _workload(name: str, title: str, widths: tuple[int, ...], batch: int) -> Workload:
    kept = {"widths": widths, "batch": batch}
    return Workload(name, title, partial(loop, **kept), partial(jax_loop, **kept), block=100)


WORKLOADS = (
    _workload("mlp_small", "MLP 784-16-10, batch 8, SGD", (784, 16, 10), 8),
    _workload("mlp", "MLP 784-128-10, batch 64, SGD", (784, 128, 10), 64),
    _workload("mlp_deep", "ten layers of 128, batch 64, SGD", (128,) * 11, 64),
)
