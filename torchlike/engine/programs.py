"""Running a trace: its signature finds a plan, the plan runs compiled programs."""

from __future__ import annotations

from collections import Counter
from sys import getrefcount
from typing import TYPE_CHECKING

from torchlike.engine import plans, platform, reports
from torchlike.engine.repetition import Repetition

if TYPE_CHECKING:
    from torchlike.engine.trace import Trace

__all__ = ["MIN_DONATED", "run"]

# Taking over the memory of a small array saves nothing.
MIN_DONATED = 1 << 16


def run(trace: Trace, live: tuple[int, ...]) -> tuple[list, Repetition | None]:
    """Run a trace.

    Returns:
        The arrays of its live results, and what several like it come to, if it has the one program that a loop runs.
    """
    reports.totals.flushes += 1
    dead = _donatable(trace, live) if trace.donors else frozenset()
    plan = plans.plan_for(trace.code, live, dead, platform.of(trace.leaves), trace.seam)
    with platform.program_config():
        arrays = plan.run(trace.leaves, trace.floats, trace.ints)
    if not (plan.settled and plan.whole):
        return arrays, None
    program = plan.programs[0]
    if program.repetition is None:
        program.repetition = Repetition(trace.code, plan)
    program.repetition.consider(plan)
    return arrays, program.repetition


def _donatable(trace: Trace, live: tuple[int, ...]) -> frozenset[int]:
    """The leaves that nobody else holds and whose aval some live result has.

    Another thread's trace, or one put aside, holds arrays without their values: then the array has a further reference
    besides the list of leaves and the argument of the count.
    """
    leaves = trace.leaves
    dead = [(i, a) for i, a, held in trace.donors if held() is None and getrefcount(leaves[i]) == 2]
    if not dead:
        return frozenset()
    wanted = Counter([trace.results[k].aval for k in live])
    taken = []
    for i, a in dead:
        if wanted[a] > 0:
            wanted[a] -= 1
            taken.append(i)
    return frozenset(taken)
