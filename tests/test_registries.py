"""Registries: who has a name, and what happens where several claim it."""

import pytest

from torchlike.registries import Claim, NameClash, Namespaces, Registry, registries


@pytest.fixture
def registry():
    made = Registry("thing", "own", ".", {"a": 1})
    yield made
    del registries["thing"]


def test_what_is_built_in_is_found_with_and_without_its_namespace(registry):
    assert registry.find("a") == registry.find("own.a") == 1
    assert registry.winner("a").owner == "torchlike.builtin.things"


def test_nobody_provides_it(registry):
    with pytest.raises(KeyError, match="mine.b"):
        registry.find("mine.b")


def test_two_plugins_that_claim_a_name_are_both_named(registry):
    registry.add(
        [Claim("mine.b", 2, "plugin 'p' (dist-p 1.0)"), Claim("mine.c", 5, "plugin 'p' (dist-p 1.0)")]
    )
    registry.add([Claim("mine.b", 3, "plugin 'q' (dist-q 2.0)")])
    text = r"thing 'mine.b' is claimed by plugin 'p' \(dist-p 1.0\) and by plugin 'q' \(dist-q 2.0\)"
    with pytest.raises(NameClash, match=text):
        registry.find("mine.b")
    assert registry.find("mine.c") == 5
    assert registry.standing("mine.b") is None


def test_a_built_in_name_is_not_taken_without_saying_so(registry):
    heard = []
    registry.on_change.append(lambda name: heard.append((name, registry.standing(name))))
    claim = Claim("own.a", 2, "plugin 'p'")
    registry.add([claim])
    with pytest.raises(NameClash, match="claimed by torchlike.builtin.things and by plugin 'p'"):
        registry.find("a")
    registry.remove([claim])
    assert registry.find("a") == 1
    assert heard == [("own.a", None), ("own.a", None)]


def test_an_override_has_the_name_until_it_goes(registry):
    heard = []
    registry.on_change.append(lambda name: heard.append(registry.standing(name)))
    claim = Claim("own.a", 2, "plugin 'p'", override=True)
    registry.add([claim])
    assert registry.find("a") == 2
    registry.remove([claim])
    assert registry.find("a") == 1
    assert heard == [2, None]


def test_two_overrides_clash(registry):
    registry.add([Claim("own.a", 2, "plugin 'p'", True), Claim("own.a", 3, "plugin 'q'", True)])
    with pytest.raises(NameClash, match="'p' and by plugin 'q'"):
        registry.find("own.a")


def test_a_block_without_claims(registry):
    registry.add([Claim("mine.b", 2, "plugin 'p'"), Claim("own.a", 7, "plugin 'p'", override=True)])
    with registry.empty():
        assert registry.find("a") == 1
        assert registry.winner("mine.b") is None
        registry.add([Claim("mine.c", 3, "plugin 'q'")])
        assert registry.find("mine.c") == 3
    assert registry.find("a") == 7
    assert registry.find("mine.b") == 2
    assert registry.winner("mine.c") is None


def test_namespaces_as_attributes(registry):
    registry.add([Claim("mine.b", 2, "plugin 'p'")])
    things = Namespaces(registry, "torchlike.things")
    assert things.mine.b == 2
    assert things.own.a == 1
    assert dir(things) == ["mine", "own"]
    assert dir(things.mine) == ["b"]
    with pytest.raises(AttributeError, match="no plugin provides the thing 'torchlike.things.mine.c'"):
        _ = things.mine.c
    with pytest.raises(AttributeError, match="no plugin provides things under 'torchlike.things.yours'"):
        _ = things.yours
