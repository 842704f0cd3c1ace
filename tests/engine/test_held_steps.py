"""A small loop's steps are held back and run a few together; nobody can tell but by the clock."""

import threading

import pytest

import torchlike as torch
from torchlike.engine import programs, reports, trace


def steps(width=4):
    """A training loop that gives its loss and weight after each step, unread."""
    torch.manual_seed(0)
    layer = torch.nn.Linear(width, 1)
    x = torch.randn(8, width)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    while True:
        optimizer.zero_grad()
        loss = (layer(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        yield loss, layer.weight


def run(loop, count):
    for _ in range(count):
        found = next(loop)
    return found


def held():
    """How many steps the pending trace follows."""
    count, at = 0, trace.current().before
    while at is not None:
        count, at = count + 1, at.before
    return count


@pytest.fixture(autouse=True)
def nothing_pending():
    torch.engine.dispatch()
    yield
    torch.engine.dispatch()


def test_a_few_steps_run_together():
    loop = steps()
    seen, flushes = [], []
    for _ in range(40):
        next(loop)
        seen.append(held())
        flushes.append(reports.totals.flushes)
    assert max(seen) == trace._HELD - 1
    ran = [after - before for before, after in zip(flushes[20:], flushes[21:], strict=False)]
    assert set(ran) == {0, trace._HELD}


def test_the_numbers_are_those_of_single_steps(monkeypatch):
    together = [loss for loss, _ in [next(loop) for loop in [steps()] for _ in range(30)]]
    monkeypatch.setattr(trace, "_HELD", 1)
    alone = [loss for loss, _ in [next(loop) for loop in [steps()] for _ in range(30)]]
    assert [a.item() for a in together] == [b.item() for b in alone]


def test_what_is_read_is_computed_and_the_rest_goes_on():
    # Read at every step, the loop is made of other programs, whose last digits may differ.
    expected = []
    loop = steps()
    for _ in range(24):
        loss, weight = next(loop)
        expected.append((pytest.approx(loss.item()), [pytest.approx(weight.tolist()[0])]))
    loop = steps()
    losses = []
    for i in range(24):
        loss, weight = next(loop)
        losses.append(loss)
        if i == 13:
            assert held() > 2
            assert losses[11].item() == expected[11][0]
        if i in (14, 17, 23):
            assert weight.tolist() == expected[i][1]
    assert [loss.item() for loss in losses] == [loss for loss, _ in expected]


def test_reading_at_any_step_compiles_nothing():
    loop = steps()
    run(loop, 20)[0].item()
    compiled = reports.totals.compiles, reports.totals.kernels
    for count in range(1, 11):
        run(loop, count)[0].item()
    assert (reports.totals.compiles, reports.totals.kernels) == compiled


def test_a_step_of_many_bytes_is_not_held():
    loop = steps(width=8192)
    for _ in range(12):
        next(loop)
        assert held() == 0


def test_another_thread_reads_a_held_step():
    loop = steps()
    loss, _ = run(loop, 13)
    assert held()
    found = []
    thread = threading.Thread(target=lambda: found.append(loss.item()))
    thread.start()
    thread.join()
    following = run(loop, 3)[0].item()
    loop = steps()
    assert found == [run(loop, 13)[0].item()] and following == run(loop, 3)[0].item()


def test_after_a_failure_no_later_step_gives_a_number(monkeypatch):
    loop = steps()
    run(loop, 12)
    assert held()

    def broken(*args):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(programs, "run", broken)
        with pytest.raises(MemoryError):
            next(loop)[0].item()
    with pytest.raises(RuntimeError, match="failed"):
        next(loop)[0].item()
