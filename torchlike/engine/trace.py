"""The pending trace: operators recorded and not yet run.

A `Trace` is used once: it collects operators until something needs a value, is run, and a fresh one takes its place.
Inputs and outputs are named by slots, small ints: `4k` the k-th result, `4k+1` the k-th leaf (a concrete array),
`4k+2` the k-th Python float, `4k+3` the k-th Python int. So Python numbers are inputs of the program, not constants.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import ref

import numpy as np

from torchlike.engine import platform, programs, rhythm, settings
from torchlike.engine.entries import Entry
from torchlike.engine.repetition import AT_MOST, Repetition
from torchlike.engine.values import FAILED, UNHELD, Aval, Value, counts, is_traced

__all__ = [
    "Trace",
    "begin_backward",
    "begin_module",
    "current",
    "dispatch",
    "eager",
    "end_step",
    "end_updates",
    "note_update",
    "record",
]


# One for all threads: a trace may have to run another thread's, and two that wait for each other would wait forever.
_lock = threading.RLock()


class Trace:
    """The operators of one thread since its last run."""

    __slots__ = (
        "code",
        "results",
        "leaves",
        "donors",
        "before",
        "like",
        "awaited",
        "read",
        "floats",
        "ints",
        "nbytes",
        "limit",
        "closed",
        "error",
        "passes",
        "backward_at",
        "updated",
        "seam",
        "modules",
    )

    def __init__(self, limit: int) -> None:
        self.code: list = []
        self.results: list[Value] = []
        self.leaves: list = []
        # The leaves whose memory is worth taking over, if nothing holds them when the trace runs.
        self.donors: list[tuple[int, Aval, ref]] = []
        # The step that was held back when this trace began, and the leaves which that is still to compute; what this
        # one, held back in its turn, has in common with that.
        self.before: Trace | None = None
        self.like: Repetition | None = None
        self.awaited: list[int] = []
        self.floats: list[float] = []
        self.ints: list[int] = []
        # The bytes of its results, and of its leaves.
        self.nbytes = self.read = 0
        # At this slot `rhythm` is asked whether to run.
        self.limit = 4 * limit
        # Whether it takes no further operators: the next one runs it and starts a fresh trace.
        self.closed = False
        self.error: BaseException | None = None
        # What the floors above told of it: how many backward passes it holds, before which result the last one began,
        # whether what requires grad was written to behind one, and the modules called without a graph.
        self.passes = 0
        self.backward_at = 0
        self.updated = False
        # Before which result a later trace like this one may be cut.
        self.seam: int | None = None
        self.modules: set[int] = set()

    def leaf(self, value: Value) -> int:
        """The slot of a concrete value, entering it as a leaf; a foreign trace's pending value is run first."""
        array: object = value.array
        nbytes = value.aval.nbytes
        leaves = self.leaves
        if array is None:
            if self.before is not None and nbytes < programs.MIN_DONATED and self._follows(value.trace):
                self.awaited.append(len(leaves))
                array = value
            else:
                array = value.get()
        if type(array) is np.ndarray:
            # A host array that is read once may travel with the call; one that is read again is worth sending.
            value.uses += 1
            on = value.aval.device
            if value.uses > 1 or not platform.is_default(on):
                array = value.array = platform.put(array, on)
        value.trace = self
        value.slot = slot = 4 * len(leaves) + 1
        if nbytes >= programs.MIN_DONATED and not value.shared and type(array) is not np.ndarray:
            self.donors.append((len(leaves), value.aval, ref(value)))
        leaves.append(array)
        self.read += nbytes
        return slot

    def _follows(self, other: Trace) -> bool:
        """Whether another trace is a step held back, of which there are few, and runs before this one."""
        trace = self.before
        while trace is not None and trace is not other:
            trace = trace.before
        return trace is not None

    def abandon(self, inputs: Sequence) -> None:
        """Forget what was entered for an operator that could not be recorded: a program takes no unread operand."""
        slots = [s for s in self.code if s.__class__ is int]
        leaves, floats, ints = (
            1 + max((s >> 2 for s in slots if s & 3 == kind), default=-1) for kind in (1, 2, 3)
        )
        for v in inputs:
            if v.__class__ is Value and v.trace is self and v.slot & 3 == 1 and v.slot >> 2 >= leaves:
                v.trace, v.slot = self._origin(v)
        del self.leaves[leaves:], self.floats[floats:], self.ints[ints:]
        self.awaited = [i for i in self.awaited if i < leaves]
        self.donors = [d for d in self.donors if d[0] < leaves]

    def _origin(self, value: Value) -> tuple[Trace | None, int]:
        """The step held back that computes a value, and its slot there."""
        step = self.before if value.array is None else None
        while step is not None:
            for k, result in enumerate(step.results):
                if result is value:
                    return step, 4 * k
            step = step.before
        return None, 0

    def live(self) -> list[int]:
        """The results that someone else holds, and may come to read."""
        return [i for i, n in enumerate(counts(self.results)) if n > UNHELD]

    def flush(self) -> None:
        """Run everything pending and give the live values their arrays."""
        with _lock:
            # A thread that reads this one's value runs its trace: whoever records next must see that it is done.
            self.closed = True
            if _local.trace is self:
                _local.trace = Trace(_local.rhythm.limit)
            if self.error is not None:
                raise RuntimeError("an earlier run of this trace failed") from self.error
            if self.before is not None and self._run_with_those_before():
                return
            self._arrive()
            live = self.live()
            if live:
                try:
                    arrays, _local.rhythm.settled = programs.run(self, tuple(live))
                except BaseException as error:
                    self.error = error
                    raise
                self._take(zip(live, arrays, strict=True))
            self._forget()

    def _run_with_those_before(self) -> bool:
        """Run the steps held back before this one; with them this one, if they are one program."""
        steps = [self] if self.like is not None else []
        earlier, self.before = self.before, None
        while earlier is not None:
            if earlier.results:
                steps.append(earlier)
            earlier.closed = True
            earlier.before, earlier = None, earlier.before
        steps.reverse()
        like = steps[0].like if len(steps) > 1 else None
        if like is not None and all([s.like is like and s.error is None for s in steps]):
            first, last = steps[0], steps[-1]
            first._arrive()
            try:
                arrays = like.run(steps)
            except BaseException as error:
                first.error = error
                raise
            if arrays is not None:
                last._take(arrays)
                for step in steps:
                    step._forget()
                return last is self
        for step in steps:
            if step is not self:
                step.flush()
        return False

    def _arrive(self) -> None:
        """Put in place of the leaves which a step held back was still to compute what it did compute."""
        for i in self.awaited:
            if self.leaves[i].array is None:
                raise RuntimeError(FAILED)
            self.leaves[i] = self.leaves[i].array
        self.awaited = []

    def _take(self, arrays: Iterable[tuple[int, Any]]) -> None:
        """Give results their arrays."""
        results = self.results
        for i, array in arrays:
            value = results[i]
            value.array = array
            # It may be a leaf of a later trace by now.
            if value.trace is self:
                value.trace = None

    def _forget(self) -> None:
        """Hold nothing: values that were leaves here keep a reference to this object."""
        self.code = self.results = self.leaves = self.donors = ()  # type: ignore[assignment]


