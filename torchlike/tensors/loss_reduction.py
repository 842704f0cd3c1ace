"""How a loss is reduced: `none`, `mean` or `sum`, and PyTorch's two older arguments for the same."""

from __future__ import annotations

import warnings
from typing import Any

from torchlike.operators import declaration
from torchlike.operators.declaration import Operator
from torchlike.operators.losses import REDUCTIONS

__all__ = ["by_number", "by_reduction", "checked", "legacy", "number"]

_NUMBERS = {"none": 0, "mean": 1, "elementwise_mean": 1, "sum": 2}


def number(reduction: Any) -> int:
    """The number that stands for a reduction in PyTorch's operators.

    Raises:
        ValueError: there is no such reduction.

    Example:
        >>> number("sum")
        2
    """
    found = _NUMBERS.get(reduction) if isinstance(reduction, str) else None
    if found is None:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3
        )
    return found


def legacy(size_average: bool | None, reduce: bool | None) -> str:
    """The reduction that `size_average` and `reduce`, deprecated since PyTorch 0.4.1, ask for."""
    each = reduce is not None and not reduce
    reduction = "none" if each else "mean" if size_average is None or size_average else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        stacklevel=3,
    )
    return reduction


def checked(reduction: str) -> str:
    """A reduction as the weighted losses take it.

    Raises:
        ValueError: there is no such reduction.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    return reduction


def by_reduction(name: str) -> dict[str, Operator]:
    """A loss's operators by the names of their reductions."""
    found = {r: declaration.get(f"_{name}_{r}") for r in REDUCTIONS}
    return {**found, "elementwise_mean": found["mean"]}


def by_number(operators: dict[str, Operator], reduction: int) -> Operator:
    """The operator for a reduction's number; PyTorch's operators take any other number for none."""
    return operators[{1: "mean", 2: "sum"}.get(reduction, "none")]
