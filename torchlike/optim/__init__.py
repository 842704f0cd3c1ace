"""Optimizers."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing_name
from torchlike.optim import lr_scheduler
from torchlike.optim.adadelta import Adadelta
from torchlike.optim.adafactor import Adafactor
from torchlike.optim.adagrad import Adagrad
from torchlike.optim.adam import Adam
from torchlike.optim.adamax import Adamax
from torchlike.optim.adamw import AdamW
from torchlike.optim.asgd import ASGD
from torchlike.optim.lbfgs import LBFGS
from torchlike.optim.muon import Muon
from torchlike.optim.nadam import NAdam
from torchlike.optim.optimizer import Optimizer
from torchlike.optim.radam import RAdam
from torchlike.optim.rmsprop import RMSprop
from torchlike.optim.rprop import Rprop
from torchlike.optim.sgd import SGD
from torchlike.registries import ModuleRegistry, Namespaces, load_early

__all__ = [
    "LBFGS",
    "Muon",
    "Adafactor",
    "ASGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
    "lr_scheduler",
]

OPTIMIZERS = ModuleRegistry("optimizer", globals(), Optimizer)
plugins = Namespaces(OPTIMIZERS, "torchlike.optim.plugins")

_ABSENT = frozenset("SparseAdam swa_utils swap_in_optimizer_params_and_state".split())


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        raise missing_name(f"torch.optim.{name}", "torch.optim.SGD, Adam and AdamW")
    raise AttributeError(f"module 'torch.optim' has no attribute '{name}'")


load_early("torchlike.optim")
