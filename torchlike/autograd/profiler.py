"""PyTorch's profiler, which is not there: a program runs as a whole, so there are no operators to time."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing

__all__ = ["emit_itt", "emit_nvtx", "profile", "record_function"]

_NEAREST = "TORCHLIKE_LOG=compile and torchlike.engine.report(), or jax.profiler"


class profile:
    """Raise NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise missing("torch.autograd.profiler.profile", _NEAREST)


class record_function:
    """Raise NotImplementedError."""

    def __init__(self, name: str, args: str | None = None) -> None:
        raise missing("torch.autograd.profiler.record_function", _NEAREST)


class emit_nvtx:
    """Raise NotImplementedError."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        raise missing("torch.autograd.profiler.emit_nvtx", _NEAREST)


class emit_itt:
    """Raise NotImplementedError."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        raise missing("torch.autograd.profiler.emit_itt", _NEAREST)
