"""What to answer for a name that a namespace does not have: missing here, or not PyTorch's either."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from torchlike.errors import missing_name

__all__ = ["in_pytorch", "lacking", "submodule_or_lacking"]


@cache
def _names() -> dict[str, frozenset[str]]:
    text = files("torchlike").joinpath("pytorch_names.json").read_text()
    return {namespace: frozenset(names) for namespace, names in json.loads(text).items()}


def in_pytorch(namespace: str, name: str) -> bool:
    """Whether PyTorch 2.13 has a public name.

    Args:
        namespace: `torch`, `torch.nn`, ... or `torch.Tensor`.
        name: the name in it.
    """
    return name in _names().get(namespace, ())


def lacking(namespace: str, name: str) -> Exception:
    """The exception for a name that `namespace` lacks.

    Returns:
        `MissingName` (a NotImplementedError) if PyTorch has it, else AttributeError with PyTorch's text.
    """
    if in_pytorch(namespace, name):
        return missing_name(f"{namespace}.{name}")
    return AttributeError(f"module '{namespace}' has no attribute '{name}'")


def submodule_or_lacking(namespace: str, name: str, submodules: frozenset[str]) -> Any:
    """A module's `__getattr__`: imports a submodule on first use, or raises.

    Args:
        namespace: PyTorch's name of the module, `torch`.
        name: what was asked for.
        submodules: those that are imported on demand.
    """
    if name in submodules:
        return import_module(f"torchlike{namespace.removeprefix('torch')}.{name}")
    raise lacking(namespace, name)
