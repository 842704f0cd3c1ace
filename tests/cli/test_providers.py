"""`torchlike plugins why`."""

import json

import pytest

import torchlike as torch
from torchlike.cli import main
from torchlike.plugin.testing import isolated

from ..plugin.testing.plugins import Mine
from .installed import command, json_of


class Scale(torch.nn.Module):
    pass


class Descent(torch.optim.SGD):
    pass


def registering(register):
    register.op("mine::swish(Tensor x) -> Tensor")(lambda x: x)
    register.op("mine::swish.scaled(Tensor x, float by) -> Tensor")(lambda x, by: x * by)
    register.op("mine::contested(Tensor x) -> Tensor")(lambda x: x)
    register.op("aten::erf(Tensor self) -> Tensor", override=True)(lambda x: x)
    register.kernel("aten::gelu", platform="gpu")(lambda x, approximate: x)
    register.layer("mine", Scale)
    register.layer("nn", Scale, name="Identity", override=True)
    register.optimizer("mine", Descent)


def contesting(register):
    register.op("mine::contested(Tensor x) -> Tensor")(lambda x: x)


@pytest.fixture(scope="module")
def plugins():
    with isolated(Mine(registering), Mine(contesting)):
        yield


def asked(capsys, name):
    status = main(["plugins", "why", name, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mine::swish", ["operator mine::swish", "operator mine::swish.scaled"]),
        ("mine::swish.scaled", ["operator mine::swish.scaled"]),
        ("torch.ops.mine.swish", ["operator mine::swish", "operator mine::swish.scaled"]),
        ("torchlike.ops.mine.swish.default", ["operator mine::swish"]),
        ("torch.ops.aten.relu", ["operator aten::relu"]),
        ("gelu", ["operator aten::gelu"]),
        ("torch.nn.functional.gelu", ["operator aten::gelu"]),
        ("F.gelu", ["operator aten::gelu"]),
        ("Tensor.sigmoid", ["operator aten::sigmoid"]),
        ("torch.sigmoid", ["operator aten::sigmoid"]),
        ("nn.Linear", ["layer nn.Linear"]),
        ("torch.nn.Linear", ["layer nn.Linear"]),
        ("Linear", ["layer nn.Linear"]),
        ("mine.Scale", ["layer mine.Scale"]),
        ("torch.nn.plugins.mine.Scale", ["layer mine.Scale"]),
        ("Scale", ["layer mine.Scale"]),
        ("optim.SGD", ["optimizer optim.SGD"]),
        ("torchlike.optim.plugins.mine.Descent", ["optimizer mine.Descent"]),
        ("aten::gelu@gpu", ["kernel aten::gelu@gpu"]),
    ],
)
def test_what_a_name_may_mean(plugins, capsys, name, expected):
    status, answer = asked(capsys, name)
    assert [f"{f['kind']} {f['name']}" for f in answer["found"]] == expected
    assert status == 0 and answer["near"] == []


def test_the_keys(plugins, capsys):
    answer = asked(capsys, "gelu")[1]
    assert answer.keys() == {"name", "found", "near", "failed"}
    (found,) = answer["found"]
    assert found.keys() == {"kind", "name", "provider", "overrides", "clash", "claims", "kernels"}
    assert found["claims"][0].keys() == {"provider", "distribution", "version", "override"}
    assert [k["name"] for k in found["kernels"]] == ["aten::gelu@gpu"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.Scale", "layer mine.Scale: plugin 'Mine'\n"),
        ("optim.Adam", "optimizer optim.Adam: torchlike.builtin.optimizers\n"),
        ("nn.Identity", "layer nn.Identity: plugin 'Mine', overrides torchlike.builtin.layers\n"),
        ("aten::erf", "operator aten::erf: plugin 'Mine', overrides torchlike.builtin.operators\n"),
        ("contested", "operator mine::contested: CLASH: claimed by plugin 'Mine' and by plugin 'Mine-2'\n"),
        ("gelu", "operator aten::gelu: torchlike.builtin.operators\n  kernel on gpu: plugin 'Mine'\n"),
    ],
)
def test_what_people_see(plugins, capsys, name, text):
    assert main(["plugins", "why", name]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("nn.Linaer", "nn.Linear"),
        ("mine::swisch", "mine::swish"),
        ("Scael", "mine.Scale"),
        ("optim.Adm", "optim.Adam"),
    ],
)
def test_nobody_provides_it(plugins, capsys, name, near):
    status, answer = asked(capsys, name)
    assert status == 1 and answer["found"] == []
    assert near in answer["near"]
    assert main(["plugins", "why", name]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"nobody provides an operator, a layer or an optimizer called '{name}'\nnear: ")


def test_plugins_that_failed_might_have_it(site):
    done = command(site, "why", "halfway::first")
    assert done.returncode == 1
    assert (
        "plugin 'raises_halfway' (raises-halfway 1.0) failed to load; what it would bring is not known"
        in done.stdout
    )


def test_the_distribution_of_an_installed_one(site):
    (found,) = json_of(command(site, "why", "good::cube", "--json"))["found"]
    assert found["provider"] == "plugin 'good' (good-plugin 1.0)"
    assert found["claims"] == [
        {"provider": found["provider"], "distribution": "good-plugin", "version": "1.0", "override": False}
    ]
