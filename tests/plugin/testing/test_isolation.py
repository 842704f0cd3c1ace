"""`isolated` and `registered`: what is seen inside, and that nothing is left behind."""

import types

import pytest

import torchlike as torch
from torchlike import plugin
from torchlike.plugin import Info, NameClash, PluginError, PluginWarning, hookimpl
from torchlike.plugin.testing import isolated, registered


def ops(schema, fn, **options):
    """A plugin of one operator."""

    class Ops:
        @hookimpl
        def torchlike_register_ops(self, register):
            register.op(schema, **options)(fn)

    return Ops()


twice = ops("kit::twice(Tensor x) -> Tensor", lambda x: 2 * x)


def thrice(register):
    register.op("kit::thrice(Tensor x) -> Tensor")(lambda x: 3 * x)


def test_a_module_is_a_plugin():
    module = types.ModuleType("kit_module")
    module.torchlike_info = hookimpl(lambda: Info("kit", "1.0", api=(1, 1)))
    module.torchlike_register_ops = hookimpl(thrice, specname="torchlike_register_ops")
    with isolated(module) as host:
        (found,) = host.plugins()
        assert (found.name, found.state, found.info.name) == ("kit_module", "loaded", "kit")
        assert torch.ops.kit.thrice(torch.ones(2)).tolist() == [3, 3]


def test_only_the_given_plugins_are_seen_and_the_others_come_back():
    before = plugin.plugins()
    with registered(thrice):
        with isolated(twice) as host:
            assert plugin.plugins() == host.plugins() != before
            assert torch.ops.kit.twice(torch.ones(2)).tolist() == [2, 2]
            assert not hasattr(torch.ops.kit, "thrice")
        assert plugin.plugins() == before
        assert torch.ops.kit.thrice(torch.ones(2)).tolist() == [3, 3]
        assert not hasattr(torch.ops.kit, "twice")
    assert not hasattr(torch.ops.kit, "thrice")


def test_built_in_names_come_back():
    class Loud(torch.nn.ReLU):
        pass

    class Mine:
        @hookimpl
        def torchlike_register_layers(self, register):
            register.layer("nn", Loud, name="ReLU", override=True)

    override = ops("aten::erf(Tensor self) -> Tensor", lambda x: x + 100, override=True)
    own, x = torch.nn.ReLU, torch.ones(1)
    erf = torch.erf(x).item()
    with isolated(Mine(), override):
        assert torch.nn.ReLU is Loud
        assert torch.erf(x).item() == 101
    assert torch.nn.ReLU is own
    assert torch.erf(x).item() == erf


def test_nothing_is_loaded_before_it_is_asked_for():
    called = []

    class Mine:
        @hookimpl
        def torchlike_register_ops(self, register):
            called.append(register)
            thrice(register)

    with isolated(Mine(), load=False) as host:
        assert not called and host.plugins()[0].state == "not loaded"
        assert torch.ops.kit.thrice(torch.ones(1)).item() == 3
        assert len(called) == 1


def test_the_variables_are_the_given_ones(monkeypatch):
    monkeypatch.setenv("TORCHLIKE_PLUGINS", "")
    with isolated(twice) as host:
        name = host.plugins()[0].name
        assert host.plugins()[0].state == "loaded"
    with isolated(twice, environ={"TORCHLIKE_DISABLE_PLUGINS": name}) as host:
        assert host.plugins()[0].state == "disabled"
        assert not hasattr(torch.ops.kit, "twice")


def test_a_failing_plugin_is_told_of_and_its_neighbour_works():
    bad = ops("no schema", lambda x: x)
    with pytest.warns(PluginWarning, match="not a schema"), isolated(bad, twice) as host:
        assert [p.state for p in host.plugins()] == ["failed", "loaded"]
        assert "not a schema" in host.plugins()[0].traceback


def test_a_name_that_is_not_installed():
    with pytest.raises(PluginError, match="no installed plugin or distribution is called 'nobody'"):
        with isolated("nobody"):
            pass
    assert not hasattr(torch.ops.kit, "twice")


def test_an_exception_in_the_block_restores_too():
    with pytest.raises(ZeroDivisionError), isolated(twice):
        1 / 0  # noqa: B018
    assert not hasattr(torch.ops.kit, "twice")
    with pytest.raises(ZeroDivisionError), registered(twice):
        1 / 0  # noqa: B018
    assert not hasattr(torch.ops.kit, "twice")


def test_registered_gives_the_plugin():
    with registered(twice, name="mine") as known:
        assert str(known) == "plugin 'mine'"
        assert [r.claim.name for r in known.registrations] == ["kit::twice"]
        assert known.registrations[0].claim.owner is known


def test_registered_beside_a_claim_to_the_same_name():
    again = ops("kit::twice(Tensor x) -> Tensor", lambda x: x + x)
    with registered(twice, name="one"), registered(again, name="two"):
        with pytest.raises(NameClash, match="claimed by plugin 'one' and by plugin 'two'"):
            _ = torch.ops.kit.twice


def test_what_raises_halfway_registers_nothing():
    def halfway(register):
        thrice(register)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        with registered(halfway):
            pass
    assert not hasattr(torch.ops.kit, "thrice")


def test_registered_refuses_what_has_no_hooks():
    with pytest.raises(PluginError, match="has none of the hooks"):
        with registered(types.ModuleType("empty")):
            pass
