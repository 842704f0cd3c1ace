"""Learning rate schedules; none is there yet."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing

__all__: list[str] = []

_ABSENT = frozenset(
    "ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR "
    "LRScheduler LambdaLR LinearLR MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau "
    "SequentialLR StepLR "
    "_LRScheduler".split()
)


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        raise missing(
            f"torch.optim.lr_scheduler.{name}", 'setting group["lr"] of each of optimizer.param_groups'
        )
    raise AttributeError(f"module 'torch.optim.lr_scheduler' has no attribute '{name}'")
