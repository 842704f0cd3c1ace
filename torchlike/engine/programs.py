"""Running a trace: the two tiers, and the bounded cache of compiled programs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from torchlike.engine import platform, settings
from torchlike.engine.entries import Entry

if TYPE_CHECKING:
    from torchlike.engine.trace import Trace

__all__ = ["report", "run"]

_programs: OrderedDict[tuple, Callable] = OrderedDict()
_MAX_PROGRAMS = 512
_counts = {"compiles": 0, "kernel_compiles": 0, "runs": 0}


def steps_of(code: list) -> list[tuple[Entry, tuple[int, ...]]]:
    """The flat code as (entry, input slots) pairs."""
    steps = []
    i, n = 0, len(code)
    while i < n:
        entry = code[i]
        end = i + 1 + len(entry.in_avals)
        steps.append((entry, tuple(code[i + 1 : end])))
        i = end
    return steps


def run(trace: Trace, live: tuple[int, ...], why: str) -> list:
    """Run a trace and return the arrays of its live results."""
    _counts["runs"] += 1
    steps = steps_of(trace.code)
    with platform.engine_config():
        if settings.tier == "ops" or len(steps) == 1:
            return _run_operators(steps, trace, live)
        key = (tuple(trace.code), live)
        program = _programs.get(key)
        if program is None:
            program = platform.jit(_whole(steps, live))
            _counts["compiles"] += 1
            _programs[key] = program
            if len(_programs) > _MAX_PROGRAMS:
                _programs.popitem(last=False)
        else:
            _programs.move_to_end(key)
        return program(trace.leaves, np.array(trace.floats), np.array(trace.ints, dtype=np.int64))


def _whole(steps: list, live: tuple[int, ...]) -> Callable:
    """The trace as one function of its leaves and numbers."""

    def program(leaves, floats, ints):  # type: ignore[no-untyped-def]
        results: list = []
        for entry, slots in steps:
            operands = []
            for slot in slots:
                kind, k = slot & 3, slot >> 2
                operands.append(
                    results[k] if kind == 0 else leaves[k] if kind == 1 else floats[k] if kind == 2 else ints[k]
                )
            results += entry.fn(*operands)
        # An output that is an input would share its buffer, and a later donation would pull it away.
        inputs = {id(x) for x in leaves}
        return [jnp.copy(results[i]) if id(results[i]) in inputs else results[i] for i in live]

    return program


def _run_operators(steps: list, trace: Trace, live: tuple[int, ...]) -> list:
    """Run operator by operator, each through its entry's own kernel."""
    needed = set(live)
    starts = []
    position = 0
    for entry, _ in steps:
        starts.append(position)
        position += len(entry.out_avals)
    keep = [False] * len(steps)
    for i in range(len(steps) - 1, -1, -1):
        entry, slots = steps[i]
        if any(k in needed for k in range(starts[i], starts[i] + len(entry.out_avals))):
            keep[i] = True
            needed.update(s >> 2 for s in slots if s & 3 == 0)
    results: dict[int, jax.Array] = {}
    for i, (entry, slots) in enumerate(steps):
        if not keep[i]:
            continue
        operands = []
        for slot, a in zip(slots, entry.in_avals, strict=True):
            kind, k = slot & 3, slot >> 2
            if kind == 0:
                operands.append(results[k])
            elif kind == 1:
                operands.append(trace.leaves[k])
            elif kind == 2:
                operands.append(np.float64(trace.floats[k]))
            else:
                operands.append(np.int64(trace.ints[k]))
        if entry.kernel is None:
            entry.kernel = platform.jit(_unshared(entry.fn))
            _counts["kernel_compiles"] += 1
        for k, x in enumerate(entry.kernel(*operands), starts[i]):
            results[k] = x
    return [results[i] for i in live]


def _unshared(fn: Callable) -> Callable:
    def kernel(*operands):  # type: ignore[no-untyped-def]
        inputs = {id(x) for x in operands}
        return [jnp.copy(x) if id(x) in inputs else x for x in fn(*operands)]

    return kernel


def report() -> dict[str, int]:
    """How many programs were compiled and run."""
    return dict(_counts)


