"""The engine's knobs: read from the environment once, changed at run time by assignment."""

from __future__ import annotations

import os

__all__ = ["eager", "max_pending_bytes", "tier"]

# Run each operator at once: for pdb, profilers and bug hunts.
eager: bool = os.environ.get("TORCHLIKE_EAGER", "") not in ("", "0")
# "auto" by cost; "ops" forces the per-operator tier, "trace" the whole-trace tier.
tier: str = os.environ.get("TORCHLIKE_TIER", "auto")
# A trace is run unasked when its results that someone still holds exceed this many bytes.
max_pending_bytes: int = 2 << 30
