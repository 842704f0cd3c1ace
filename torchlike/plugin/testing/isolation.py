"""Plugins for the length of a `with` block: only some of them, or some more."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from torchlike import plugin as plugins
from torchlike.plugin.host import Host, Plugin, PluginError, ask, is_called
from torchlike.plugin.register import Register
from torchlike.plugin_metadata import Found, installed
from torchlike.registries import load_early, registries

__all__ = ["alone", "called", "isolated", "registered"]


@contextmanager
def isolated(*given: Any, environ: Mapping[str, str] | None = None, load: bool = True) -> Iterator[Host]:
    """See only the given plugins for the length of a `with` block.

    All other plugins, and the operators of `torchlike.library`, are hidden meanwhile and are back behind the block. The
    block holds for the whole process, so no other thread should use plugins meanwhile.

    Args:
        given: modules or objects with hooks; or names, of the entry point or the distribution, of installed plugins.
        environ: the variables `TORCHLIKE_PLUGINS` and the like, none by default, whatever the process has.
        load: load them at once. Else they are loaded, as installed ones are, when a plugin's name is first asked for.

    Returns:
        The host, whose `plugins()` are these; a plugin that fails to load says why in its `reason` and `traceback`.

    Raises:
        PluginError: no installed plugin has a name that was given.

    Example:
        >>> import torchlike as torch
        >>> from torchlike.plugin import hookimpl, testing
        >>> class Mine:
        ...     @hookimpl
        ...     def torchlike_register_ops(self, register):
        ...         @register.op("mine::twice(Tensor x) -> Tensor")
        ...         def twice(x):
        ...             return 2 * x
        >>> with testing.isolated(Mine()) as host:
        ...     [p.state for p in host.plugins()], torch.ops.mine.twice(torch.ones(2))
        (['loaded'], tensor([2., 2.]))
    """
    found: list[Found] = []
    for x in given:
        found += _installed(x) if isinstance(x, str) else [_found(x, {f.name for f in found})]
    # What installed plugins do early is not to happen in the block.
    load_early("torchlike.plugin.testing.isolated()")
    host = Host(lambda: found, environ or {})
    with alone(host):
        if load:
            host.load(reason="torchlike.plugin.testing.isolated()")
        yield host


@contextmanager
def alone(host: Host) -> Iterator[None]:
    """See only what a host's plugins have registered so far for the length of a `with` block."""
    with ExitStack() as stack:
        for registry in registries.values():
            stack.enter_context(registry.empty())
        stack.enter_context(plugins.hosted_by(host))
        for made in [r for p in host.plugins() for r in p.registrations]:
            registries[made.kind].add([made.claim])
        yield


@contextmanager
def registered(given: Any, name: str | None = None) -> Iterator[Plugin]:
    """Register a plugin, beside those that are installed, for the length of a `with` block.

    Args:
        given: a module or an object with hooks, or a function that takes `register`.
        name: what the plugin is called in errors; that of the module or the function by default.

    Returns:
        The plugin, with what it registered.

    Raises:
        PluginError: it has no hooks, or wrong ones.
        Exception: what the plugin raises. Nothing is registered then.

    Example:
        >>> import torchlike as torch
        >>> from torchlike.plugin import testing
        >>> def mine(register):
        ...     @register.op("mine::twice(Tensor x) -> Tensor")
        ...     def twice(x):
        ...         return 2 * x
        >>> with testing.registered(mine):
        ...     torch.ops.mine.twice(torch.ones(2))
        tensor([2., 2.])
    """
    plugin = Plugin(name or called(given), "", "", repr(given), early=True)
    register = Register(plugin)
    if inspect.isroutine(given):
        given(register)
    else:
        ask(plugin, given, register)
    try:
        register.commit()
        plugin.state, plugin.registrations = "loaded", register.made
        yield plugin
    finally:
        register.withdraw()


def called(given: Any) -> str:
    """A module's, a function's or a class's name; the class's for another object."""
    return getattr(given, "__name__", None) or type(given).__name__


class _EntryPoint:
    """In an entry point's place, for a plugin that is at hand."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def load(self) -> Any:
        return self._given


def _found(given: Any, taken: set[str]) -> Found:
    own = name = called(given)
    while name in taken:
        name = f"{own}-{len(taken) + 1}"
    return Found(name, repr(given), "", "", True, _EntryPoint(given))


def _installed(name: str) -> list[Found]:
    found = [f for f in installed() if is_called(f, name)]
    if not found:
        raise PluginError(f"no installed plugin or distribution is called '{name}'")
    return found
