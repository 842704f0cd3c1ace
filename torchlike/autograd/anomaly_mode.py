"""Anomaly mode: nodes remember the line of the forward that made them, and gradients are searched for NaN."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from torchlike.autograd import nodes
from torchlike.autograd.nodes import Node, Variable
from torchlike.engine import Value

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_detect_anomaly",
    "watched",
]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_check_nan = True


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return nodes.remember_forward is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode searches for NaN."""
    return _check_nan


def _set(enabled: bool, check_nan: bool) -> None:
    global _check_nan
    nodes.remember_forward = _remember if enabled else None
    _check_nan = check_nan


class set_detect_anomaly:
    """Switch anomaly mode on or off, at once, and back at the end of a `with` block.

    Args:
        mode: whether it is on.
        check_nan: whether a NaN in a gradient is an error.

    Example:
        >>> import torchlike as torch
        >>> with torch.autograd.set_detect_anomaly(True):
        ...     torch.is_anomaly_enabled()
        True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = is_anomaly_enabled(), _check_nan
        _set(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _set(*self._before)


class detect_anomaly:
    """Anomaly mode for a `with` block: errors of the backward pass name the line of the forward.

    Every node keeps a traceback and every gradient is read, so it is slow: for hunting bugs only.

    Args:
        check_nan: whether a NaN in a gradient is an error.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor(-1.0, requires_grad=True)
        >>> with torch.autograd.detect_anomaly():  # doctest: +SKIP
        ...     torch.sqrt(x).backward()
        RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        self._before = is_anomaly_enabled(), _check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be "
            "enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._before = is_anomaly_enabled(), _check_nan
        _set(True, self.check_nan)

    def __exit__(self, *exc: object) -> None:
        _set(*self._before)


def _remember(node: Node) -> None:
    """Keep the user's stack with a node, and the node whose gradient it helps to compute."""
    from torchlike.autograd.backward_pass import current_pass

    frames = traceback.extract_stack()[:-1]
    # The last line is to be the user's, not this library's.
    while frames and frames[-1].filename.startswith(_PACKAGE):
        frames.pop()
    node.metadata["traceback_"] = traceback.format_list(frames)
    now = current_pass()
    if now is not None and now.node is not None:
        node.metadata["parent_"] = now.node


def watched(node: Node, grads: list, create_graph: bool) -> Sequence:
    """Run a node; on an error, or a NaN among its gradients, warn with the traceback of the forward.

    Raises:
        RuntimeError: a gradient has a NaN.
    """
    try:
        outs = node.apply(grads, create_graph)
        if _check_nan:
            for i, out in enumerate(node.spread(outs)):
                if out is not None and _has_nan(out):
                    raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")
        return outs
    except Exception:
        _warn(node)
        raise


def _has_nan(grad: Variable | Value) -> bool:
    array: Any = (grad.value if isinstance(grad, Variable) else grad).numpy()
    return bool(np.isnan(array).any())


def _warn(node: Node) -> None:
    found = node.metadata.get("traceback_")
    if found is None:
        _say(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly "
            "during forward pass for more information."
        )
        return
    _say(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{''.join(found)}"
    )
    parent = node.metadata.get("parent_")
    while parent is not None:
        found = parent.metadata.get("traceback_")
        if found is None:
            _say(
                "\n\nPrevious calculation was induced by "
                f"{parent.name()}. No forward pass information available. Enable detect anomaly during "
                "forward pass for more information."
            )
            return
        _say(
            f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that "
            f"induced the previous calculation:\n{''.join(found)}"
        )
        parent = parent.metadata.get("parent_")


def _say(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=_stack_level())


def _stack_level() -> int:
    """How far up the stack the user's own code is."""
    frames = traceback.extract_stack()
    level = 0
    for frame in reversed(frames[:-1]):
        level += 1
        if not frame.filename.startswith(_PACKAGE):
            break
    return level
