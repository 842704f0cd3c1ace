"""How many programs torchlike has compiled in this process."""

from __future__ import annotations

__all__ = ["compiles"]


def compiles() -> int:
    """Whole programs and operators' own kernels compiled so far."""
    from torchlike.engine import report

    found = report()
    if isinstance(found, dict):
        return found["compiles"] + found["kernel_compiles"]
    return found.compiles
