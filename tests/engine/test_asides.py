"""Recording aside leaves the pending trace alone."""

from __future__ import annotations

import pytest

import torchlike as torch
from torchlike.engine import settings
from torchlike.engine.asides import aside
from torchlike.engine.trace import current


def test_the_pending_trace_goes_on() -> None:
    x = torch.ones(2) + 1
    before = current()
    recorded = len(before.results)
    with aside():
        y = torch.ones(2) * 3
        assert current() is not before
    assert current() is before
    assert len(before.results) == recorded
    assert (x + y).tolist() == [5.0, 5.0]


def test_what_is_pending_outside_can_be_read_inside() -> None:
    x = torch.ones(2) + 1
    with aside():
        y = x * 3
        assert y[0].item() == 6.0
        z = y + 1
    w = x - 1
    assert (w + z).tolist() == [8.0, 8.0]


def test_nothing_runs_that_nobody_holds() -> None:
    torch.engine.dispatch()
    runs = torch.engine.report().flushes
    ones = torch.ones(2)
    with aside():
        for _ in range(5):
            ones + 2
    assert torch.engine.report().flushes == runs


def test_an_error_leaves_as_before() -> None:
    before = current()
    with pytest.raises(RuntimeError), aside():
        torch.ones(2) + torch.ones(3)
    assert current() is before


def test_blocks_nest() -> None:
    with aside():
        x = torch.ones(2) + 1
        with aside():
            y = x + 1
        z = x + y
    assert z.tolist() == [5.0, 5.0]


def test_gradients_are_recorded_through_it() -> None:
    x = torch.ones(2, requires_grad=True)
    with aside():
        y = x * 3
    (y * y).sum().backward()
    assert x.grad.tolist() == [18.0, 18.0]


def test_eager_stays_eager() -> None:
    with torch.engine.eager(), aside():
        assert (torch.ones(2) + 1)._value().array is not None


def test_what_the_pending_trace_reads_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "tier", "trace")
    x = torch.ones(200, 200) + 1
    assert x[0, 0].item() == 2.0
    y = x * 3
    with aside():
        z = x.exp()
        del x
        assert z.log()[0, 0].item() == pytest.approx(2.0)
    assert y[0, 0].item() == 6.0
