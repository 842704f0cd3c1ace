"""`torchlike plugins why`: who provides a name."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import torchlike
from torchlike import plugin
from torchlike.cli.answers import Answer
from torchlike.cli.listing import KINDS
from torchlike.plugin import Claim, NameClash, Plugin
from torchlike.registries import Registry, registries

__all__ = ["why"]


def why(name: str) -> Answer:
    """Who provides an operator, a layer, an optimizer or a kernel.

    Args:
        name: as a program or a schema has it, with its namespace or without.
    """
    plugin.load(reason=f"torchlike plugins why {name}")
    found = [_provided(registries[kind], full) for kind, full in _meant(name)]
    near = [] if found else _near(name)
    failed = [str(p) for p in plugin.plugins() if p.state == "failed"]
    data = {"name": name, "found": found, "near": near, "failed": failed}
    return Answer(data, lambda: _show(data), 0 if found else 1)


def _meant(name: str) -> Iterator[tuple[str, str]]:
    """The kinds and full names that a name may mean."""
    parts = name.strip().split(".")
    if parts[0] in ("torch", "torchlike") and len(parts) > 1:
        parts = parts[1:]
    bare = ".".join(parts)
    for kind in KINDS:
        for full in _names(registries[kind]):
            if _is_meant(kind, full, bare, parts):
                yield kind, full


def _names(registry: Registry) -> list[str]:
    builtin = [registry.full(name) for name in registry.builtin]
    return list(dict.fromkeys([*builtin, *(c.name for c in registry.claimed())]))


def _is_meant(kind: str, full: str, bare: str, parts: list[str]) -> bool:
    if full == bare:
        return True
    if kind == "operator":
        space, own = full.split("::")
        base, _, overload = own.partition(".")
        called = [own, base, f"{base}.{overload or 'default'}"]
        spellings = [
            f"{prefix}{name}"
            for name in called
            for prefix in ("", f"{space}::", f"{space}.", f"ops.{space}.")
        ]
        return bare in spellings or (space == "aten" and _is_function(own, base, parts))
    if kind in ("layer", "optimizer"):
        space, own = full.split(".")
        module = "nn" if kind == "layer" else "optim"
        return bare in (own, f"{module}.plugins.{full}", f"{module}.modules.{own}" if space == "nn" else full)
    return False


def _is_function(own: str, base: str, parts: list[str]) -> bool:
    """Whether a built-in operator is the function or the method of this path: `nn.functional.gelu`, `Tensor.add`."""
    if parts[-1] != base:
        return False
    space, declared = ".".join(parts[:-1]), registries["operator"].builtin[own]
    return (space == "Tensor" and declared.method) or (
        {"F": "nn.functional"}.get(space, space)
    ) in declared.namespaces


def _provided(registry: Registry, name: str) -> dict[str, Any]:
    claims = registry.claims(name)
    try:
        wins = registry.winner(name)
    except NameClash:
        wins = None
    kernels = [
        _claimed(c) | {"name": c.name}
        for c in registries["kernel"].claimed()
        if registry.kind == "operator" and c.name.rpartition("@")[0] == name
    ]
    return {
        "kind": registry.kind,
        "name": name,
        "provider": None if wins is None else str(wins.owner),
        "overrides": [str(c.owner) for c in claims if c.owner is not wins.owner] if wins is not None else [],
        "clash": wins is None,
        "claims": [_claimed(c) for c in claims],
        "kernels": kernels,
    }


def _claimed(claim: Claim) -> dict[str, Any]:
    owner = claim.owner
    of = owner if isinstance(owner, Plugin) else None
    return {
        "provider": str(owner),
        "distribution": of.distribution if of else "torchlike",
        "version": of.version if of else torchlike.__version__,
        "override": claim.override,
    }


def _near(name: str) -> list[str]:
    known = [full for kind in KINDS for full in _names(registries[kind])]
    by_own: dict[str, str] = {}
    for full in known:
        by_own.setdefault(full.replace("::", ".").rpartition(".")[2], full)
    own = name.replace("::", ".").rpartition(".")[2]
    found = [*get_close_matches(name, known, 3), *(by_own[n] for n in get_close_matches(own, by_own, 5))]
    return list(dict.fromkeys(found))


def _show(data: dict[str, Any]) -> None:
    for f in data["found"]:
        if f["clash"]:
            said = "CLASH: claimed by " + " and by ".join(c["provider"] for c in f["claims"])
        else:
            said = f["provider"] + (f", overrides {' and '.join(f['overrides'])}" if f["overrides"] else "")
        print(f"{f['kind']} {f['name']}: {said}")
        for kernel in f["kernels"]:
            print(f"  kernel on {kernel['name'].rpartition('@')[2]}: {kernel['provider']}")
    if not data["found"]:
        print(f"nobody provides an operator, a layer or an optimizer called '{data['name']}'")
        if data["near"]:
            print(f"near: {', '.join(data['near'])}")
        for failed in data["failed"]:
            print(f"{failed} failed to load; what it would bring is not known")
