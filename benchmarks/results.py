"""``RESULTS.md``: one section a subject, each written anew without touching the others."""

from __future__ import annotations

import re
from pathlib import Path

from .machine import description

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLE = "# Benchmark results\nWritten by `python -m benchmarks`; do not edit.\n"


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Puts a section into the file, in place of the one of that name if there is one.

    Args:
        name: the heading.
        text: Markdown below it.
        path: the file.
    """
    whole = path.read_text() if path.exists() else TITLE
    parts = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", whole, re.DOTALL | re.MULTILINE))
    parts[name] = f"{description()}\n\n{text.strip()}\n\n"
    body = "".join(f"## {heading}\n{content}" for heading, content in parts.items())
    path.write_text(f"{TITLE}\n{body}".rstrip() + "\n")
