"""How much torchlike has compiled in this process."""

from __future__ import annotations

__all__ = ["compiles"]


def compiles() -> tuple[int, int]:
    """Whole programs, and operators' own kernels, compiled so far."""
    from torchlike.engine import report

    found = report()
    return found.compiles, found.kernels
