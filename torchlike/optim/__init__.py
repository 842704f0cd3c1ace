"""Optimizers."""

from __future__ import annotations

from typing import NoReturn

from torchlike.names import lacking
from torchlike.optim import lr_scheduler, swa_utils
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
    "swa_utils",
]

OPTIMIZERS = ModuleRegistry("optimizer", globals(), Optimizer)
plugins = Namespaces(OPTIMIZERS, "torchlike.optim.plugins")


def __getattr__(name: str) -> NoReturn:
    raise lacking("torch.optim", name)


load_early("torchlike.optim")
