"""Every transformation moves the parameters as it does in optax's own loop."""

import functools
import inspect

import jax
import numpy as np
import optax
import pytest

import torchlike as torch

from .plain_optax import by_optax, by_optimizer, difference

Optax = torch.optim.plugins.optax.Optax
Lion = torch.optim.plugins.optax.Lion
Lamb = torch.optim.plugins.optax.Lamb

# What needs more than gradients: the model (for a line search or a Hessian), each example's gradient, or the loss,
# which is tested below.
NOT_ALONE = {"lbfgs", "sophia", "dpsgd", "polyak_sgd", "momo", "momo_adam"}


def aliases():
    """The functions of optax that make a whole optimizer, those that take a learning rate, by name."""
    found = {}
    for module in (optax, optax.contrib):
        for name, value in vars(module).items():
            if name.startswith("_") or isinstance(value, type) or not callable(value):
                continue
            try:
                parameters = inspect.signature(value).parameters
            except ValueError:
                continue
            if next(iter(parameters), "") == "learning_rate" and name not in NOT_ALONE:
                found[name] = value
    return found


# The others take as long again; `pytest -m every` runs them.
OFTEN = {
    "adam",
    "adafactor",
    "adagrad",
    "adamw",
    "muon",
    "noisy_sgd",
    "prodigy",
    "radam",
    "rmsprop",
    "schedule_free_adamw",
}
ALIASES = [
    pytest.param(value, id=name, marks=[] if name in OFTEN else pytest.mark.every)
    for name, value in aliases().items()
]


def test_the_aliases_are_found():
    assert OFTEN <= aliases().keys()
    assert len(ALIASES) > 40


