"""Evaluating an expression under one library, and what is kept of the outcome."""

from __future__ import annotations

import copy
import math
import pickle
import re
import warnings
from typing import Any

import numpy as np

__all__ = ["outcome"]


def _names(torch: Any, subject: str) -> dict[str, Any]:
    """What the expressions of a subject refer to, made anew for each."""
    names: dict[str, Any] = {"torch": torch, "np": np, "copy": copy, "pickle": pickle}
    if subject == "methods":
        g = torch.ones(2, requires_grad=True)
        names.update(
            x=torch.ones(2, 3),
            g=g,
            h=g * 2,
            z=torch.tensor(2.5),
            i=torch.tensor(3),
            e=torch.ones(0),
            b=torch.tensor(True),
            bf=torch.tensor([1.5], dtype=torch.bfloat16),
            c=torch.tensor([1 + 2j]),
        )
    elif subject == "sampling":
        torch.manual_seed(0)
        names["g"] = torch.Generator().manual_seed(3)
    elif subject == "views":
        b = torch.zeros(2, 3, 4, requires_grad=True)
        x = b * 1
        names.update(
            b=b, x=x, y=x.transpose(0, 1), z=torch.zeros(()), w=torch.zeros(4, 6), v=torch.zeros(1, 3, 1)
        )
    elif subject == "indexing":
        x = torch.arange(24.0).reshape(2, 3, 4)
        b = torch.zeros(2, 3, 4, requires_grad=True)
        names.update(
            x=x, b=b, g=b * 1, m=x > 5, i=torch.tensor([0, 1]), v=torch.arange(5), z=torch.tensor(3.0)
        )
    elif subject == "lesser":
        names.update(
            x=torch.ones(2, 3),
            g=torch.ones(2, requires_grad=True),
            y=torch.arange(6.0).view(2, 3),
            S=type("S", (torch.Tensor,), {}),
        )
    elif subject == "indexed":
        x = torch.arange(12.0).reshape(3, 4)
        names.update(
            x=x,
            g=torch.arange(12.0).reshape(3, 4).requires_grad_() * 1,
            m=x > 5,
            i=torch.tensor([0, 2]),
            i2=torch.tensor([[0, 1], [2, 0]]),
            s2=torch.ones(2, 2),
            z=torch.tensor(3.0),
            src=torch.ones(2, 4),
        )
    elif subject == "seams":
        names["x"] = torch.tensor([100.0, -200.0, 1e30, 2.0, -3.0, 0.0, -0.0, float("nan"), float("inf")])
    elif subject == "misfits":
        torch.manual_seed(0)
        names["x"] = torch.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
        names["g"] = torch.tensor(1.5, requires_grad=True)
    return names


def outcome(torch: Any, subject: str, expression: str) -> dict[str, Any]:
    """What became of an expression: a value's description or an error, and the warnings on the way."""
    names = _names(torch, subject)
    # What PyTorch says once in a process it shall say each time.
    torch.set_warn_always(True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if expression.startswith("!"):
                exec(expression[1:], names)
                found = {"value": described(torch, names["x"])}
            else:
                found = {"value": described(torch, eval(expression, names))}
        except Exception as error:
            found = {"error": [type(error).__name__, str(error)]}
    torch.set_warn_always(False)
    said = [
        f"{w.category.__name__}: {re.sub(r' *[(]Triggered internally.*', '', str(w.message))}" for w in caught
    ]
    # NumPy's word on PyTorch's own `__array__`.
    said = [text for text in said if not text.startswith("DeprecationWarning")]
    return {**found, "warnings": said}


def described(torch: Any, value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, torch.Tensor):
        return {
            "dtype": str(value.dtype),
            "shape": list(value.shape),
            "stride": list(value.stride()),
            "offset": value.storage_offset(),
            "requires_grad": value.requires_grad,
            "grad_fn": None if value.grad_fn is None else type(value.grad_fn).__name__,
            "is_view": value._is_view(),
            "elements": numbers(value.detach().tolist()),
        }
    if isinstance(value, list | tuple):
        return [type(value).__name__, *[described(torch, v) for v in value]]
    if isinstance(value, np.ndarray):
        return {
            "numpy": str(value.dtype),
            "elements": numbers(value.tolist()),
            "strides": list(value.strides),
        }
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def numbers(value: Any) -> Any:
    """Nested numbers, with what JSON lacks as text."""
    if isinstance(value, list):
        return [numbers(v) for v in value]
    if isinstance(value, complex):
        return repr(value)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value
