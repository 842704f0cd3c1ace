"""`torchlike plugins new`: a package from the template."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Any

from torchlike.cli.answers import Answer, CommandError

__all__ = ["create"]

# Namespaces of PyTorch's, and what stands in a path to a plugin's names.
_TAKEN = {"aten", "nn", "optim", "plugins", "prim", "prims", "profiler", "quantized", "torch", "torchlike"}


def create(name: str, into: str) -> Answer:
    """Write a package with a plugin.

    Args:
        name: the plugin's; its distribution is then `torchlike-name`, its package `torchlike_name`.
        into: the folder to put the distribution's into.

    Raises:
        CommandError: the name cannot be one, or there is such a folder already.
    """
    _check(name)
    distribution = f"torchlike-{name.replace('_', '-')}"
    words = {"name": name, "distribution": distribution, "package": f"torchlike_{name}"}
    folder = Path(into) / distribution
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"{folder} is there already, and nothing is overwritten")
    written = []
    for path, text in _template():
        # The template's files end in .txt, so that nothing takes them for parts of this package.
        own = path.removesuffix(".txt").replace("package/", f"{words['package']}/")
        to = folder / own
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(Template(text).substitute(words), encoding="utf-8")
        written.append(own)
    data = {**words, "folder": str(folder), "files": written}
    return Answer(data, lambda: _show(data))


def _check(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise CommandError(
            f"'{name}' is no name for a plugin: it is a namespace, made of lower-case letters, digits and single _, "
            "a letter first"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise CommandError(f"'{name}' is no name for a plugin: it is a word of Python's")
    if name in _TAKEN or name.startswith("torchlike_"):
        raise CommandError(f"'{name}' is no name for a plugin: it is taken")


def _template(folder: Traversable | None = None, path: str = "") -> Iterator[tuple[str, str]]:
    """The template's files: path, text."""
    at = files("torchlike.cli") / "template" if folder is None else folder
    for entry in sorted(at.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _template(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}", entry.read_text(encoding="utf-8")


def _show(data: dict[str, Any]) -> None:
    print(f"wrote {data['folder']}")
    for file in data["files"]:
        print(f"  {file}")
    print(f"Next: cd {data['folder']} && pip install -e '.[test]' && python -m pytest")
