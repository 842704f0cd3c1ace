"""`torchlike plugins list`."""

import pytest

from torchlike import plugin
from torchlike.cli import main
from torchlike.plugin.testing import isolated

from .installed import command, json_of

KEYS = {
    "name",
    "version",
    "distribution",
    "target",
    "early",
    "state",
    "reason",
    "api",
    "registers",
    "overrides",
}


@pytest.fixture(scope="module")
def listed(site):
    return json_of(command(site, "list", "--json"))["plugins"]


def test_the_keys(listed):
    assert all(p.keys() == KEYS for p in listed)


def test_what_is_built_in_comes_first(listed):
    assert [p["name"] for p in listed[:3]] == [
        f"torchlike.builtin.{k}" for k in ("operators", "layers", "optimizers")
    ]
    assert "aten::relu" in listed[0]["registers"]["operator"]
    assert "nn.Linear" in listed[1]["registers"]["layer"]
    assert {"optim.Adam", "optim.AdamW", "optim.SGD"} <= set(listed[2]["registers"]["optimizer"])


def test_what_works_and_what_does_not(listed):
    by_name = {p["name"]: p for p in listed[3:]}
    good = by_name["good"]
    assert (good["distribution"], good["version"], good["state"], good["api"]) == (
        "good-plugin",
        "1.0",
        "loaded",
        [1, 1],
    )
    assert good["registers"] == {
        "operator": ["good::cube", "good::cube_"],
        "layer": ["good.Scale"],
        "optimizer": ["good.Descent"],
        "kernel": [],
    }
    failed = by_name["raises_halfway"]
    assert (failed["state"], failed["registers"]) == ("failed", None)
    assert failed["reason"] == "RuntimeError: half of the names are registered"


def test_overrides(listed):
    (found,) = [p for p in listed if p["overrides"]]
    assert found["name"] == "overrides_built_in" and found["early"]
    assert found["overrides"] == [
        {"kind": "operator", "name": "aten::erf"},
        {"kind": "layer", "name": "nn.Identity"},
    ]


def test_the_table(site):
    done = command(site, "list")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "torchlike.builtin.operators" in lines[3] and lines[3].split()[-1] == "operators"
    (line,) = [line for line in lines if line.strip().startswith("good ")]
    assert line.split()[1:4] == ["1.0", "good-plugin", "loaded"]
    assert "failed: RuntimeError: half of the names are registered" in done.stdout
    assert "layer nn.Identity" in done.stdout
    assert "`torchlike plugins check` shows where those that failed did." in done.stdout


def test_without_loading(site):
    found = json_of(command(site, "list", "--no-load", "--json"))["plugins"][3:]
    assert {p["name"]: p["state"] for p in found if p["early"]} == {"overrides_built_in": "loaded"}
    rest = [p for p in found if not p["early"]]
    assert {p["state"] for p in rest} == {"not loaded"} and all(p["registers"] is None for p in rest)


def test_the_variables_hold(site):
    done = command(site, "list", "--json", TORCHLIKE_DISABLE_PLUGINS="good", TORCHLIKE_TRACE_PLUGINS="1")
    good = next(p for p in json_of(done)["plugins"] if p["name"] == "good")
    assert (good["state"], good["reason"]) == ("disabled", "named in TORCHLIKE_DISABLE_PLUGINS")
    assert "plugin 'clash_one' (clash-one 1.0) loaded" in done.stderr
    only = json_of(command(site, "list", "--json", TORCHLIKE_PLUGINS="good-plugin"))["plugins"][3:]
    assert [p["name"] for p in only if p["state"] == "loaded"] == ["good"]


def test_what_a_plugin_prints_is_no_part_of_the_answer(capsys):
    class Loud:
        @plugin.hookimpl
        def torchlike_register_ops(self, register):
            print("hello")

    with isolated(Loud(), load=False):
        assert main(["plugins", "list", "--json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("{") and err == "hello\n"
