"""Storages and views: who shares memory with whom, when memory is XLA's and arrays never change.

A storage is a cell with the current value. A view is a chain of steps over it; reading replays the steps, writing
through it rebuilds the storage's value with each step's inverse.
"""

from __future__ import annotations

from typing import Any

from torchlike.autograd.graph import Variable, differentiate
from torchlike.engine import Entry, Value, record
from torchlike.operators.declaration import Operator

__all__ = ["Counter", "Storage", "ViewStep", "contiguous_strides", "read_through", "write_through"]


class Counter:
    """A version counter apart from its storage's: that of a tensor got by `.data`."""

    __slots__ = ("version",)

    def __init__(self) -> None:
        self.version = 0


class Storage:
    """A cell that tensors share.

    Attributes:
        value: what it holds now, in the base tensor's shape.
        version: how often PyTorch would say that it was written to.
        writes: how often it was really written to, `.data` included; views re-read when it has moved on.
        strides: of the base tensor's memory, or None if contiguous.
    """

    __slots__ = ("value", "version", "writes", "strides")

    def __init__(self, value: Value) -> None:
        self.value = value
        self.version = 0
        self.writes = 0
        self.strides: tuple[int, ...] | None = None


class ViewStep:
    """One view operator on one shape."""

    __slots__ = ("op", "key", "read")

    def __init__(self, op: Operator, key: tuple, read: Entry) -> None:
        self.op = op
        self.key = key
        self.read = read

    @property
    def write(self) -> Entry:
        """The inverse: (base, new part) to the base with that part replaced."""
        found = _writes.get(self.read)
        if found is None:
            static, rule = self.key[1:], self.op.view
            assert rule is not None

            def write(base: Any, new: Any) -> tuple:
                return (rule.write(base, new, *static),)

            if len(_writes) > 4096:
                _writes.clear()
            found = Entry(f"{self.op.name}_write", write, [self.read.in_avals[0], self.read.out_avals[0]])
            _writes[self.read] = found
        return found


_writes: dict[Entry, Entry] = {}


def read_through(value: Any, steps: tuple[ViewStep, ...]) -> Any:
    """The part of a base that a view shows: a `Value` of a `Value`, a `Variable` of a `Variable`."""
    if isinstance(value, Variable):
        for step in steps:
            value = differentiate(step.read, [value], "AsStridedBackward0")[0]
        return value
    for step in steps:
        value = record(step.read, (value,))[0]
    return value


def write_through(base: Any, new: Any, steps: tuple[ViewStep, ...]) -> Any:
    """The base with the part that a view shows replaced by `new`."""
    differentiable = isinstance(base, Variable)
    inputs = [base]
    for step in steps[:-1]:
        inputs.append(read_through(inputs[-1], (step,)))
    for step, before in zip(reversed(steps), reversed(inputs), strict=True):
        if differentiable:
            new = differentiate(step.write, [before, new], "AsStridedScatterBackward0")[0]
        else:
            new = record(step.write, (before, new))[0]
    return new


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major strides, in elements; a dimension of size 0 counts as 1, as in PyTorch.

    Example:
        >>> contiguous_strides((2, 3))
        (3, 1)
    """
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))
