"""The plugin host: finds plugins, loads them apart from one another, and remembers what became of each."""

from __future__ import annotations

import inspect
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import pluggy

from torchlike.errors import warn
from torchlike.plugin import hookspecs
from torchlike.plugin.hookspecs import HOOKS
from torchlike.plugin.register import API, Info, Register, Registration
from torchlike.plugin_metadata import Found, installed, normalized

__all__ = ["Host", "Plugin", "PluginError", "PluginWarning", "ask", "is_called"]


class PluginError(RuntimeError):
    """A plugin that cannot be used; it contributes nothing."""


class PluginWarning(UserWarning):
    """Given when a plugin fails to load."""


@dataclass(eq=False)
class Plugin:
    """An installed plugin.

    Attributes:
        name: of the entry point.
        distribution: what was installed; "" for a plugin that a program registered itself.
        version: of the distribution.
        target: what is imported.
        early: whether it is loaded before anything that is built in is used.
        state: "not loaded", "loaded", "failed" or "disabled".
        reason: why it is disabled, or failed, in a line.
        traceback: of the failure.
        info: what it says of itself.
        registrations: what it registered.
    """

    name: str
    distribution: str
    version: str
    target: str
    early: bool = False
    state: str = "not loaded"
    reason: str = ""
    traceback: str = ""
    info: Info | None = None
    registrations: list[Registration] = field(default_factory=list)

    def __str__(self) -> str:
        return f"plugin '{self.name}'" + (
            f" ({self.distribution} {self.version})" if self.distribution else ""
        )


