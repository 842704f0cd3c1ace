"""Learning rate schedules."""

from __future__ import annotations

from typing import NoReturn

from torchlike.names import lacking
from torchlike.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from torchlike.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from torchlike.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from torchlike.optim.lr_scheduler.decays import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from torchlike.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from torchlike.optim.lr_scheduler.plateau import ReduceLROnPlateau
from torchlike.optim.lr_scheduler.scheduler import (
    EPOCH_DEPRECATION_WARNING,
    LRScheduler,
    _enable_get_lr_call,
    _LRScheduler,
)

__all__ = [
    "EPOCH_DEPRECATION_WARNING",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
    "_enable_get_lr_call",
]


def __getattr__(name: str) -> NoReturn:
    raise lacking("torch.optim.lr_scheduler", name)
