"""Whether two results agree, and in what they differ, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import torchlike as torch
from torchlike.tensors.tensor import Tensor

__all__ = ["difference", "elements", "finite"]

# By dtype, relative and absolute: what programs that were compiled apart may differ by.
_TOLERANCES = {
    "float64": (1e-7, 1e-9),
    "complex128": (1e-7, 1e-9),
    "float32": (1e-5, 1e-6),
    "complex64": (1e-5, 1e-6),
    "float16": (4e-3, 1e-3),
    "bfloat16": (3e-2, 1e-2),
}


def elements(x: Any) -> np.ndarray:
    """A tensor's elements as NumPy has them; bfloat16, which NumPy lacks, as float32."""
    if not isinstance(x, Tensor):
        return np.asarray(x)
    x = x.detach().cpu()
    return np.array((x.float() if x.dtype == torch.bfloat16 else x).numpy())


def finite(x: Tensor) -> bool:
    """Whether no element is infinite or NaN."""
    return bool(np.isfinite(elements(x)).all())


def difference(found: Sequence, expected: Sequence, loosely: float = 1.0) -> str | None:
    """In what results differ from those expected; None if in nothing.

    Args:
        found, expected: tensors or arrays, one for each result; None where there is none.
        loosely: how many times the tolerance of the dtype is allowed.
    """
    if len(found) != len(expected):
        return f"{len(found)} results instead of {len(expected)}"
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        which = f"result {i} " if len(found) > 1 else ""
        if a is None or b is None:
            if a is not b:
                return f"{which}is {'missing' if a is None else 'there'}"
            continue
        x, y = elements(a), elements(b)
        if x.shape != y.shape:
            return f"{which}has the shape {list(x.shape)} instead of {list(y.shape)}"
        relative, absolute = (loosely * t for t in _TOLERANCES.get(_coarser(a, b), (0.0, 0.0)))
        if not np.allclose(x, y, relative, absolute, equal_nan=True):
            with np.errstate(all="ignore"):
                off = np.abs(x.astype(complex) - y.astype(complex))
            at = np.unravel_index(int(np.nanargmax(np.where(np.isnan(off), np.inf, off))), x.shape)
            return f"{which}is {x[at]} instead of {y[at]}" + (f" at {[int(k) for k in at]}" if at else "")
    return None


def _coarser(a: Any, b: Any) -> str:
    names = [str(x.dtype).removeprefix("torch.") for x in (a, b)]
    known = [n for n in names if n in _TOLERANCES]
    return max(known, key=lambda n: _TOLERANCES[n]) if known else names[0]
