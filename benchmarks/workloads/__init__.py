"""The workloads, in the order of the table."""

from . import (
    accumulation,
    conv_net,
    gan,
    gru_loop,
    inference,
    linear_regression,
    manual_updates,
    mlp,
    tree_lstm,
)
from .workload import Workload

__all__ = ["WORKLOADS", "Workload"]

_MODULES = (
    linear_regression,
    mlp,
    conv_net,
    tree_lstm,
    gru_loop,
    manual_updates,
    gan,
    accumulation,
    inference,
)
WORKLOADS = {w.name: w for module in _MODULES for w in module.WORKLOADS}
