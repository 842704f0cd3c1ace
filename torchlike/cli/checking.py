"""`torchlike plugins check`."""

from __future__ import annotations

import traceback
from typing import Any
from unittest import SkipTest

from torchlike import plugin
from torchlike.cli.answers import Answer, CommandError, print_table
from torchlike.cli.listing import described
from torchlike.plugin import NameClash, Plugin
from torchlike.plugin.host import is_called
from torchlike.plugin.testing.checking import Check, checks_of
from torchlike.registries import registries

__all__ = ["check"]


def check(name: str | None) -> Answer:
    """Load the plugins of a name, or all, and check them.

    Args:
        name: of an entry point or a distribution.

    Raises:
        CommandError: no installed plugin has that name.
    """
    plugin.load(reason="torchlike plugins check")
    chosen = [p for p in plugin.plugins() if name is None or is_called(p, name)]
    if name is not None and not chosen:
        raise CommandError(f"no installed plugin or distribution is called '{name}'")
    found = [{**described(p), "checks": [_outcome(c, p) for c in checks_of(p)]} for p in chosen]
    clashes = _clashes(chosen)
    failed = any(c["outcome"] == "failed" for p in found for c in p["checks"])
    # One that was asked for by its name is to be checked, so being disabled is no pass.
    passed = not (failed or clashes or (name is not None and all(p.state == "disabled" for p in chosen)))
    data = {"passed": passed, "plugins": found, "clashes": clashes}
    return Answer(data, lambda: _show(data), 0 if passed else 1)


def _outcome(run: Check, p: Plugin) -> dict[str, str]:
    outcome, message, trace = "passed", "", ""
    try:
        run()
    except SkipTest as skipped:
        outcome, message = "skipped", str(skipped)
    except Exception as error:
        outcome, message = "failed", str(error)
        cause = error.__cause__ or (None if isinstance(error, AssertionError) else error)
        trace = "" if cause is None else "".join(traceback.format_exception(cause))
    if p.state == "failed":
        message, trace = p.reason, p.traceback
    return {"name": run.name, "outcome": outcome, "message": message, "traceback": trace}


def _clashes(chosen: list[Plugin]) -> list[dict[str, Any]]:
    """The names that several claim, one of these among them."""
    found = []
    for kind, registry in registries.items():
        for name in dict.fromkeys(c.name for c in registry.claimed() if c.owner in chosen):
            try:
                registry.winner(name)
            except NameClash:
                owners = [str(c.owner) for c in registry.claims(name)]
                found.append({"kind": kind, "name": name, "providers": owners})
    return found


def _show(data: dict[str, Any]) -> None:
    if not data["plugins"]:
        print("no plugins are installed")
        return
    rows = []
    for p in data["plugins"]:
        count = {o: sum(c["outcome"] == o for c in p["checks"]) for o in ("passed", "failed", "skipped")}
        overridden = "\n".join(f"{o['kind']} {o['name']}" for o in p["overrides"])
        rows.append(
            (p["name"], p["version"], p["distribution"], p["state"], *map(str, count.values()), overridden)
        )
    print_table(
        ("name", "version", "distribution", "state", "passed", "failed", "skipped", "overrides"), rows
    )
    for p in data["plugins"]:
        for c in p["checks"]:
            if c["outcome"] == "skipped":
                print(f"skipped: {c['name']}: {c['message']}")
    for p in data["plugins"]:
        for c in p["checks"]:
            if c["outcome"] == "failed":
                print(f"\nFAILED: {c['name']} ({p['distribution']} {p['version']})\n{c['message']}")
                if c["traceback"]:
                    print(f"\n{c['traceback'].rstrip()}")
    for clash in data["clashes"]:
        print(
            f"\nCLASH: {clash['kind']} '{clash['name']}' is claimed by {' and by '.join(clash['providers'])}"
        )
