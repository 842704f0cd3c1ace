"""A step is one XLA program, and new numbers compile nothing."""

import optax
import pytest

import torchlike as torch

Optax = torch.optim.plugins.optax.Optax
Lion = torch.optim.plugins.optax.Lion
Lamb = torch.optim.plugins.optax.Lamb
MAKERS = {
    "adam": lambda params: Optax(params, optax.adam, lr=0.01),
    "transformation": lambda params: Optax(
        params,
        optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(0.01, 100))),
    ),
    "injected": lambda params: Optax(params, optax.inject_hyperparams(optax.adam)(learning_rate=0.01)),
    "Lion": Lion,
    "Lamb": Lamb,
}


def loop(make):
    """Gives a step (forward, backward, update) and its optimizer."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    optimizer = make(model.parameters())
    x = torch.randn(16, 4)
    y = x.sum(dim=1, keepdim=True)

    def step():
        loss = (model(x) - y).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, optimizer


def runs():
    """How often each program ran so far."""
    return {id(row): row.runs for row in torch.engine.report().rows}


@pytest.mark.parametrize("name", MAKERS)
def test_a_step_is_one_program(name):
    step, _ = loop(MAKERS[name])
    for _ in range(8):
        step().item()
    before, compiled = runs(), torch.engine.report().compiles
    flushes = torch.engine.report().flushes
    for _ in range(6):
        # Read, so that steps are not put together.
        step().item()
    after = torch.engine.report()
    assert after.compiles == compiled
    assert after.flushes - flushes == 6
    more = [row for row in after.rows if row.runs > before.get(id(row), 0)]
    assert [row.runs - before[id(row)] for row in more] == [6]
    # It begins with the forward pass, and nothing else ran.
    assert more[0].name.startswith("linear, tanh, linear")


@pytest.mark.parametrize("name", ["adam", "Lion"])
def test_a_learning_rate_that_changes_at_every_step_compiles_nothing(name):
    step, optimizer = loop(MAKERS[name])

    def scheduled(start):
        for i in range(start, start + 8):
            optimizer.param_groups[0]["lr"] = 0.01 / (i + 1)
            step().item()

    scheduled(0)
    before = torch.engine.report()
    scheduled(8)
    after = torch.engine.report()
    assert (after.compiles, after.kernels) == (before.compiles, before.kernels)


def test_equal_optimizers_share_their_programs():
    def trained(**options):
        step, _ = loop(lambda params: Optax(params, optax.adamax, **options))
        for _ in range(8):
            step().item()
        return torch.engine.report().compiles

    trained(lr=0.5, b1=0.8)
    # A first step that comes again is compiled better.
    before = trained(lr=0.4, b1=0.8)
    assert trained(lr=0.25, b1=0.7) == before


def test_the_tiers_agree():
    results = []
    for eager in (False, True):
        step, optimizer = loop(MAKERS["adam"])
        if eager:
            with torch.engine.eager():
                losses = [step().item() for _ in range(5)]
        else:
            losses = [step().item() for _ in range(5)]
        results.append(torch.tensor([*losses, *optimizer.param_groups[0]["params"][0].flatten().tolist()]))
    assert torch.allclose(*results, rtol=1e-5)