@pytest.mark.filterwarnings("ignore:Specifying a key", "ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("make", ALIASES)
def test_an_optimizer_of_optax(make):
    # The default of some is a learning rate of their own.
    rate = (
        {}
        if inspect.signature(make).parameters["learning_rate"].default is not inspect.Parameter.empty
        else 0.1
    )
    options = {} if rate == {} else {"learning_rate": rate}
    got = by_optimizer(lambda params: Optax(params, make, **options), steps=3)
    assert difference(got, by_optax(make(**options), steps=3)) < 1e-13


LION = {"lr": 0.03, "betas": (0.8, 0.95), "weight_decay": 0.1}
LAMB = LION | {"eps": 1e-3, "eps_root": 1e-4}


@pytest.mark.parametrize(
    ("ready_made", "options", "transformation", "dtype", "error"),
    [
        (Lion, {}, optax.lion(1e-4), "float32", 1e-6),
        (Lion, LION, optax.lion(0.03, 0.8, 0.95, weight_decay=0.1), "float32", 1e-6),
        (Lion, LION, optax.lion(0.03, 0.8, 0.95, weight_decay=0.1), "float64", 1e-14),
        (Lion, LION, optax.lion(0.03, 0.8, 0.95, weight_decay=0.1), "bfloat16", 0.02),
        (Lamb, {}, optax.lamb(1e-3), "float32", 1e-6),
        (Lamb, LAMB, optax.lamb(0.03, 0.8, 0.95, 1e-3, 1e-4, 0.1), "float32", 1e-6),
        (Lamb, LAMB, optax.lamb(0.03, 0.8, 0.95, 1e-3, 1e-4, 0.1), "float64", 1e-14),
        (Lamb, LAMB, optax.lamb(0.03, 0.8, 0.95, 1e-3, 1e-4, 0.1), "bfloat16", 0.02),
    ],
)
def test_ready_made(ready_made, options, transformation, dtype, error):
    got = by_optimizer(lambda params: ready_made(params, **options), dtype)
    assert difference(got, by_optax(transformation, dtype)) <= error


def test_the_second_moment_of_bfloat16_is_not_that_of_a_rounded_beta():
    # 0.999 is 1 in bfloat16: as a number of that type it would leave the moment at 0, and divide by 0.
    got = by_optimizer(lambda params: Optax(params, optax.adam, lr=0.01), "bfloat16")
    assert np.isfinite(np.concatenate([x.ravel() for x in got])).all()
    assert difference(got, by_optax(optax.adam(0.01), "bfloat16")) < 0.01


def by_rank(tree):
    return {key: "matrix" if x.ndim > 1 else "vector" for key, x in tree.items()}


TRANSFORMATIONS = {
    "schedule": lambda: optax.adam(optax.cosine_decay_schedule(0.1, 10)),
    "clipped": lambda: optax.chain(optax.clip_by_global_norm(0.3), optax.adam(0.1)),
    "partition": lambda: optax.partition({"matrix": optax.adam(0.1), "vector": optax.lion(0.2)}, by_rank),
    "masked": lambda: optax.masked(optax.adam(0.1), lambda tree: {k: x.ndim > 1 for k, x in tree.items()}),
    "mask by place": lambda: optax.masked(optax.adam(0.1), {0: True, 1: False, 2: True}),
    "accumulated": lambda: optax.MultiSteps(optax.adam(0.1), 2).gradient_transformation(),
    "flattened": lambda: optax.flatten(optax.adam(0.1)),
    "guarded": lambda: optax.apply_if_finite(optax.adam(0.1), 3),
    "injected": lambda: optax.inject_hyperparams(optax.adam)(optax.linear_schedule(0.1, 0.0, 5)),
    "noise": lambda: optax.chain(
        optax.add_noise(0.1, 0.5, key=jax.random.key(3, impl="rbg")), optax.sgd(0.1)
    ),
    "history": lambda: optax.lbfgs(0.1, linesearch=None),
    "stateless": lambda: optax.chain(optax.clip(0.5), optax.scale(-0.1)),
}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_a_transformation_that_is_made_already(name):
    made = TRANSFORMATIONS[name]()
    got = by_optimizer(lambda params: Optax(params, made))
    assert difference(got, by_optax(made)) < 1e-13


@pytest.mark.parametrize("name", ["momo", "polyak_sgd", "reduce_on_plateau"])
@pytest.mark.parametrize("given", [float, torch.tensor], ids=["number", "tensor"])
def test_what_update_takes_by_name(name, given):
    made = {
        "momo": lambda: optax.contrib.momo(),
        "polyak_sgd": lambda: optax.polyak_sgd(),
        "reduce_on_plateau": lambda: optax.chain(
            optax.adam(0.1), optax.contrib.reduce_on_plateau(patience=1)
        ),
    }[name]()
    got = by_optimizer(lambda params: Optax(params, made), value=lambda step: given(1.0 + step))
    assert difference(got, by_optax(made, value=lambda step: 1.0 + step)) < 1e-13


def test_a_learning_rate_for_what_has_none():
    expected = by_optax(optax.chain(optax.scale_by_adam(0.8), optax.scale_by_learning_rate(0.05)))
    made = by_optimizer(lambda params: Optax(params, optax.scale_by_adam(0.8), lr=0.05))
    assert difference(made, expected) < 1e-14
    function = by_optimizer(lambda params: Optax(params, optax.scale_by_adam, lr=0.05, b1=0.8))
    assert difference(function, expected) < 1e-14
    schedule = optax.linear_schedule(0.1, 0.0, 5)
    expected = by_optax(optax.chain(optax.scale_by_adam(), optax.scale_by_learning_rate(schedule)))
    assert (
        difference(by_optimizer(lambda ps: Optax(ps, optax.scale_by_adam(), lr=schedule)), expected) < 1e-14
    )


def test_a_tuple_of_numbers_and_a_function_of_ones_own():
    def make(learning_rate, betas):
        return optax.adam(learning_rate, *betas)

    expected = by_optax(optax.adam(0.1, 0.8, 0.9))
    for betas in ((0.8, 0.9), [0.8, 0.9]):
        assert (
            difference(by_optimizer(lambda ps, b=betas: Optax(ps, make, lr=0.1, betas=b)), expected) < 1e-14
        )
    partial = functools.partial(optax.adam, b1=0.8, b2=0.9)
    assert difference(by_optimizer(lambda params: Optax(params, partial, lr=0.1)), expected) < 1e-14


def test_a_dtype_by_torchs_name():
    optimizers = []

    def make(params):
        optimizers.append(Lion(params, lr=0.1, mu_dtype=torch.bfloat16))
        return optimizers[0]

    got = by_optimizer(make, "float32")
    assert difference(got, by_optax(optax.lion(0.1, mu_dtype="bfloat16"), "float32")) < 1e-6
    state = next(iter(optimizers[0].state.values()))
    assert {name: t.dtype for name, t in state.items()} == {"0.count": torch.int32, "0.mu": torch.bfloat16}


def test_adam_is_torchlikes_own():
    def trained(make):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
        optimizer = make(model.parameters())
        x = torch.randn(64, 4)
        for _ in range(20):
            loss = (model(x) - x.sum(dim=1, keepdim=True)).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return [p.detach().numpy() for p in model.parameters()]

    got = trained(lambda params: Optax(params, optax.adam, lr=0.02))
    assert difference(got, trained(lambda params: torch.optim.Adam(params, lr=0.02))) < 1e-6