class _Local(threading.local):
    def __init__(self) -> None:
        self.rhythm = rhythm.Rhythm(settings.eager)
        self.trace = Trace(self.rhythm.limit)


_local = _Local()


def current() -> Trace:
    """This thread's pending trace."""
    return _local.trace


# A loop's steps of so few bytes, read and written, are held back until a few of them run one after the other.
_SMALL = 1 << 18
_HELD = AT_MOST


def _after(step: Trace) -> Trace:
    """The trace that follows one which is closed, and which is run unless it is better held back.

    A small program takes less time than waking the thread that runs it, which sleeps between two steps of a small
    model. So where a loop has its program, a few of its steps are handed over together. What anyone reads meanwhile
    is computed at once, as always.
    """
    like = _local.rhythm.settled
    if like is not None and step.code == like.code and step.nbytes + step.read <= _SMALL and not step.donors:
        # What compiles late is for the plainest loops only: those that go backward once and end in an optimizer's step.
        step.like = like if step.passes == 1 and step.seam is None else None
        held, earlier = 1, step.before
        while earlier is not None:
            held, earlier = held + 1, earlier.before
        if held < _HELD:
            _local.trace = trace = Trace(_local.rhythm.limit)
            trace.before = step
            return trace
    step.flush()
    return _local.trace


_new = object.__new__


