"""What tensors hold, read on the host where nothing has to be run for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from torchlike.autograd.modes import state
from torchlike.engine import from_host
from torchlike.engine.values import is_traced
from torchlike.operators import declaration
from torchlike.tensors.host_memory import live
from torchlike.tensors.storage import Storage, ViewStep, contiguous_strides
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["ready_array", "rows_of_shared", "rows_on_host", "stacked_on_host"]


def _held(t: Tensor) -> np.ndarray | None:
    """The memory of a tensor and of all its views, where it lies on the host."""
    value = t._storage.value
    array = value.array
    if type(array) is np.ndarray:
        return array
    if array is None or value.aval.device.type != "cpu" or is_traced(array):
        return None
    # JAX keeps the view of its memory that NumPy gets.
    value.shared = True
    return value.numpy()


def _select(base: np.ndarray, step: ViewStep) -> np.ndarray:
    return base[(*[slice(None)] * step.key[1], step.numbers[0], ...)]


def _slice(base: np.ndarray, step: ViewStep) -> np.ndarray:
    _, dim, _, length, stride = step.key
    start = step.numbers[0]
    stop = start + (length - 1) * stride + 1 if length else start
    return base[(*[slice(None)] * dim, slice(start, stop, stride))]


_SELECT = declaration.get("_select")
_STEPS: dict[declaration.Operator, Callable[[np.ndarray, ViewStep], np.ndarray]] = {
    _SELECT: _select,
    declaration.get("_slice"): _slice,
    declaration.get("_view"): lambda base, step: base.reshape(step.key[1]),
    declaration.get("_alias"): lambda base, step: base,
    declaration.get("_unsqueeze0"): lambda base, step: np.expand_dims(base, step.key[1]),
}


def ready_array(t: Tensor) -> np.ndarray | None:
    """A tensor's elements if they lie in the host's memory, else None; nobody may write to the array.

    Args:
        t: the tensor, whose graph is not looked at.
    """
    steps = t._view
    found = live(t)
    if found is not None:
        return found
    found = _held(t)
    if steps is None or found is None:
        return found
    for step in steps:
        take = _STEPS.get(step.op)
        if take is None:
            return None
        found = take(found, step)
    return found


def _is_plain(t: Any) -> bool:
    """Whether a tensor is outside the graph, and its batches have no memory format of their own."""
    if type(t) is not Tensor:
        return False
    if t._view is not None and t._seen != t._storage.writes:
        if t._storage.__class__ is Storage:
            return False
        t._gradient_edge()
    if t._edge is not None and state.enabled:
        return False
    geometry = t._geometry
    return geometry is None or len(geometry[0]) < 4 or geometry[0] == contiguous_strides(t.shape)


def _made(array: np.ndarray) -> Tensor:
    t = wrap(from_host(array))
    if state.inference:
        t._inference = True
    return t


def stacked_on_host(tensors: Sequence[Any]) -> Tensor | None:
    """What `torch.stack(tensors)` gives, put together by NumPy, or None where an operator has to do it.

    Args:
        tensors: at least one.
    """
    if not all(map(_is_plain, tensors)):
        return None
    first = tensors[0]
    rows = _selected(tensors)
    if rows is not None:
        base = _held(first) if live(first) is None else first._storage.host.whole()
        return None if base is None else _made(base.take(rows, axis=0))
    shape, dtype = first.shape, first.dtype
    if any(t.shape != shape or t.dtype is not dtype for t in tensors):
        return None
    arrays = list(map(ready_array, tensors))
    if any(array is None for array in arrays):
        return None
    out = np.empty((len(arrays), *shape), dtype.np)
    for i, array in enumerate(arrays):
        out[i] = array
    return _made(out)


def _selected(tensors: Sequence[Tensor]) -> list[int] | None:
    """Which rows of one storage these are, or None if they are something else."""
    first = tensors[0]._view
    if first is None or len(first) != 1 or first[0].op is not _SELECT or first[0].key[1] != 0:
        return None
    storage, entry = tensors[0]._storage, first[0].read
    rows = []
    for t in tensors:
        steps = t._view
        if t._storage is not storage or steps is None or len(steps) != 1 or steps[0].read is not entry:
            return None
        rows.append(steps[0].numbers[0])
    return rows


def rows_on_host(t: Tensor, rows: list[int]) -> Tensor | None:
    """What `torch.stack([t[i] for i in rows])` gives, or None where it has to be done so.

    Args:
        t: a tensor of at least one dimension.
        rows: positions, of which PyTorch would accept all; negative ones count from the end.
    """
    if not rows or not t.shape or not _is_plain(t):
        return None
    if len(t.shape) > 4 and t._geometry is not None:
        return None
    array = ready_array(t)
    return None if array is None else _made(array.take(rows, axis=0))


def rows_of_shared(t: Tensor, dims: tuple[int, ...], indices: tuple[Tensor, ...]) -> Tensor | None:
    """What `t[index]` gives for a tensor in shared memory, or None where an operator has to do it.

    The operator would first copy all of the tensor.

    Args:
        t: the tensor.
        dims: those that are indexed.
        indices: as many, none out of range.
    """
    if dims != (0,) or not _is_plain(t):
        return None
    array, index = live(t), ready_array(indices[0])
    return None if array is None or index is None else _made(array.take(index, axis=0))