class Host:
    """All plugins of a process.

    Args:
        discover: gives the installed plugins.
        environ: `TORCHLIKE_PLUGINS` (a comma-separated list of distributions or entry points: only these are allowed),
            `TORCHLIKE_DISABLE_PLUGINS` (these are not) and `TORCHLIKE_TRACE_PLUGINS` (`1` prints what is loaded when)
            are read from it.
    """

    def __init__(
        self,
        discover: Callable[[], Iterable[Found]] = installed,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._discover = discover
        self._environ = environ
        self._found: dict[Plugin, Found] | None = None
        self._lock = threading.RLock()
        self._loading = False
        self._all_loaded = False
        # Those that share a name: known before anything is loaded, told when something is.
        self._to_warn_of: list[Plugin] = []

    def plugins(self) -> list[Plugin]:
        """Every installed plugin, whether or not it was loaded."""
        with self._lock:
            if self._found is None:
                found = list(self._discover())
                self._found = {Plugin(f.name, f.distribution, f.version, f.target, f.early): f for f in found}
                self._leave_out(self._found)
            return list(self._found)

    def load(self, early: bool = False, reason: str = "a request") -> None:
        """Load every plugin that has not been.

        Args:
            early: load only those that ask to be early.
            reason: what needs them.
        """
        with self._lock:
            if self._all_loaded or self._loading:
                return
            self._loading = True
            try:
                for plugin in self.plugins():
                    if plugin.state == "not loaded" and (plugin.early or not early):
                        self._load(plugin, reason)
                while self._to_warn_of and not early:
                    _warn_of(self._to_warn_of.pop(0))
                self._all_loaded = not early
            finally:
                self._loading = False

    def _leave_out(self, plugins: Iterable[Plugin]) -> None:
        """Disable what the variables do not allow, and what shares a name with another."""
        allowed = _names(self._environ.get("TORCHLIKE_PLUGINS"))
        blocked = _names(self._environ.get("TORCHLIKE_DISABLE_PLUGINS")) or set()
        by_name: dict[str, list[Plugin]] = {}
        for plugin in plugins:
            called = {normalized(plugin.name), normalized(plugin.distribution)}
            if called & blocked:
                plugin.state, plugin.reason = "disabled", "named in TORCHLIKE_DISABLE_PLUGINS"
            elif allowed is not None and not called & allowed:
                plugin.state, plugin.reason = "disabled", "not named in TORCHLIKE_PLUGINS"
            else:
                by_name.setdefault(plugin.name, []).append(plugin)
        for name, alike in by_name.items():
            if len(alike) > 1:
                both = " and ".join(f"{p.distribution} {p.version} ({p.target})" for p in alike)
                for plugin in alike:
                    error = PluginError(f"the entry point '{name}' is in more than one distribution: {both}")
                    error.add_note("Uninstall one of them, or leave one out with TORCHLIKE_DISABLE_PLUGINS.")
                    _fail(plugin, error)
                    self._to_warn_of.append(plugin)

    def _load(self, plugin: Plugin, reason: str) -> None:
        assert self._found is not None
        began = time.perf_counter()
        register = Register(plugin)
        try:
            ask(plugin, self._found[plugin].entry_point.load(), register)
            register.commit()
        except (Exception, SystemExit) as error:
            _fail(plugin, error)
            _warn_of(plugin)
        else:
            plugin.state = "loaded"
            plugin.registrations = register.made
        if self._environ.get("TORCHLIKE_TRACE_PLUGINS") == "1":
            names = ", ".join(r.claim.name for r in plugin.registrations) or "nothing"
            took = (time.perf_counter() - began) * 1e3
            print(
                f"torchlike: {plugin} {plugin.state} in {took:.0f} ms, wanted by {reason}, registers {names}",
                file=sys.stderr,
            )


def _fail(plugin: Plugin, error: BaseException) -> None:
    plugin.state = "failed"
    plugin.reason = f"{type(error).__name__}: {error}"
    plugin.traceback = "".join(traceback.format_exception(error))


def _warn_of(plugin: Plugin) -> None:
    warn(
        f"{plugin} failed to load and contributes nothing: {plugin.reason}\n\n{plugin.traceback}",
        PluginWarning,
    )


def ask(plugin: Plugin, module: Any, register: Register) -> None:
    """Call a plugin's hooks, with a pluggy manager of its own, so that no other plugin can be in its way."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    _check_hooks(manager, module)
    manager.register(module, plugin.name)
    info = manager.hook.torchlike_info()
    if info is not None:
        plugin.info = _checked(info)
        first, last = info.api
        if not first <= API <= last:
            raise PluginError(
                f"it was written for versions {first} to {last} of torchlike's plugin interface; this is {API}"
            )
    for hook in HOOKS[1:]:
        getattr(manager.hook, hook)(register=register)


def _check_hooks(manager: pluggy.PluginManager, module: Any) -> None:
    """Refuse what pluggy would silently pass over: hooks that there are not, and hooks without their mark."""
    marked = [name for name in dir(module) if manager.parse_hookimpl_opts(module, name) is not None]
    for name in marked:
        if name not in HOOKS:
            near = get_close_matches(name, HOOKS, 1)
            meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(HOOKS)}"
            raise PluginError(f"there is no hook {name}{meant}")
    for name in dir(module):
        if name in HOOKS and name not in marked and callable(getattr(module, name)):
            raise PluginError(f"{name} is not marked with torchlike.plugin.hookimpl")
    if not marked:
        raise PluginError(f"{_shown(module)} has none of the hooks {', '.join(HOOKS)}")


def _checked(info: Any) -> Info:
    if not isinstance(info, Info):
        raise PluginError(f"torchlike_info gives {type(info).__name__}, not a torchlike.plugin.Info")
    api = info.api
    if not (isinstance(api, tuple) and len(api) == 2 and all(isinstance(v, int) for v in api)):
        raise PluginError(f"torchlike_info gives api={api!r}, not the first and the last version")
    return info


def _shown(module: Any) -> str:
    return module.__name__ if inspect.ismodule(module) else repr(module)


def is_called(plugin: Plugin | Found, name: str) -> bool:
    """Whether this is the name of the plugin's entry point or of its distribution."""
    return normalized(name) in (normalized(plugin.name), normalized(plugin.distribution))


def _names(text: str | None) -> set[str] | None:
    return None if text is None else {normalized(part) for part in text.split(",") if part.strip()}
