"""The engine's knobs: read from the environment once, changed at run time by assignment."""

from __future__ import annotations

import os

__all__ = ["eager", "host_leaves", "max_pending", "max_pending_bytes", "tier"]

# Run each operator at once: for pdb, profilers and bug hunts.
eager: bool = os.environ.get("TORCHLIKE_EAGER", "") not in ("", "0")
# "auto" by cost; "ops" forces the per-operator tier, "trace" the whole-trace tier.
tier: str = os.environ.get("TORCHLIKE_TIER", "auto")
# Let NumPy arrays travel with a program's call instead of sending them to the device first.
host_leaves: bool = True
# What may be pending before the trace is run unasked.
max_pending: int = 4096
max_pending_bytes: int = 2 << 30
