"""Reading on the host gives what the operators give, and nothing where they are needed."""

from __future__ import annotations

import numpy as np
import pytest

import torchlike as torch
from torchlike.tensors.host_reading import ready_array, rows_on_host, stacked_on_host


def ready() -> torch.Tensor:
    return torch.tensor(np.arange(24.0).reshape(2, 3, 4))


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x,
        lambda x: x[1],
        lambda x: x[1, 2, 3],
        lambda x: x[-1][0],
        lambda x: x[:, 1],
        lambda x: x[0, 1:3],
        lambda x: x[:, ::2],
        lambda x: x[:, 3:3],
        lambda x: x[..., 1:4:2],
        lambda x: x.view(6, 4)[5],
        lambda x: x[1].unsqueeze(0),
        lambda x: x.detach()[0],
    ],
)
def test_a_view_is_read(view) -> None:
    x = ready()
    found = ready_array(view(x))
    assert found is not None
    expected = view(ready())._value().numpy()
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("view", [lambda x: x + 1, lambda x: (x + 1)[0], lambda x: x.t(), lambda x: x.mT[0]])
def test_what_needs_an_operator_is_not_read(view) -> None:
    assert ready_array(view(ready()[0])) is None


def test_writes_are_seen() -> None:
    x = ready()
    row = x[1]
    x.fill_(5.0)
    assert stacked_on_host([row, row]) is None
    assert torch.stack([row, row]).unique().tolist() == [5.0]


def test_rows_of_one_tensor() -> None:
    x = ready()
    rows = [x[1], x[0], x[-1]]
    found = stacked_on_host(rows)
    assert found is not None
    assert found.tolist() == torch.stack(rows).tolist()
    assert found.stride() == (12, 4, 1)
    assert rows_on_host(x, [1, 0, -1]).tolist() == found.tolist()


def test_parts_of_several() -> None:
    x = ready()
    parts = [x[1, 0], x[:, 2, 1:3].reshape(-1), torch.ones(4, dtype=torch.float64)]
    assert stacked_on_host(parts[::2]).tolist() == torch.stack(parts[::2]).tolist()


@pytest.mark.parametrize(
    "tensors",
    [
        lambda x: [x[0], x[0].float()],
        lambda x: [x[0], x[0, :2]],
        lambda x: [x[0].clone().requires_grad_()],
        lambda x: [torch.nn.Parameter(x[0])],
        lambda x: [x.reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)],
    ],
)
def test_what_stack_has_to_do(tensors) -> None:
    assert stacked_on_host(tensors(ready())) is None


def test_a_leaf_is_read_without_its_graph() -> None:
    x = ready().requires_grad_()
    assert rows_on_host(x, [0]) is None
    with torch.no_grad():
        assert rows_on_host(x, [0]).tolist() == x[:1].tolist()
