"""The host: what it warns of, and when."""

import warnings

from torchlike.plugin.host import Host
from torchlike.plugin_metadata import Found


class Broken:
    """An entry point whose module cannot be imported."""

    def load(self):
        raise ValueError("broken")


def warned(host, **how):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        host.load(**how)
    return [str(w.message).partition(" contributes")[0] for w in caught]


def test_a_plugin_that_fails_early_is_told_of_once():
    host = Host(lambda: [Found("one", "m", "one-dist", "1.0", True, Broken())], {})
    assert warned(host, early=True) == ["plugin 'one' (one-dist 1.0) failed to load and"]
    assert warned(host) == warned(host) == []


def test_plugins_that_share_a_name_are_told_of_when_plugins_are_needed():
    found = [Found("twin", "m", f"dist-{i}", "1.0", False, Broken()) for i in range(2)]
    host = Host(lambda: found, {})
    assert [p.state for p in host.plugins()] == ["failed", "failed"]
    assert warned(host, early=True) == []
    assert len(warned(host)) == 2
    assert warned(host) == []
