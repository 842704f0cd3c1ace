"""Registries: who provides which operator, layer, optimizer or kernel, and what a name means that several claim.

What is built in and what plugins bring come through the same registries. Plugins are found and loaded by
`torchlike.plugin`, on the highest floor; the floors below ask for them through `load_plugins` and `load_early`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from torchlike.errors import with_note

__all__ = [
    "Claim",
    "ModuleRegistry",
    "NameClash",
    "Namespace",
    "Namespaces",
    "Registry",
    "WHERE_TO_LOOK",
    "connect",
    "load_early",
    "load_plugins",
    "registries",
]

T = TypeVar("T")


class NameClash(RuntimeError):
    """A name that two plugins claim, or a plugin and torchlike itself, none saying that it overrides the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Claim(Generic[T]):
    """One provider's claim to a name.

    Attributes:
        name: with its namespace, `myns::swish` or `myns.Layer`.
        value: what is registered.
        owner: who claims it; `str(owner)` says so in errors.
        override: whether it is to stand in for what has that name already.
    """

    name: str
    value: T
    owner: Any
    override: bool = False


class Registry(Generic[T]):
    """The names of one kind of thing.

    Args:
        kind: "operator", "layer", ...
        namespace: the one of what is built in, "aten".
        separator: what stands between a namespace and a name.
        builtin: what is built in, by name without its namespace; may grow.

    Attributes:
        owner: who provides what is built in.
        on_change: functions that are called with each name whose claims changed.

    Example:
        >>> registry = Registry("layer", "nn", ".", {"Linear": 1})
        >>> registry.add([Claim("mine.Twice", 2, "plugin 'mine'")])
        >>> registry.find("nn.Linear"), registry.find("mine.Twice")
        (1, 2)
    """

    def __init__(
        self,
        kind: str,
        namespace: str,
        separator: str,
        builtin: Mapping[str, T],
    ) -> None:
        self.kind = kind
        self.namespace = namespace
        self.separator = separator
        self.builtin = builtin
        self.owner = f"torchlike.builtin.{kind}s"
        self.on_change: list[Callable[[str], None]] = []
        self._claims: dict[str, list[Claim[T]]] = {}
        registries[kind] = self

    def split(self, name: str) -> tuple[str, str]:
        """A name's namespace, that of what is built in where it has none, and the rest."""
        space, _, rest = name.rpartition(self.separator)
        return space or self.namespace, rest

    def is_builtin(self, name: str) -> bool:
        """Whether torchlike itself has something of this name."""
        space, rest = self.split(name)
        return space == self.namespace and rest in self.builtin

    def full(self, name: str) -> str:
        """The name with its namespace."""
        return self.separator.join(self.split(name))

    def claims(self, name: str) -> tuple[Claim[T], ...]:
        """Every claim to a name, what is built in first."""
        name = self.full(name)
        found = tuple(self._claims.get(name, ()))
        if self.is_builtin(name):
            return (Claim(name, self.builtin[self.split(name)[1]], self.owner), *found)
        return found

    def winner(self, name: str) -> Claim[T] | None:
        """The claim that a name stands for; None if nobody has it.

        Raises:
            NameClash: several claim it and it is not said which of them overrides the others.
        """
        claims = self.claims(name)
        ahead = [c for c in claims if c.override] or claims
        if len(ahead) > 1:
            owners = " and by ".join(str(c.owner) for c in ahead)
            error = NameClash(f"{self.kind} '{self.full(name)}' is claimed by {owners}")
            error.add_note(
                "Uninstall one of them, or leave one out with TORCHLIKE_DISABLE_PLUGINS. A plugin that means to "
                "replace what is there registers with override=True."
            )
            raise error
        return ahead[0] if ahead else None

    def standing(self, name: str) -> T | None:
        """A plugin's value that has a name; None where nobody has it, where it is contested or built in."""
        try:
            found = self.winner(name)
        except NameClash:
            return None
        return None if found is None or found.owner is self.owner else found.value

    def find(self, name: str) -> T:
        """What has a name.

        Raises:
            KeyError: nobody provides it.
            NameClash: see `winner`.
        """
        found = self.winner(name)
        if found is None:
            raise KeyError(name)
        return found.value

    def add(self, claims: Iterable[Claim[T]]) -> None:
        """Enter claims."""
        added = list(claims)
        for claim in added:
            self._claims.setdefault(claim.name, []).append(claim)
        self._announce(added)

    def remove(self, claims: Iterable[Claim[T]]) -> None:
        """Take claims back."""
        removed = list(claims)
        for claim in removed:
            left = [c for c in self._claims.get(claim.name, ()) if c is not claim]
            if left:
                self._claims[claim.name] = left
            else:
                self._claims.pop(claim.name, None)
        self._announce(removed)

    def claimed(self) -> tuple[Claim[T], ...]:
        """Every claim of a plugin's, in order of arrival."""
        return tuple(c for claims in self._claims.values() for c in claims)

    def members(self, namespace: str) -> list[str]:
        """The names of a namespace, without it."""
        mine = [rest for space, rest in map(self.split, self._claims) if space == namespace]
        return sorted({*mine, *(self.builtin if namespace == self.namespace else ())})

    def namespaces(self) -> list[str]:
        """The namespaces that hold anything."""
        return sorted({self.namespace, *(self.split(name)[0] for name in self._claims)})

    @contextmanager
    def empty(self) -> Iterator[None]:
        """Without any claim for the length of a `with` block."""
        kept = self._claims
        self._claims = {}
        self._announce(c for claims in kept.values() for c in claims)
        try:
            yield
        finally:
            here, self._claims = self._claims, kept
            self._announce(c for claims in (*here.values(), *kept.values()) for c in claims)

    def _announce(self, claims: Iterable[Claim[T]]) -> None:
        for name in dict.fromkeys(c.name for c in claims):
            for told in self.on_change:
                told(name)


