"""Storages and views: who shares memory with whom, when memory is XLA's and arrays never change.

A storage is a cell with the current value. A view is a chain of steps over it; reading replays the steps, writing
through it rebuilds the storage's value with each step's inverse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from torchlike.autograd.nodes import Variable
from torchlike.autograd.operator_nodes import differentiate
from torchlike.engine import Entry, ScalarKind, Value, record
from torchlike.operators.declaration import Operator

__all__ = ["Counter", "Storage", "ViewStep", "contiguous_strides", "read_through", "write_through"]


class Counter:
    """A version counter apart from its storage's: that of a tensor got by `.data`."""

    __slots__ = ("version", "writer")

    def __init__(self) -> None:
        self.version = 0
        self.writer: type | None = None


class Storage:
    """A cell that tensors share.

    Attributes:
        value: what it holds now, in the shape of the tensor that made it.
        version: how often PyTorch would say that it was written to.
        writes: how often it was really written to, `.data` included; views re-read when it has moved on.
        strides: of the memory in that shape, or None if contiguous.
        writer: the kind of node that the last recorded write left, for messages.
        address: what `data_ptr` counts from, 0 until someone asks.
        host: the memory that a `host_memory.HostStorage` is of; others have none.
    """

    __slots__ = ("value", "version", "writes", "strides", "writer", "address", "host", "__weakref__")

    host: Any

    def __init__(self, value: Value) -> None:
        self.value = value
        self.version = 0
        self.writes = 0
        self.strides: tuple[int, ...] | None = None
        self.writer: type | None = None
        self.address = 0

    def shows(self, t: Any, value: Value) -> bool:
        """Whether a tensor of it still shows a value; False where that is to be looked into."""
        if t._view is None:
            return self.value is value
        return t._cached is value and t._seen == self.writes

    def part(self, t: Any) -> Value:
        """What a view of it shows now."""
        return read_through(self.value, t._view)


class ViewStep:
    """One view operator on one shape.

    Attributes:
        op: the operator.
        key: its entry's key; a number that is an input of the program stands there as its kind.
        read: the entry.
        numbers: those numbers.
    """

    __slots__ = ("op", "key", "read", "numbers")

    def __init__(self, op: Operator, key: tuple, read: Entry, numbers: tuple = ()) -> None:
        self.op = op
        self.key = key
        self.read = read
        self.numbers = numbers

    def write(self, base: Any, new: Any, numbers: tuple) -> Any:
        """The array `base` with the viewed part replaced by `new`."""
        rule = self.op.view
        assert rule is not None
        left = iter(numbers)
        arguments = [next(left) if isinstance(k, ScalarKind) else k for k in self.key[1:]]
        return rule.write(base, new, *arguments)


# Per chain of steps, named by their entries: the entry that reads through it and the one that writes through it.
_reads: dict[tuple[Entry, ...], Entry] = {}
_writes: dict[tuple[Entry, ...], Entry] = {}
_MAX_CHAINS = 4096


def _numbers(steps: tuple[ViewStep, ...]) -> tuple:
    return steps[0].numbers if len(steps) == 1 else tuple([n for step in steps for n in step.numbers])


def _divided(steps: tuple[ViewStep, ...], numbers: tuple) -> list[tuple]:
    """Per step, its own of the numbers."""
    parts, start = [], 0
    for step in steps:
        parts.append(numbers[start : start + len(step.numbers)])
        start += len(step.numbers)
    return parts


def _chain(known: dict, steps: tuple[ViewStep, ...], make: Callable) -> Entry:
    key = tuple([step.read for step in steps])
    found = known.get(key)
    if found is None:
        if len(known) >= _MAX_CHAINS:
            known.clear()
        found = known[key] = make(steps)
    return found


def _make_read(steps: tuple[ViewStep, ...]) -> Entry:
    def read(base: Any, *numbers: Any) -> tuple:
        for step, own in zip(steps, _divided(steps, numbers), strict=True):
            (base,) = step.read.fn(base, *own)
        return (base,)

    kinds = [kind for step in steps for kind in step.read.in_avals[1:]]
    return Entry("view", read, [steps[0].read.in_avals[0], *kinds], shown=(0,))


def _make_write(steps: tuple[ViewStep, ...]) -> Entry:
    def write(base: Any, new: Any, *numbers: Any) -> tuple:
        parts = _divided(steps, numbers)
        inputs = [base]
        for step, own in zip(steps[:-1], parts, strict=False):
            inputs += step.read.fn(inputs[-1], *own)
        for step, before, own in zip(reversed(steps), reversed(inputs), reversed(parts), strict=True):
            new = step.write(before, new, own)
        return (new,)

    kinds = [kind for step in steps for kind in step.read.in_avals[1:]]
    in_avals = [steps[0].read.in_avals[0], steps[-1].read.out_avals[0], *kinds]
    return Entry("view_write", write, in_avals, shown=(0, 1))


def read_through(value: Any, steps: tuple[ViewStep, ...], name: str = "AsStridedBackward0") -> Any:
    """The part of a base that a view shows: a `Value` of a `Value`, a `Variable` of a `Variable`, by a node `name`."""
    if not steps:
        return value
    entry = steps[0].read if len(steps) == 1 else _chain(_reads, steps, _make_read)
    if isinstance(value, Variable):
        return differentiate(entry, [value, *_numbers(steps)], name)[0]
    return record(entry, (value, *_numbers(steps)))[0]


def write_through(base: Any, new: Any, steps: tuple[ViewStep, ...]) -> Any:
    """The base with the part that a view shows replaced by `new`: a `Variable` if both are."""
    if not steps:
        return new
    entry = _chain(_writes, steps, _make_write)
    if isinstance(base, Variable):
        return differentiate(entry, [base, new, *_numbers(steps)], "AsStridedScatterBackward0")[0]
    return record(entry, (base, new, *_numbers(steps)))[0]


@lru_cache(maxsize=8192)
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
