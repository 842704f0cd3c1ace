"""`torchlike plugins check`."""

import json

import pytest

from torchlike.cli import main
from torchlike.plugin.testing import isolated

from .installed import command, json_of


@pytest.fixture(scope="module")
def checked(site):
    return json_of(command(site, "check", "--json"), status=1)


def failures(checked, name):
    (found,) = [p for p in checked["plugins"] if p["name"] == name]
    return {c["name"]: c for c in found["checks"] if c["outcome"] == "failed"}


def test_the_keys(checked):
    assert checked.keys() == {"passed", "plugins", "clashes"}
    assert all(c.keys() == {"kind", "name", "providers"} for c in checked["clashes"])
    for p in checked["plugins"]:
        assert p.keys() > {"name", "version", "distribution", "state", "overrides", "checks"}
        assert all(c.keys() == {"name", "outcome", "message", "traceback"} for c in p["checks"])


def test_what_failed_to_load_is_told_with_its_traceback(checked):
    (found,) = failures(checked, "raises_halfway").values()
    assert found["name"] == "raises_halfway: loading"
    assert found["message"] == "RuntimeError: half of the names are registered"
    assert "Traceback" in found["traceback"] and "raises_halfway.py" in found["traceback"]


def test_a_clash_is_told_once_for_all(checked):
    assert checked["clashes"] == [
        {
            "kind": "operator",
            "name": "clash::same",
            "providers": ["plugin 'clash_one' (clash-one 1.0)", "plugin 'clash_two' (clash-two 1.0)"],
        }
    ]
    assert "operator clash::same: name" in failures(checked, "clash_one")


def test_a_missing_info(checked):
    assert "has no hook torchlike_info" in failures(checked, "clash_one")["clash_one: info"]["message"]


def test_overrides_are_listed_and_checked(checked):
    (found,) = [p for p in checked["plugins"] if p["name"] == "overrides_built_in"]
    assert [o["name"] for o in found["overrides"]] == ["aten::erf", "nn.Identity"]
    assert "kernel aten::sigmoid@cpu: values" in failures(checked, "overrides_built_in")
    assert "overrides_built_in: early" not in failures(checked, "overrides_built_in")


def test_one_that_works_and_yet_fails_checks(site):
    answer = json_of(command(site, "check", "Good_Plugin", "--json"), status=1)
    assert {name: c["message"].partition(": ")[0] for name, c in failures(answer, "good").items()} == {
        "operator good::cube: schema": "operator 'good::cube' is not documented",
        "operator good::cube_: schema": "operator 'good::cube_' is not documented",
        "optimizer good.Descent: closure": "optimizer 'good.Descent'",
    }
    assert not answer["passed"] and answer["clashes"] == []


def test_what_people_see(site):
    done = command(site, "check", "raises-halfway")
    assert done.returncode == 1
    said = "FAILED: raises_halfway: loading (raises-halfway 1.0)\nRuntimeError: half of the names are registered\n"
    assert said in done.stdout
    assert "Traceback (most recent call last)" in done.stdout


def test_a_name_that_nobody_has(capsys):
    assert main(["plugins", "check", "nobody"]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", "torchlike: no installed plugin or distribution is called 'nobody'\n")
    assert main(["plugins", "check", "nobody", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"error": "no installed plugin or distribution is called 'nobody'"}


def test_one_that_is_disabled_does_not_pass_by_name(site):
    answer = json_of(command(site, "check", "good", "--json", TORCHLIKE_DISABLE_PLUGINS="good"), status=1)
    assert [c["outcome"] for c in answer["plugins"][0]["checks"]] == ["skipped"]


def test_no_plugins(capsys):
    with isolated():
        assert main(["plugins", "check"]) == 0
    assert capsys.readouterr().out == "no plugins are installed\n"