def record(entry: Entry, inputs: Sequence) -> list[Value]:
    """Append an operator to the pending trace.

    Args:
        entry: the operator.
        inputs: a `Value` per tensor input, a Python number per scalar one, in the entry's order.

    Returns:
        A new pending `Value` per output.
    """
    with _lock:
        trace = _local.trace
        if trace.closed:
            trace = _after(trace)
        step: list = [entry]
        try:
            for v in inputs:
                kind = v.__class__
                if kind is Value:
                    if v.trace is trace:
                        step.append(v.slot)
                    else:
                        if v.array is not None and is_traced(v.array):
                            trace.abandon(inputs)
                            return _run_now(entry, inputs)
                        step.append(trace.leaf(v))
                elif kind is float:
                    step.append(4 * len(trace.floats) + 2)
                    trace.floats.append(v)
                else:
                    step.append(4 * len(trace.ints) + 3)
                    trace.ints.append(int(v))
        except BaseException:
            trace.abandon(inputs)
            raise
        trace.code += step
        results = trace.results
        slot = 4 * len(results)
        outs = []
        for a in entry.out_avals:
            # What `Value(a, None, trace, slot)` does, without the call: there is one for every result of a program.
            value = _new(Value)
            value.aval = a
            value.array = value.bounds = None
            value.trace = trace
            value.slot = slot
            value.shared = False
            value.uses = 0
            slot += 4
            outs.append(value)
        results += outs
        trace.nbytes = nbytes = trace.nbytes + entry.nbytes
        if slot >= trace.limit or nbytes > settings.max_pending_bytes:
            _local.rhythm.consider(trace)
    return outs


def _run_now(entry: Entry, inputs: Sequence) -> list[Value]:
    """Run an operator at once, for inputs that hold JAX's tracers."""
    # What else is pending is no part of what JAX traces.
    with platform.outside_tracing():
        for v in inputs:
            if v.__class__ is Value:
                v.get()
    arrays = [
        v.get() if v.__class__ is Value else a.np(v)  # type: ignore[union-attr]
        for v, a in zip(inputs, entry.in_avals, strict=True)
    ]
    with platform.engine_config():
        outs = entry.fn(*arrays)
    return [Value(a, x) for a, x in zip(entry.out_avals, outs, strict=True)]


def dispatch() -> None:
    """Start the pending trace without waiting for its results."""
    trace = _local.trace
    if trace.results or trace.before is not None:
        trace.flush()


def end_step() -> None:
    """End a training step: what is recorded next belongs to another program.

    On an accelerator the step starts at once. On the CPU, which has nothing to gain from starting while Python goes
    on, it starts with the next step's first operator: by then most loops have dropped the gradients, which so never
    need to be written to memory.
    """
    trace = _local.trace
    if not trace.results:
        return
    _local.rhythm.step_ended(trace)
    if platform.accelerator() is None:
        trace.closed = True
    else:
        trace.flush()


def begin_backward() -> None:
    """A backward pass begins."""
    trace = _local.trace
    if trace.closed:
        trace = _after(trace)
    elif _local.rhythm.pass_begins(trace):
        trace.flush()
        trace = _local.trace
    trace.passes += 1
    trace.backward_at = len(trace.results)


def note_update() -> None:
    """A tensor that requires grad is written to outside of the graph, as an update by hand does."""
    trace = _local.trace
    trace.updated = trace.passes > 0


def end_updates() -> None:
    """The graph is recorded again: if there were updates by hand, they were the end of a step.

    Such a loop often prints its loss now and then, before it goes backward.
    """
    trace = _local.trace
    if trace.updated and not trace.closed:
        if trace.passes == 1:
            trace.seam = trace.backward_at
        end_step()


def begin_module(module: object) -> None:
    """A module is called without a graph, by no other module: a loop that calls it again begins its next iteration."""
    trace = _local.trace
    if id(module) in trace.modules and not trace.closed:
        dispatch()
        trace = _local.trace
    trace.modules.add(id(module))


@contextmanager
def eager(enabled: bool = True):
    """Run each operator at once inside the block, as `TORCHLIKE_EAGER=1` does for the whole process.

    Example:
        >>> import torchlike as torch
        >>> with torch.engine.eager():
        ...     y = torch.ones(2) + 1
    """
    dispatch()
    before = _local.rhythm
    _local.rhythm = rhythm.Rhythm(enabled)
    _local.trace = Trace(_local.rhythm.limit)
    try:
        yield
    finally:
        dispatch()
        _local.rhythm = before
        _local.trace = Trace(before.limit)
