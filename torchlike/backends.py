"""`torch.backends`: what PyTorch's libraries are told; XLA takes their place.

The flags say how PyTorch may choose among algorithms. They keep what is written to them, so that code which sets and
reads them runs, and no value depends on them: XLA chooses by itself, and deterministically on the CPU.
"""

from __future__ import annotations

import sys as _sys
from typing import Any

from torchlike import names as _lookup

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]


class _Backend:
    """A library: whether it is there, and its flags."""

    def __init__(self, name: str, available: bool, **flags: Any) -> None:
        self.__dict__["_name"] = name
        self.__dict__["_available"] = available
        self.__dict__["_flags"] = flags

    def is_available(self) -> bool:
        """Whether the library is in use."""
        return self._available

    def is_built(self) -> bool:
        """Whether PyTorch would have been built with it."""
        return self._available

    def version(self) -> None:
        """No version: the library is not there."""
        return None

    def __getattr__(self, name: str) -> Any:
        if name in self._flags:
            return self._flags[name]
        raise AttributeError(f"module 'torch.backends.{self._name}' has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._flags:
            raise AttributeError(f"module 'torch.backends.{self._name}' has no attribute '{name}'")
        self._flags[name] = value


cudnn = _Backend(
    "cudnn", False, enabled=True, benchmark=False, deterministic=False, allow_tf32=True, benchmark_limit=10
)
cuda = _Backend(
    "cuda",
    False,
    matmul=_Backend("cuda.matmul", False, allow_tf32=False, allow_fp16_reduced_precision_reduction=True),
)
mps = _Backend("mps", False)
mkl = _Backend("mkl", False)
mkldnn = _Backend("mkldnn", False, enabled=True)
openmp = _Backend("openmp", False)

# `import torch.backends.cudnn as cudnn` finds it here.
_sys.modules.update({f"{__name__}.{name}": globals()[name] for name in __all__})


def __getattr__(name: str) -> Any:
    raise _lookup.lacking("torch.backends", name)
