"""Steps held back become one program after thousands; nobody can tell but by the clock."""

import numpy as np
import pytest

import torchlike as torch
from torchlike.engine import ahead, blocks, plans, repetition, reports, rhythm, trace


def as_in_a_new_process():
    """Forget all programs: those that a loop's first steps find may be of other digits."""
    torch.engine.dispatch()
    trace._local.rhythm = rhythm.Rhythm()
    for memory in (plans._plans, plans._history, blocks._cache):
        memory.clear()
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def nothing_pending():
    as_in_a_new_process()
    yield
    torch.engine.dispatch()


@pytest.fixture
def soon(monkeypatch):
    """Three rounds of steps are thousands, and what is compiled beside them is there at once."""
    monkeypatch.setattr(repetition, "_OFTEN", 3 * repetition.AT_MOST)
    monkeypatch.setattr(ahead.Compilation, "done", property(lambda self: self.wait() >= 0))


def runs():
    """How often programs of several steps ran, and how many were compiled."""
    rows = [r for r in torch.engine.report().rows if r.name.startswith("steps of")]
    return sum(r.runs for r in rows), len(rows)


def network(dropout=0.0):
    nn = torch.nn
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3))


def plain(optimizer, **options):
    """A whole batch at every step."""

    def loop():
        net = network()
        x, y = torch.randn(10, 6), torch.randint(0, 3, (10,))
        made = getattr(torch.optim, optimizer)(net.parameters(), **options)
        while True:
            made.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            made.step()
            yield loss, net

    return loop


def batches():
    """Batches, dropout, and a learning rate that falls with every step."""
    net = network(dropout=0.3)
    x, y = torch.randn(64, 6), torch.randint(0, 3, (64,))
    data = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader(data, batch_size=8, shuffle=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    while True:
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs), targets)
            loss.backward()
            optimizer.step()
            optimizer.param_groups[0]["lr"] *= 0.99
            yield loss, net


def summed():
    """A sum that goes from step to step beside the parameters."""
    net = network()
    x = torch.randn(10, 6)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    total = torch.zeros(())
    while True:
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        total = total + loss.detach()
        yield total, net


def weaver():
    """Each step reads the result of the one before last, too, which is no chain."""
    net = network()
    x = torch.randn(10, 6)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    before_last = last = torch.zeros(())
    while True:
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean() + 0.1 * before_last
        loss.backward()
        optimizer.step()
        before_last, last = last, loss.detach()
        yield loss, net


def convolutional():
    nn = torch.nn
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2))
    x, y = torch.randn(4, 1, 8, 8), torch.randint(0, 2, (4,))
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    while True:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        yield loss, net


LOOPS = {
    "sgd": plain("SGD", lr=0.1),
    "momentum": plain("SGD", lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": plain("Adam", lr=0.01),
    "amsgrad": plain("Adam", lr=0.01, amsgrad=True),
    "batches": batches,
    "summed": summed,
    "convolutional": convolutional,
}


def numbers(loop, count, read=()):
    """What a loop gives after so many steps, and its losses at those that are read."""
    as_in_a_new_process()
    running = loop()
    losses = []
    for i in range(count):
        loss, net = next(running)
        if i in read:
            losses.append(loss.item())
    return losses, loss.item(), [p.detach().numpy().copy() for p in net.parameters()]


def same(a, b):
    return (
        a[:2] == b[:2]
        and len(a[2]) == len(b[2])
        and all(np.array_equal(x, y) for x, y in zip(a[2], b[2], strict=True))
    )


@pytest.mark.parametrize("name", LOOPS)
def test_several_steps_give_the_bits_of_single_ones(name, soon, monkeypatch):
    loop = LOOPS[name]
    before = runs()
    together = numbers(loop, 75, read=(50, 61))
    ran = runs()
    assert ran[0] - before[0] >= 4 and ran[1] - before[1] == 1
    monkeypatch.setattr(trace, "_HELD", 1)
    assert same(together, numbers(loop, 75, read=(50, 61)))
    assert runs() == ran


def test_what_is_no_chain_is_run_step_by_step(soon, monkeypatch):
    before = runs()
    found = numbers(weaver, 75)
    assert runs() == before
    monkeypatch.setattr(trace, "_HELD", 1)
    assert same(found, numbers(weaver, 75))


def test_a_short_loop_compiles_nothing_more():
    before = runs()
    numbers(LOOPS["sgd"], 400)
    assert runs() == before


def test_what_is_kept_of_a_step_is_there(soon):
    """A loss kept, a weight cloned: those steps are run one by one."""

    def kept():
        as_in_a_new_process()
        loop = LOOPS["sgd"]()
        found = []
        for i in range(90):
            loss, net = next(loop)
            if i in (42, 43, 66):
                found += [loss, net[0].weight.detach().clone(), net[0].weight]
        return [t.detach().numpy().tolist() for t in found]

    before = runs()[0]
    together = kept()
    assert runs()[0] > before
    repetition._OFTEN = 10**9
    assert together == kept()


def test_every_loss_kept(soon):
    def kept():
        as_in_a_new_process()
        loop = LOOPS["sgd"]()
        return [loss.item() for loss in [next(loop)[0] for _ in range(60)]]

    before = runs()
    found = kept()
    assert runs() == before
    repetition._OFTEN = 10**9
    assert found == kept()


def test_data_that_begins_to_change(soon, monkeypatch):
    """What was the same in all steps may differ later: the steps are single ones until that is compiled for."""

    def loop():
        net = network()
        x, y = torch.randn(10, 6), torch.randint(0, 3, (10,))
        others = [torch.randn(10, 6) for _ in range(5)]
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(10**6):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x if step < 60 else others[step % 5]), y)
            loss.backward()
            optimizer.step()
            yield loss, net

    before = runs()
    together = numbers(loop, 200)
    assert runs()[1] - before[1] == 2
    monkeypatch.setattr(trace, "_HELD", 1)
    assert same(together, numbers(loop, 200))


