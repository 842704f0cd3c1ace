"""`torch.linalg`: the operators declared for it."""

from __future__ import annotations

from typing import Any

from torchlike import names as _lookup
from torchlike.tensors import binding

globals().update(binding.namespace("linalg"))

__all__ = sorted(binding.namespace("linalg"))


def __getattr__(name: str) -> Any:
    raise _lookup.lacking("torch.linalg", name)
