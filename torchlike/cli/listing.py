"""`torchlike plugins list`."""

from __future__ import annotations

from typing import Any

import torchlike
from torchlike import plugin
from torchlike.cli.answers import Answer, print_table
from torchlike.plugin import Plugin
from torchlike.registries import Registry, registries

__all__ = ["KINDS", "described", "listing", "overrides"]

KINDS = ("operator", "layer", "optimizer", "kernel")


def listing(load: bool) -> Answer:
    """Every plugin, what is built in first.

    Args:
        load: load them.
    """
    if load:
        plugin.load(reason="torchlike plugins list")
    found = [_builtin(registries[kind]) for kind in KINDS if registries[kind].builtin]
    found += [described(p) for p in plugin.plugins()]
    return Answer({"plugins": found}, lambda: _show(found))


def described(p: Plugin) -> dict[str, Any]:
    """A plugin as `--json` has it."""
    return {
        "name": p.name,
        "version": p.version,
        "distribution": p.distribution,
        "target": p.target,
        "early": p.early,
        "state": p.state,
        "reason": p.reason,
        "api": list(p.info.api) if p.info else None,
        "registers": {k: [r.claim.name for r in p.registrations if r.kind == k] for k in KINDS}
        if p.state == "loaded"
        else None,
        "overrides": overrides(p),
    }


def overrides(p: Plugin) -> list[dict[str, str]]:
    """The names that a plugin overrides, with their kinds."""
    return [{"kind": r.kind, "name": r.claim.name} for r in p.registrations if r.claim.override]


def _builtin(registry: Registry) -> dict[str, Any]:
    names = [registry.full(name) for name in registry.builtin]
    return {
        "name": registry.owner,
        "version": torchlike.__version__,
        "distribution": "torchlike",
        "target": "torchlike",
        "early": False,
        "state": "loaded",
        "reason": "",
        "api": [plugin.API, plugin.API],
        "registers": {k: sorted(names) if k == registry.kind else [] for k in KINDS},
        "overrides": [],
    }


def _show(found: list[dict[str, Any]]) -> None:
    columns = ("name", "version", "distribution", "state", "registers", "overrides")
    rows = []
    for p in found:
        state = p["state"] + (", early" if p["early"] else "") + (f": {p['reason']}" if p["reason"] else "")
        overridden = "\n".join(f"{o['kind']} {o['name']}" for o in p["overrides"])
        rows.append((p["name"], p["version"], p["distribution"], state, _registered(p), overridden))
    print_table(columns, rows)
    if any(p["state"] == "failed" for p in found):
        print("`torchlike plugins check` shows where those that failed did.")


def _registered(p: dict[str, Any]) -> str:
    lines = []
    for kind, names in (p["registers"] or {}).items():
        if names and p["distribution"] == "torchlike":
            lines.append(f"{len(names)} {kind}s")
        elif names:
            lines.append(f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}")
    return "\n".join(lines)
