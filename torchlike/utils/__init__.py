"""`torch.utils`: data loading."""

from __future__ import annotations

from typing import Any

from torchlike import names as _lookup

__all__: list[str] = []

_SUBMODULES = frozenset(("data",))


def __getattr__(name: str) -> Any:
    return _lookup.submodule_or_lacking("torch.utils", name, _SUBMODULES)
