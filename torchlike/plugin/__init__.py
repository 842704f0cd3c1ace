"""Plugins: operators, layers and optimizers that come as installable packages.

    from torchlike.plugin import Info, hookimpl

    @hookimpl
    def torchlike_info():
        return Info("mine", "1.0", api=(1, 1))

    @hookimpl
    def torchlike_register_ops(register):
        @register.op("mine::twice(Tensor x) -> Tensor")
        def twice(x):
            return 2 * x

See docs/plugins/tutorial.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torchlike.operators.declaration import Guard, View
from torchlike.plugin.hookspecs import hookimpl
from torchlike.plugin.host import Host, Plugin, PluginError, PluginWarning
from torchlike.plugin.register import API, Info, Register
from torchlike.registries import Claim, NameClash, load_early

__all__ = [
    "API",
    "Claim",
    "Guard",
    "Info",
    "NameClash",
    "Plugin",
    "PluginError",
    "PluginWarning",
    "Register",
    "View",
    "hookimpl",
    "load",
    "plugins",
]

_host = Host()


def plugins() -> list[Plugin]:
    """Every installed plugin, loaded or not.

    Example:
        >>> from torchlike import plugin
        >>> all(p.state in ("not loaded", "loaded", "failed", "disabled") for p in plugin.plugins())
        True
    """
    return _host.plugins()


def load(early: bool = False, reason: str = "torchlike.plugin.load()") -> None:
    """Load every plugin that is installed and allowed, unless that has been done.

    A plugin is loaded when a plugin's name is first asked for, so a program need not call this.

    Args:
        early: load only those that ask to be loaded early.
        reason: what needs them, for `TORCHLIKE_TRACE_PLUGINS`.
    """
    _host.load(early, reason)


@contextmanager
def hosted_by(host: Host) -> Iterator[None]:
    """Have another host in place of this process's for the length of a `with` block."""
    global _host
    before, _host = _host, host
    try:
        yield
    finally:
        _host = before


load_early("torchlike.plugin")
