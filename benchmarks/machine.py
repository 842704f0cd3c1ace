"""The machine and the versions, in words that name nobody."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["description"]

_LOAD_BEFORE = os.getloadavg()[0]


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # PyTorch is an extra; the memory figures are taken without it too
        return "not installed"


def description() -> str:
    """One sentence: processor, cores, Python and library versions, and how busy the machine is."""
    versions = ", ".join(f"{name} {_version(name)}" for name in ("torch", "jax", "numpy"))
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{machine}, {versions}; load average before the run {_LOAD_BEFORE:.1f}."
