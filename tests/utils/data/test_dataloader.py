"""The loader: what is torchlike's own about it."""

from __future__ import annotations

import pytest

import torchlike as torch
from torchlike import engine
from torchlike.engine.trace import current
from torchlike.utils.data import DataLoader, Dataset, Subset, TensorDataset, default_collate


class Rows(Dataset):
    def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.x = x
        self.y = y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple:
        return self.x[i], self.y[i]


def test_workers_are_missing() -> None:
    with pytest.raises(NotImplementedError, match=r"torch.utils.data.DataLoader\(num_workers=2\)"):
        DataLoader([1, 2], num_workers=2)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotImplementedError, match="torch.utils.data.IterDataPipe"):
        torch.utils.data.IterDataPipe  # noqa: B018
    with pytest.raises(AttributeError, match="module 'torch.utils.data' has no attribute 'foo'"):
        torch.utils.data.foo  # noqa: B018


@pytest.mark.parametrize("kind", [Rows, TensorDataset, lambda *t: Subset(TensorDataset(*t), list(range(8)))])
def test_rows_of_tensors_are_batched_without_a_program(kind) -> None:
    data = kind(torch.arange(24.0).reshape(8, 3), torch.arange(8))
    list(DataLoader(data, 4))
    engine.dispatch()
    runs = engine.report().flushes
    pending = torch.ones(2) + 1
    recorded = len(current().results)
    x, y = next(iter(DataLoader(data, 4)))
    assert x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]
    assert y.tolist() == [0, 1, 2, 3]
    assert len(current().results) == recorded
    assert engine.report().flushes == runs
    assert pending.tolist() == [2.0, 2.0]


def test_samples_that_need_operators_do_not_join_the_step() -> None:
    class Scaled(Rows):
        def __getitem__(self, i: int) -> tuple:
            return self.x[i] * 2 + 1, int(self.y[i])

    data = Scaled(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.tensor([0, 1]))
    pending = torch.ones(2) + 1
    recorded = len(current().results)
    x, y = next(iter(DataLoader(data, 2)))
    assert len(current().results) == recorded
    assert (x + pending).tolist() == [[3.0, 5.0], [7.0, 9.0]]
    assert y.tolist() == [0, 1]


def test_a_batch_owns_its_memory() -> None:
    x = torch.zeros(4, 2)
    (batch,) = next(iter(DataLoader(TensorDataset(x), 2)))
    x[0] = 7.0
    assert batch.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    batch[1] = 5.0
    assert x[1].tolist() == [0.0, 0.0]


def test_a_batch_sees_what_was_written_before() -> None:
    x = torch.zeros(4)
    data = TensorDataset(x)
    x[1] = 7.0
    x += 1
    assert next(iter(DataLoader(data, 4)))[0].tolist() == [1.0, 8.0, 1.0, 1.0]


def test_gradients_flow_through_a_batch() -> None:
    x = torch.arange(4.0).requires_grad_()
    (batch,) = next(iter(DataLoader(TensorDataset(x), 2, sampler=[3, 1, 0])))
    (batch * torch.tensor([10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 100.0, 0.0, 10.0]


def test_gradients_flow_through_collated_views() -> None:
    x = torch.arange(4.0).requires_grad_()
    batch = default_collate([x[2], x[0] * 3])
    batch.sum().backward()
    assert x.grad.tolist() == [3.0, 0.0, 1.0, 0.0]


def test_an_error_in_a_dataset_leaves_the_step_as_it_was() -> None:
    class Broken(Dataset):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, i: int) -> torch.Tensor:
            return torch.zeros(2)[i + 5]

    pending = torch.ones(2) + 1
    with pytest.raises(IndexError):
        next(iter(DataLoader(Broken(), 2)))
    assert (pending * 2).tolist() == [4.0, 4.0]


def test_training_with_a_loader_runs_one_program_a_step() -> None:
    torch.manual_seed(0)
    data = Rows(torch.randn(32, 3), torch.randn(32, 1))
    layer = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)

    def epoch() -> None:
        for x, y in DataLoader(data, 4, shuffle=True):
            optimizer.zero_grad()
            ((layer(x) - y) ** 2).mean().backward()
            optimizer.step()

    epoch()
    epoch()
    before = engine.report()
    epoch()
    after = engine.report()
    assert after.flushes - before.flushes == 8
    assert (after.compiles, after.kernels) == (before.compiles, before.kernels)
