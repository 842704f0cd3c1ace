"""Which plugins are installed, by the metadata of their distributions; nothing of theirs is imported here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, distributions
from typing import Any, Protocol

__all__ = ["EARLY", "GROUP", "Found", "asks_to_be_early", "installed", "normalized"]

# The entry-point groups: of all plugins, and of those that are loaded before anything that is built in is used.
GROUP = "torchlike"
EARLY = "torchlike.early"


class Loadable(Protocol):
    """An entry point, or what does as one."""

    def load(self) -> Any: ...


@dataclass(frozen=True)
class Found:
    """A plugin that a distribution names.

    Attributes:
        name: the entry point's.
        target: what to import, `package.module` or `package.module:object`.
        distribution: the name of the package that was installed.
        version: its version.
        early: whether it asks to be loaded early.
        entry_point: loads it.
    """

    name: str
    target: str
    distribution: str
    version: str
    early: bool
    entry_point: Loadable


def installed() -> list[Found]:
    """The plugins of every installed distribution, by name and distribution.

    Python's own `entry_points` would leave out the second distribution with an entry point of the same name.
    """
    found = [plugin for d in _naming_plugins() for plugin in _plugins_of(d)]
    return sorted(found, key=lambda f: (f.name, f.distribution))


def normalized(name: str) -> str:
    """A distribution's name as pip compares it: `My_Plugin` and `my-plugin` are one."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def asks_to_be_early() -> bool:
    """Whether any plugin may ask to be loaded early; quick, and wrong about distributions that others shadow."""
    return next(_with_group(EARLY), None) is not None


def _with_group(group: str) -> Iterator[Distribution]:
    for candidate in distributions():
        text = candidate.read_text("entry_points.txt")
        if text is not None and f"[{group}" in text.replace(" ", ""):
            yield candidate


def _naming_plugins() -> Iterator[Distribution]:
    seen: set[str] = set()
    # Reading the rest of the metadata takes several times as long, so only where it is needed.
    for candidate in _with_group(GROUP):
        name = candidate.metadata["Name"]
        if name is None or normalized(name) in seen:
            continue
        seen.add(normalized(name))
        try:
            # The one that Python would import, where there are several on its path.
            yield distribution(name)
        except PackageNotFoundError:
            continue


def _plugins_of(d: Distribution) -> Iterator[Found]:
    named: dict[tuple[str, str], EntryPoint] = {}
    early: set[tuple[str, str]] = set()
    for point in d.entry_points:
        if point.group in (GROUP, EARLY):
            key = (point.name, point.value)
            named.setdefault(key, point)
            if point.group == EARLY:
                early.add(key)
    for key, point in named.items():
        yield Found(point.name, point.value, d.metadata["Name"], d.version, key in early, point)