class ModuleRegistry(Registry[type]):
    """A registry whose built-in classes are those of a module, where an override takes their place.

    Args:
        kind: see `Registry`.
        module: the module's names, what is public among them under `__all__`.
        base: what all the classes derive from.
    """

    def __init__(self, kind: str, module: dict[str, Any], base: type) -> None:
        public = {name: module[name] for name in module["__all__"]}
        classes = {
            n: c for n, c in public.items() if isinstance(c, type) and issubclass(c, base) and c is not base
        }
        super().__init__(kind, module["__name__"].rpartition(".")[2], ".", classes)
        self._module = module
        self.on_change.append(self._put)

    def _put(self, name: str) -> None:
        if self.is_builtin(name):
            own = self.split(name)[1]
            self._module[own] = self.standing(name) or self.builtin[own]


class Namespaces:
    """A registry as attributes: `torchlike.nn.plugins.mine.Layer`. Plugins are loaded when the first is asked for.

    Args:
        registry: the registry.
        path: where users find it, "torchlike.nn.plugins".
    """

    def __init__(self, registry: Registry, path: str) -> None:
        self._registry = registry
        self._path = path

    def __getattr__(self, name: str) -> Namespace:
        if name.startswith("__"):
            raise AttributeError(name)
        load_plugins(f"{self._path}.{name}")
        if name not in self._registry.namespaces():
            error = AttributeError(f"no plugin provides {self._registry.kind}s under '{self._path}.{name}'")
            raise with_note(error, WHERE_TO_LOOK)
        return Namespace(self._registry, self._path, name)

    def __dir__(self) -> list[str]:
        load_plugins(f"dir({self._path})")
        return self._registry.namespaces()

    def __repr__(self) -> str:
        return f"<namespace '{self._path}'>"


class Namespace:
    """One namespace of a registry; see `Namespaces`."""

    def __init__(self, registry: Registry, path: str, name: str) -> None:
        self._registry = registry
        self._path = f"{path}.{name}"
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._registry.find(self._name + self._registry.separator + name)
        except KeyError:
            error = AttributeError(f"no plugin provides the {self._registry.kind} '{self._path}.{name}'")
            raise with_note(error, WHERE_TO_LOOK) from None

    def __dir__(self) -> list[str]:
        return self._registry.members(self._name)

    def __repr__(self) -> str:
        return f"<namespace '{self._path}'>"


WHERE_TO_LOOK = (
    "`torchlike plugins list` shows the plugins that are installed, and which of them failed to load."
)

# Every registry, by the kind of thing it holds.
registries: dict[str, Registry] = {}

_loader: Callable[[bool, str], None] | None = None
_early_pending = False


def connect(loader: Callable[[bool, str], None]) -> None:
    """Name what loads plugins: called with whether only those that ask to be early are wanted, and what for."""
    global _loader, _early_pending
    _loader = loader
    _early_pending = True


def load_plugins(reason: str) -> None:
    """Load every plugin that is installed and allowed, unless that has been done.

    Args:
        reason: what needed them, for `TORCHLIKE_TRACE_PLUGINS`.
    """
    if _loader is not None:
        _loader(False, reason)


def load_early(reason: str) -> None:
    """Load the plugins that ask for it before what is built in is used, unless that has been done.

    Args:
        reason: see `load_plugins`.
    """
    global _early_pending
    if not _early_pending or _loader is None:
        return
    for name in ("torchlike.nn", "torchlike.optim", "torchlike.plugin"):
        # A plugin may use any of them, so it waits for one that is being imported.
        if name in sys.modules and not hasattr(sys.modules[name], "plugins"):
            return
    _early_pending = False
    _loader(True, reason)
