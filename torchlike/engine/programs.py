"""Running a trace: its signature finds a plan, the plan runs compiled programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax

from torchlike.engine import plans, platform, reports

if TYPE_CHECKING:
    from torchlike.engine.trace import Trace

__all__ = ["run"]

# Taking over the memory of a small array saves nothing.
_MIN_DONATED = 1 << 16


def run(trace: Trace, live: tuple[int, ...]) -> list:
    """Run a trace and return the arrays of its live results."""
    reports.totals.flushes += 1
    plan = plans.plan_for(trace.code, live, _donatable(trace, live), platform.of(trace.leaves))
    with platform.engine_config():
        return plan.run(trace.leaves, trace.floats, trace.ints)


def _donatable(trace: Trace, live: tuple[int, ...]) -> frozenset[int]:
    """The leaves that nobody else holds and whose shape and dtype some live result has."""
    dead = [
        i
        for i, (held, array) in enumerate(zip(trace.leaf_refs, trace.leaves, strict=True))
        if held() is None and array.nbytes >= _MIN_DONATED and isinstance(array, jax.Array)
    ]
    if not dead:
        return frozenset()
    wanted: dict[tuple, int] = {}
    avals = trace.out_avals()
    for k in live:
        a = avals[k]
        wanted[tuple(a.shape), a.dtype.np] = wanted.get((tuple(a.shape), a.dtype.np), 0) + 1
    taken = []
    for i in dead:
        key = (trace.leaves[i].shape, trace.leaves[i].dtype)
        if wanted.get(key, 0) > 0 and not trace.shared[i]:
            wanted[key] -= 1
            taken.append(i)
    return frozenset(taken)
