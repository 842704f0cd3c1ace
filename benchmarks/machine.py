"""The machine and the versions, in words that name nobody."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

__all__ = ["description"]

_LOAD_BEFORE = os.getloadavg()[0]


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def description() -> str:
    """One sentence: processor, cores, Python and library versions, and how busy the machine is."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "jax", "numpy"))
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{machine}, {versions}; load average before the run {_LOAD_BEFORE:.1f}."
