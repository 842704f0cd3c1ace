"""`checks` of a plugin as a whole."""

from unittest import SkipTest

import pytest

from torchlike import plugin
from torchlike.plugin import Info, PluginError, hookimpl
from torchlike.plugin.host import Plugin
from torchlike.plugin.testing import checks, isolated, registered
from torchlike.plugin.testing.checking import checks_of

from .plugins import Mine, operator, run, says


def twice(x):
    """Twice."""
    return 2 * x


TWICE = "kit::twice(Tensor x) -> Tensor"


def test_a_plugin_that_does_not_load():
    broken = operator("no schema", twice)
    assert [c.name for c in checks(broken)] == ["Mine: loading"]
    says(broken, "loading", "(?s)'Mine' does not load: ValueError: not a schema.*Traceback")


def test_a_plugin_that_does_not_say_who_it_is():
    class Unknown:
        @hookimpl
        def torchlike_register_ops(self, register):
            register.op(TWICE)(twice)

    says(Unknown(), "info", "has no hook torchlike_info")
    run(operator(TWICE, twice), "info")


def loaded(given, **about):
    """A plugin as it would be had it been installed, and its checks by name."""
    known = Plugin("mine", "mine-dist", "1.0", "mine", **about)
    known.info, known.state = Info("mine", "1.0", api=(1, 1)), "loaded"
    with registered(given) as made:
        known.registrations = made.registrations
    return {c.name: c for c in checks_of(known)}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (lambda r: r.kernel("aten::sigmoid", platform="cpu")(twice), "kernel 'aten::sigmoid@cpu'"),
        (
            lambda r: r.op("aten::erf(Tensor self) -> Tensor", override=True)(twice),
            "operator 'aten::erf'",
        ),
    ],
)
def test_what_changes_something_built_in_is_early(given, named):
    with pytest.raises(AssertionError, match=f"changes what is built in .{named}.*group torchlike.early too"):
        loaded(given)["mine: early"]()
    loaded(given, early=True)["mine: early"]()


def test_what_changes_nothing_built_in_need_not_be_early():
    def own(register):
        register.op(TWICE)(twice)
        register.kernel("kit::twice", platform="cpu")(twice)

    loaded(own)["mine: early"]()


def test_a_clash_fails_by_name_and_the_rest_is_skipped():
    with isolated(operator(TWICE, twice), operator(TWICE, twice)) as host:
        by_name = {c.name: c for c in checks_of(host.plugins()[0])}
        with pytest.raises(AssertionError, match="claimed by plugin 'Mine' and by plugin 'Mine-2'"):
            by_name["operator kit::twice: name"]()
        with pytest.raises(SkipTest, match="claimed by"):
            by_name["operator kit::twice: jit"]()


def test_an_overridden_name_fails():
    with isolated(operator(TWICE, twice), operator(TWICE, twice, override=True)) as host:
        by_name = {c.name: c for c in checks_of(host.plugins()[0])}
        with pytest.raises(AssertionError, match="is overridden by plugin 'Mine-2'"):
            by_name["operator kit::twice: name"]()


def test_a_disabled_plugin_is_skipped():
    mine = operator(TWICE, twice)
    with isolated(mine, environ={"TORCHLIKE_DISABLE_PLUGINS": "Mine"}) as host:
        (check,) = checks_of(host.plugins()[0])
        with pytest.raises(SkipTest, match="named in TORCHLIKE_DISABLE_PLUGINS"):
            check()


def test_hooks_run_once_and_nothing_stays():
    called = []

    def registering(register):
        called.append(register)
        register.op(TWICE)(twice)

    before = plugin.plugins()
    for check in checks(Mine(registering)):
        check()
    assert len(called) == 1
    assert plugin.plugins() == before


def test_a_name_that_is_not_installed():
    with pytest.raises(PluginError, match="no installed plugin or distribution is called 'nobody'"):
        checks("nobody")