def test_a_program_of_other_digits_is_never_used(soon, monkeypatch):
    monkeypatch.setattr(repetition, "_equal", lambda a, b: False)
    before = runs()
    found = numbers(LOOPS["adam"], 120)
    after = runs()
    # It ran the once that it was compared.
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    monkeypatch.setattr(trace, "_HELD", 1)
    assert same(found, numbers(LOOPS["adam"], 120))


def test_steps_go_on_while_it_is_compiled(soon, monkeypatch):
    done = [False]
    monkeypatch.setattr(ahead.Compilation, "done", property(lambda self: done[0]))
    loop = LOOPS["sgd"]()
    before = runs()
    for _ in range(60):
        next(loop)
    assert runs() == (before[0], before[1] + 1)
    done[0] = True
    for _ in range(16):
        next(loop)
    assert runs()[0] > before[0]


def test_the_digits_are_compared():
    a = [np.float32([1, np.nan]), np.int64([3])]
    assert repetition._equal(a, [np.float32([1, np.nan]), np.int64([3])])
    assert not repetition._equal(a, [np.float32([1, np.nan]), np.int64([4])])
    assert not repetition._equal([np.float32([0.0])], [np.float32([-0.0])])


def test_after_a_failure_no_later_step_gives_a_number(soon, monkeypatch):
    loop = LOOPS["sgd"]()
    for _ in range(70):
        loss, net = next(loop)

    def broken(*args):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(repetition.Repetition, "run", broken)
        with pytest.raises(MemoryError):
            for _ in range(9):
                next(loop)
    with pytest.raises(RuntimeError, match="failed"):
        loss.item()
    with pytest.raises(RuntimeError, match="failed"):
        net[0].weight.tolist()


def test_the_report_counts_every_step(soon):
    loop = LOOPS["sgd"]()
    for _ in range(64):
        next(loop)
    before = reports.totals.flushes
    for _ in range(5 * repetition.AT_MOST):
        next(loop)
    assert reports.totals.flushes - before == 5 * repetition.AT_MOST


def test_a_loop_read_now_and_then_is_compiled_once(soon):
    """Where a loop is read its last step gives more, so it has several programs of the same code."""
    loop = LOOPS["sgd"]()
    before = runs()
    for count in (1, 2, 100, 100, 100):
        for _ in range(count):
            loss = next(loop)[0]
        loss.item()
    after = runs()
    assert after[1] - before[1] == 1 and after[0] - before[0] >= 20
    compiled = reports.totals.compiles
    for _ in range(8):
        for _ in range(50):
            loss = next(loop)[0]
        loss.item()
    assert reports.totals.compiles == compiled
    for _ in range(3):
        next(loop)
    settled = trace._local.rhythm.settled
    assert len(settled.program.outs) == min(len(p.outs) for p in blocks._cache[tuple(settled.code)])


def test_numbers_that_stay_are_sent_once(soon):
    """A loop's learning rate is on the device from its second run on."""
    loop = LOOPS["sgd"]()
    for _ in range(64):
        next(loop)
    assert trace._local.rhythm.settled._numbers._sent is not None
