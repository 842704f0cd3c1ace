"""Gradients: the graph, the backward pass and what users do with them."""

from typing import Any

from torchlike import names as _lookup
from torchlike.autograd import (
    anomaly_mode,
    forward_ad,
    function,
    grad_mode,
    graph,
    profiler,
    variable,
)
from torchlike.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from torchlike.autograd.entry_points import backward, grad
from torchlike.autograd.function import Function, NestedIOFunction
from torchlike.autograd.gradcheck import gradcheck, gradgradcheck
from torchlike.autograd.modes import (
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    is_multithreading_enabled,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from torchlike.autograd.variable import Variable

__all__ = [
    "Function",
    "NestedIOFunction",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "forward_ad",
    "function",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_multithreading_enabled",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]

# Imported when first asked for.
_SUBMODULES = frozenset(("functional",))


def __getattr__(name: str) -> Any:
    return _lookup.submodule_or_lacking("torch.autograd", name, _SUBMODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES})
