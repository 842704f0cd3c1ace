"""The command as a process, beside packages that pip installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["command", "environment", "json_of"]

ROOT = Path(__file__).parents[2]


def environment(site: Path, **variables: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TORCHLIKE_")}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]), **variables}


def command(site: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """`torchlike plugins ...` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "torchlike", "plugins", *arguments],
        env=environment(site, **variables),
        capture_output=True,
        text=True,
        timeout=300,
    )


def json_of(done: subprocess.CompletedProcess, status: int = 0) -> Any:
    """What it answered with `--json`."""
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)
