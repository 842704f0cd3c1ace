"""`Optax` is an optimizer as torch's are: groups, state, checkpoints, hooks; what it refuses leaves it as it was."""

import copy
import pickle

import numpy as np
import optax
import pytest

import torchlike as torch

from .plain_optax import by_optax, by_optimizer, difference, gradients, parameters

Optax = torch.optim.plugins.optax.Optax
Lion = torch.optim.plugins.optax.Lion


def stepped(optimizer, params, steps=1, start=0):
    for step in range(start, start + steps):
        for grad in gradients(step):
            for param in params:
                if param.shape == grad.shape:
                    param.grad = torch.tensor(grad).to(param.dtype)
        optimizer.step()


def contents(optimizer):
    """All that an optimizer holds, to be compared with what it holds later."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    return (
        [p.tolist() for p in params],
        [{name: t.tolist() for name, t in optimizer.state.get(p, {}).items()} for p in params],
        [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups],
        len(optimizer.state),
    )


def test_it_shows_itself_as_torchs_optimizers_do():
    optimizer = Lion(
        [{"params": parameters()[:1]}, {"params": parameters()[1:], "lr": 0.5}], weight_decay=0.0
    )
    assert repr(optimizer) == (
        "Lion (\n"
        "Parameter Group 0\n    betas: (0.9, 0.99)\n    lr: 0.0001\n    mask: None\n    mu_dtype: None\n"
        "    weight_decay: 0.0\n"
        "\nParameter Group 1\n    betas: (0.9, 0.99)\n    lr: 0.5\n    mask: None\n    mu_dtype: None\n"
        "    weight_decay: 0.0\n)"
    )


def test_the_options_are_the_functions():
    optimizer = Optax(parameters(), optax.adam, learning_rate=0.1, b1=0.8)
    group = optimizer.param_groups[0]
    del group["params"]
    assert group == {
        "lr": 0.1,
        "b1": 0.8,
        "b2": 0.999,
        "eps": 1e-8,
        "eps_root": 0.0,
        "mu_dtype": None,
        "nesterov": False,
    }
    assert Optax(parameters(), optax.adam(0.1)).defaults == {}
    # A schedule is no option of a group, which could not be saved.
    assert "lr" not in Optax(parameters(), optax.adam, lr=optax.linear_schedule(1.0, 0.0, 5)).defaults


def test_groups_have_their_own_options_and_state():
    params = parameters()
    optimizer = Optax([{"params": params[:2]}, {"params": params[2], "lr": 0.3}], optax.adam, lr=0.1)
    stepped(optimizer, params, 3)
    slow, quick = by_optax(optax.adam(0.1), steps=3), by_optax(optax.adam(0.3), steps=3)
    got = [p.detach().numpy() for p in params]
    assert difference(got, [*slow[:2], quick[2]]) < 1e-14
    assert [sorted(optimizer.state[p]) for p in params] == [
        ["0.count", "0.mu", "0.nu"],
        ["0.mu", "0.nu"],
        ["0.count", "0.mu", "0.nu"],
    ]


def test_a_group_that_is_added_begins_when_it_is_added():
    params = parameters()
    optimizer = Optax(params[:2], optax.adam, lr=0.1)
    stepped(optimizer, params[:2], 2)
    optimizer.add_param_group({"params": params[2:], "lr": 0.2})
    stepped(optimizer, params, 2)
    other = parameters()
    alone = Optax(other[2:], optax.adam, lr=0.2)
    for step in range(2):
        other[2].grad = torch.tensor(gradients(step)[2])
        alone.step()
    assert torch.allclose(params[2], other[2], rtol=1e-14)
    assert optimizer.state[params[0]]["0.count"].item() == 4
    assert optimizer.state[params[2]]["0.count"].item() == 2


def test_a_learning_rate_that_changes_is_followed():
    rates = [0.1, 0.05, 1, torch.tensor(0.02), 0.1]

    def scheduled(step):
        return np.array([float(rate) for rate in rates])[step]

    params = parameters()
    optimizer = Optax(params, optax.sgd, lr=0.5)
    expected = [p.detach().numpy().copy() for p in params]
    for step, rate in enumerate(rates):
        optimizer.param_groups[0]["lr"] = rate
        stepped(optimizer, params, 1, step)
        expected = [e - scheduled(step) * g for e, g in zip(expected, gradients(step), strict=True)]
    # 0.02 is one of float32.
    assert difference([p.detach().numpy() for p in params], expected) < 1e-8


def test_a_tensor_as_learning_rate_is_read_at_every_step():
    params = parameters()
    rate = torch.tensor(0.0, dtype=torch.float64)
    optimizer = Optax(params, optax.sgd, lr=rate)
    before = [p.detach().clone() for p in params]
    stepped(optimizer, params)
    assert all(map(torch.equal, params, before))
    rate.fill_(0.5)
    stepped(optimizer, params)
    got = [p.detach().numpy() for p in params]
    assert difference(got, [b.numpy() - 0.5 * g for b, g in zip(before, gradients(0), strict=True)]) < 1e-15


def test_a_list_as_an_option_is_read_at_every_step():
    params = parameters()
    betas = [0.0, 0.0]
    optimizer = Lion(params, lr=0.1, betas=betas, weight_decay=0.0)
    stepped(optimizer, params)
    betas[:] = [1.0, 1.0]
    # The gradient counts for nothing now, and the mean is the first gradient, whatever comes.
    for param in params:
        param.grad = torch.zeros_like(param)
    before = [p.detach().clone() for p in params]
    optimizer.step()
    for param, old, grad in zip(params, before, gradients(0), strict=True):
        assert torch.allclose(param, old - 0.1 * torch.tensor(grad).sign())


def test_a_schedule_of_optax_counts_the_steps():
    schedule = optax.cosine_decay_schedule(0.1, 6)
    got = by_optimizer(lambda params: Optax(params, optax.adamw, lr=schedule, weight_decay=0.1))
    assert difference(got, by_optax(optax.adamw(schedule, weight_decay=0.1))) < 1e-14


def test_injected_numbers_are_state_that_can_be_written():
    params = parameters("float32")
    optimizer = Optax(params, optax.inject_hyperparams(optax.sgd)(learning_rate=0.5))
    stepped(optimizer, params)
    optimizer.state[params[0]]["hyperparams.learning_rate"].fill_(0.0)
    before = [p.detach().clone() for p in params]
    stepped(optimizer, params)
    assert all(map(torch.equal, params, before))


def test_what_has_no_gradient_stays_as_it_is_and_begins_later():
    params = parameters()
    frozen = torch.nn.Parameter(torch.ones(3), requires_grad=False)
    optimizer = Optax([frozen, *params], optax.adam, lr=0.1)
    stepped(optimizer, params[:2], 2)
    assert frozen.tolist() == [1.0] * 3
    assert torch.equal(params[2], parameters()[2])
    # What the group has in common is kept by its first parameter, though that has no gradient.
    assert list(optimizer.state[frozen]) == ["0.count"]
    assert params[2] not in optimizer.state
    kept = {name: t.clone() for name, t in optimizer.state[params[0]].items()}
    params[0].grad = params[1].grad = None
    params[2].grad = torch.ones_like(params[2])
    optimizer.step()
    assert all(torch.equal(optimizer.state[params[0]][name], t) for name, t in kept.items())
    assert torch.allclose(optimizer.state[params[2]]["0.mu"], torch.tensor(0.1, dtype=torch.float64))
    assert not torch.equal(params[2], parameters()[2])
    for param in params:
        param.grad = None
    before = contents(optimizer)
    optimizer.step()
    assert contents(optimizer) == before


def test_a_state_that_mixes_parameters_refuses_others():
    params = parameters()
    optimizer = Optax(params, optax.flatten(optax.adam(0.1)))
    stepped(optimizer, params)
    before = contents(optimizer)
    params[0].grad = None
    with pytest.raises(RuntimeError, match=r"the state '0\.mu' has the shape \[41\], and .* needs \[11\]"):
        optimizer.step()
    assert contents(optimizer) == before


def test_a_tree_of_labels_that_does_not_fit_those_with_a_gradient():
    params = parameters()
    optimizer = Optax(params, optax.masked(optax.adam(0.1), {0: True, 1: True, 2: False}))
    stepped(optimizer, params)
    before = contents(optimizer)
    params[0].grad = None
    with pytest.raises(ValueError, match="[Dd]ict"):
        optimizer.step()
    assert contents(optimizer) == before


def test_names_are_keys_of_what_the_transformation_sees():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1))
    labels = {name: "still" if name.startswith("0.") else "moved" for name, _ in model.named_parameters()}
    made = optax.partition({"still": optax.set_to_zero(), "moved": optax.sgd(0.1)}, labels)
    optimizer = Optax(model.named_parameters(), made)
    before = [p.detach().clone() for p in model.parameters()]
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    same = [torch.equal(p, b) for p, b in zip(model.parameters(), before, strict=True)]
    assert same == [True, True, False, False]


def test_a_closure_is_called_with_gradients_on():
    w = torch.nn.Parameter(torch.tensor([3.0]))
    optimizer = Optax([w], optax.sgd, lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert w.tolist() == [1.5]


def test_hooks_stand_around_a_step_and_a_checkpoint():
    params, seen = parameters(), []
    optimizer = Optax(params, optax.adam, lr=0.1)
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    stepped(optimizer, params)
    assert seen == ["before", "after"]

    def halved(_, state_dict):
        new = copy.deepcopy(state_dict)
        new["param_groups"][0]["lr"] /= 2
        new["state"][0]["0.mu"] /= 2
        return new

    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.state[params[0]]["0.mu"].dtype))
    optimizer.register_load_state_dict_pre_hook(halved)
    mean = optimizer.state[params[0]]["0.mu"].clone()
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.05
    assert torch.equal(optimizer.state[params[0]]["0.mu"], mean / 2)
    assert seen[2:] == [torch.float64]
    # The hooks that loading itself needs are gone.
    assert len(optimizer._optimizer_load_state_dict_pre_hooks) == 1


def test_a_step_makes_no_graph_and_counts_as_a_write():
    params = parameters()
    optimizer = Optax(params, optax.adam, lr=0.1)
    kept = (params[0] * params[0]).sum()
    stepped(optimizer, params)
    assert all(p.is_leaf and p.requires_grad for p in params)
    assert not any(t.requires_grad for state in optimizer.state.values() for t in state.values())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        kept.backward()


def adam(params):
    return Optax(params, optax.adam, lr=0.1)


def mixed(params):
    return Lion(params, lr=0.1, mu_dtype="float32")


def noisy(params):
    return Optax(params, optax.chain(optax.add_noise(0.1, 0.5, key=7), optax.adam(0.1)))


@pytest.mark.parametrize(
    ("make", "dtype"),
    [(adam, "float32"), (adam, "float64"), (adam, "bfloat16"), (mixed, "bfloat16"), (noisy, "float64")],
)
def test_a_checkpoint_goes_on_exactly(make, dtype):
    params, others = parameters(dtype), parameters(dtype)
    # Run at once, so that both have the same programs.
    with torch.engine.eager():
        optimizer, other = make(params), make(others)
        stepped(optimizer, params, 2)
        saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
        with torch.no_grad():
            for mine, theirs in zip(others, params, strict=True):
                mine.copy_(theirs)
        other.load_state_dict(saved)
        types = [{name: t.dtype for name, t in optimizer.state[p].items()} for p in params]
        assert [{name: t.dtype for name, t in other.state[p].items()} for p in others] == types
        stepped(optimizer, params, 2, 2)
        stepped(other, others, 2, 2)
        assert all(map(torch.equal, params, others))


def test_a_checkpoint_in_which_some_never_had_a_gradient():
    params, others = parameters(), parameters()
    optimizer, other = Optax(params, optax.adam, lr=0.1), Optax(others, optax.adam, lr=0.1)
    stepped(optimizer, params[1:], 2)
    other.load_state_dict(optimizer.state_dict())
    assert list(other.state[others[0]]) == ["0.count"]
    assert contents(other)[1:] == contents(optimizer)[1:]


def test_a_checkpoint_is_cast_to_what_the_transformation_has():
    params, others = parameters("float64"), parameters("bfloat16")
    optimizer, other = Optax(params, optax.adam, lr=0.1), Optax(others, optax.adam, lr=0.1)
    stepped(optimizer, params)
    other.load_state_dict(optimizer.state_dict())
    state = other.state[others[0]]
    assert {name: t.dtype for name, t in state.items()} == {
        "0.count": torch.int32,
        "0.mu": torch.bfloat16,
        "0.nu": torch.bfloat16,
    }


def test_two_that_share_a_checkpoint_do_not_share_state():
    params, others = parameters(), parameters()
    optimizer, other = Optax(params, optax.adam, lr=0.1), Optax(others, optax.adam, lr=0.1)
    stepped(optimizer, params)
    other.load_state_dict(optimizer.state_dict())
    before = contents(other)
    stepped(optimizer, params)
    assert contents(other) == before


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["copy", "pickle"]
)
def test_copies_and_pickles_go_on_by_themselves(copied):
    params = parameters()
    optimizer = Lion(params, lr=0.1)
    stepped(optimizer, params, 2)
    other = copied(optimizer)
    others = other.param_groups[0]["params"]
    stepped(optimizer, params, 2, 2)
    stepped(other, others, 2, 2)
    assert all(a is not b and torch.allclose(a, b) for a, b in zip(params, others, strict=True))
    extra = torch.nn.Parameter(torch.ones(1))
    other.add_param_group({"params": [extra]})
    assert len(optimizer.param_groups) == 1


# What is refused.


@pytest.mark.parametrize(
    ("transformation", "options", "error", "text"),
    [
        ("adam", {}, TypeError, "transformation must be an optax gradient transformation .* but got str"),
        (None, {}, TypeError, "but got NoneType"),
        (len, {}, TypeError, "len"),
        (lambda: 3, {}, TypeError, "gives int, which is no optax gradient transformation"),
        (optax.adam, {}, TypeError, "adam: missing a required argument: 'learning_rate'"),
        (optax.adam, {"lr": 0.1, "beta1": 0.9}, TypeError, "unexpected keyword argument 'beta1'"),
        (optax.adam, {"lr": 0.1, "learning_rate": 0.1}, TypeError, "are one option"),
        (optax.adam(0.1), {"b1": 0.9}, TypeError, "no option but lr, and b1 was given"),
        (optax.adam, {"lr": 0.1, "static": "b3"}, TypeError, "static names b3, which is no option"),
        (optax.adam, {"lr": "much"}, TypeError, "."),
        (optax.inject_hyperparams(optax.adam), {"lr": 0.1}, ValueError, "keeps numbers in its state"),
    ],
)
def test_what_is_no_transformation(transformation, options, error, text):
    params = parameters()
    with pytest.raises(error, match=text):
        optimizer = Optax(params, transformation, **options)
        stepped(optimizer, params)
    assert all(map(torch.equal, params, parameters()))


def test_a_number_that_python_must_know():
    def picky(learning_rate, momentum=0.9):
        return optax.sgd(learning_rate, momentum if momentum > 0 else None)

    with pytest.raises(Exception, match="Attempted boolean conversion") as error:
        Optax(parameters(), picky, lr=0.1)
    assert any("static=('momentum',)" in note for note in error.value.__notes__)
    got = by_optimizer(lambda params: Optax(params, picky, lr=0.1, static="momentum"))
    assert difference(got, by_optax(optax.sgd(0.1, 0.9))) < 1e-14
    got = by_optimizer(lambda params: Optax(params, picky, lr=0.1, momentum=0.0, static=["momentum"]))
    assert difference(got, by_optax(optax.sgd(0.1))) < 1e-14


@pytest.mark.parametrize(
    ("group", "error", "text"),
    [
        ({"params": [torch.zeros(2, dtype=torch.complex64)]}, NotImplementedError, "complex parameters"),
        (
            {"params": [torch.zeros(2)], "b1": [None]},
            TypeError,
            "option 'b1' of a parameter group must be a number",
        ),
        ({"params": [torch.zeros(2)], "b1": torch.ones(2)}, TypeError, "but got Tensor"),
        ({"params": [torch.zeros(2)], "mu_dtype": "float33"}, TypeError, "float33"),
        ({"params": [3]}, TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
        ([torch.zeros(2)], TypeError, "param_group must be a dict"),
    ],
)
def test_a_group_that_is_none(group, error, text):
    params = parameters()
    optimizer = Optax(params, optax.adam, lr=0.1)
    stepped(optimizer, params)
    before = contents(optimizer)
    with pytest.raises(error, match=text):
        optimizer.add_param_group(group)
    assert contents(optimizer) == before
    stepped(optimizer, params)


def test_an_option_that_all_groups_have_in_common():
    optimizer = Lion(parameters(), mask=lambda tree: {key: True for key in tree})
    with pytest.raises(
        TypeError, match="option 'mask' is no number here, and so one for all parameter groups"
    ):
        optimizer.add_param_group({"params": [torch.zeros(2)], "mask": None})


def test_parameters_that_are_the_same_or_share_memory():
    w = torch.nn.Parameter(torch.ones(4))
    with (
        pytest.warns(UserWarning, match="duplicate parameters"),
        pytest.raises(ValueError, match="more than once"),
    ):
        Optax([w, w], optax.adam, lr=0.1)
    tied = torch.nn.Parameter(w.detach()[1:3])
    with pytest.raises(NotImplementedError, match="share memory"):
        Optax([w, tied], optax.adam, lr=0.1)
    flat = torch.ones(4, dtype=torch.float64)
    halves = [torch.nn.Parameter(flat[:2]), torch.nn.Parameter(flat[2:])]
    optimizer = Optax(halves, optax.sgd, lr=0.5)
    for half, value in zip(halves, (1.0, 2.0), strict=True):
        half.grad = torch.full((2,), value, dtype=torch.float64)
    optimizer.step()
    assert flat.tolist() == [0.5, 0.5, 0.0, 0.0]


def test_sparse_gradients(monkeypatch):
    params = parameters()
    optimizer = Optax(params, optax.adam, lr=0.1)
    # There are no sparse tensors yet.
    monkeypatch.setattr(torch.Tensor, "is_sparse", property(lambda t: True))
    with pytest.raises(RuntimeError, match="Optax does not support sparse gradients"):
        stepped(optimizer, params)
    assert not optimizer.state


@pytest.mark.parametrize(
    ("extra", "error", "text"),
    [
        ({"value_fn": len}, NotImplementedError, r"step\(value_fn=a function\)"),
        ({"value": "3"}, TypeError, r"step\(value=...\) must be a tensor or a number, not str"),
    ],
)
def test_what_update_cannot_be_given(extra, error, text):
    params = parameters()
    optimizer = Optax(params, optax.polyak_sgd())
    with pytest.raises(TypeError, match="'value'"):
        stepped(optimizer, params)
    with pytest.raises(error, match=text):
        optimizer.step(**extra)
    assert not optimizer.state
    assert all(map(torch.equal, params, parameters()))


def test_a_transformation_that_takes_nothing_by_name():
    params = parameters()
    optimizer = Optax(
        params, optax.GradientTransformation(*optax.sgd(0.1)[:1], lambda updates, state, params: 1 / 0)
    )
    params[0].grad = torch.ones_like(params[0])
    with pytest.raises(TypeError, match="unexpected keyword argument 'value'"):
        optimizer.step(value=1.0)


def test_an_error_in_one_group_leaves_all_as_they_were():
    params = parameters()
    optimizer = Optax([{"params": params[:1]}, {"params": params[1:]}], optax.adam, lr=0.1)
    stepped(optimizer, params)
    optimizer.param_groups[1]["b1"] = "a text"
    before = contents(optimizer)
    with pytest.raises(TypeError):
        stepped(optimizer, params)
    assert contents(optimizer) == before
    optimizer.param_groups[1]["b1"] = 0.9
    stepped(optimizer, params)
    assert optimizer.state[params[1]]["0.count"].item() == 2


def wrong(change):
    """A transformation whose update is `change(updates, state)`."""
    return optax.GradientTransformation(
        lambda params: (0.0, optax.tree.zeros_like(params)),
        lambda updates, state, params: change(updates, state),
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda updates, state: (updates, state[0]), "state had the structure .* and now has"),
        (
            lambda updates, state: (list(updates.values()), state),
            "updates do not have the structure of gradients",
        ),
        (
            lambda updates, state: (updates, (state[0] + np.ones(2), state[1])),
            "of the transformation's state was",
        ),
        (lambda updates, state: (updates, (state[0] * 1j, state[1])), "of the transformation's state was"),
        (lambda updates, state: ({k: u[None] for k, u in updates.items()}, state), "update has the shape"),
    ],
)
def test_a_transformation_that_breaks_its_promise(change, text):
    params = parameters()
    optimizer = Optax(params, wrong(change))
    with pytest.raises(ValueError, match=text):
        stepped(optimizer, params)
    assert not optimizer.state
    assert all(map(torch.equal, params, parameters()))


def test_two_arrays_under_one_name():
    made = optax.GradientTransformation(lambda params: {"a.b": 0.0, "a": {"b": 0.0}}, optax.identity().update)
    with pytest.raises(NotImplementedError, match="several arrays under one name in its state: a.b, a.b"):
        Optax(parameters(), made)


def saved_by(make, steps=1):
    params = parameters()
    optimizer = make(params)
    stepped(optimizer, params, steps)
    return optimizer.state_dict()


def without(state_dict, *path):
    changed = copy.deepcopy(state_dict)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return changed


ADAM = saved_by(lambda params: Optax(params, optax.adam, lr=0.1))


def with_mean(value):
    changed = copy.deepcopy(ADAM)
    changed["state"][1]["0.mu"] = value
    return changed


@pytest.mark.parametrize(
    ("state_dict", "error", "text"),
    [
        (
            saved_by(lambda ps: torch.optim.Adam(ps)),
            ValueError,
            "has no b1, b2, eps_root, mu_dtype, nesterov in",
        ),
        (saved_by(lambda ps: Optax(ps, optax.adam(0.1))), ValueError, "has no lr, b1, b2"),
        (without(ADAM, "param_groups", 0, "eps"), ValueError, "has no eps in parameter group 0"),
        (without(ADAM, "state", 0, "0.count"), ValueError, r"has the state \['0.mu', '0.nu'\] where"),
        (
            without(ADAM, "state", 2, "0.nu"),
            ValueError,
            r"has the state \['0.mu'\] where .* has \['0.mu', '0.nu'\]",
        ),
        (without(ADAM, "state", 0), ValueError, r"has the state \[\] where .* has \['0.count'\]"),
        (
            with_mean(torch.zeros(6)),
            ValueError,
            r"has the shape \[6\] for '0.mu' of parameter 1, which has \[5\]",
        ),
        (with_mean(3.0), ValueError, "has a float for '0.mu' of parameter 1"),
        (
            saved_by(lambda ps: Optax([{"params": ps[:1]}, {"params": ps[1:]}], optax.adam, lr=0.1)),
            ValueError,
            "different number of parameter groups",
        ),
        (
            saved_by(lambda ps: Optax(ps[:2], optax.adam, lr=0.1)),
            ValueError,
            "parameter group that doesn't match the size",
        ),
        ({}, KeyError, "param_groups"),
    ],
)
def test_a_checkpoint_of_something_else(state_dict, error, text):
    params = parameters()
    optimizer = Optax(params, optax.adam, lr=0.2)
    stepped(optimizer, params, 2)
    before = contents(optimizer)
    with pytest.raises(error, match=text):
        optimizer.load_state_dict(state_dict)
    assert contents(optimizer) == before
    stepped(optimizer, params)
    assert optimizer.state[params[0]]["0.count"].item() == 3
