"""Optimizers."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing_name
from torchlike.optim import lr_scheduler
from torchlike.optim.adam import Adam
from torchlike.optim.adamw import AdamW
from torchlike.optim.optimizer import Optimizer
from torchlike.optim.sgd import SGD
from torchlike.registries import ModuleRegistry, Namespaces, load_early

__all__ = ["Adam", "AdamW", "Optimizer", "SGD", "lr_scheduler"]

OPTIMIZERS = ModuleRegistry("optimizer", globals(), Optimizer)
plugins = Namespaces(OPTIMIZERS, "torchlike.optim.plugins")

_ABSENT = frozenset(
    "ASGD Adadelta Adafactor Adagrad Adamax LBFGS Muon NAdam RAdam RMSprop Rprop SparseAdam swa_utils "
    "swap_in_optimizer_params_and_state".split()
)


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        raise missing_name(f"torch.optim.{name}", "torch.optim.SGD, Adam and AdamW")
    raise AttributeError(f"module 'torch.optim' has no attribute '{name}'")


load_early("torchlike.optim")
