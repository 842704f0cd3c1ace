"""Linear regression on three points: the smallest training loop there is, so nothing but overhead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .workload import Workload


def loop(torch: Any) -> Iterator[Any]:
    class LinearRegression(torch.nn.Module):
        def __init__(self, input_dim: int, output_dim: int) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(input_dim, output_dim)

        def forward(self, x: Any) -> Any:
            return self.linear(x)

    torch.manual_seed(0)
    model = LinearRegression(1, 1)
    criterion = torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x_train = torch.tensor([[1.0], [2.0], [3.0]])
    y_train = torch.tensor([[2.0], [4.0], [6.0]])
    while True:
        y_pred = model(x_train)
        loss = criterion(y_pred, y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    x = jnp.array([[1.0], [2.0], [3.0]])
    y = jnp.array([[2.0], [4.0], [6.0]])

    def loss_of(parameters: Any) -> Any:
        weight, bias = parameters
        return jnp.mean((x @ weight.T + bias - y) ** 2)

    @jax.jit
    def step(parameters: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(parameters)
        return jax.tree.map(lambda p, g: p - 0.01 * g, parameters, grads), loss

    parameters = (jnp.full((1, 1), 0.5), jnp.zeros(1))
    while True:
        parameters, loss = step(parameters)
        yield loss


WORKLOADS = (Workload("linear_regression", "linear regression, 3 points, SGD", loop, jax_loop, block=200),)
