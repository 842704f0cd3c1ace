"""`torch.special`: the operators declared for it."""

from __future__ import annotations

from typing import Any

from torchlike import names as _lookup
from torchlike.tensors import binding

globals().update(binding.namespace("special"))

__all__ = sorted(binding.namespace("special"))


def __getattr__(name: str) -> Any:
    raise _lookup.lacking("torch.special", name)
