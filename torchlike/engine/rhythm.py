"""When to run a trace that nobody asks for: bounded, and always at the same place of a loop.

A loop without a sync point (updates by hand, inference that only collects outputs) would be cut wherever a plain
counter struck, each time elsewhere in its body, and every cut would make a new signature. So a trace is cut where the
operators so far are a whole number of periods; and once a period is known, the next trace is cut after as many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlike.engine import settings
from torchlike.engine.entries import Entry

if TYPE_CHECKING:
    from torchlike.engine.repetition import Repetition
    from torchlike.engine.trace import Trace

__all__ = ["Rhythm", "SOFT_LIMIT"]

# Results after which a period is looked for; and how many a cut by a known period has at least.
SOFT_LIMIT = 256
_MIN_CUT = 48
# Results after which a trace is run wherever it is.
_HARD_LIMIT = 16384
_MAX_PASSES = 8


class Rhythm:
    """A thread's loop, as far as its traces tell.

    Attributes:
        eager: whether every operator is run at once.
        pattern: the entries of one cut's worth of periods, or None while no period is known.
        limit: the results after which the next trace is looked at.
        max_passes: the backward passes that a trace holds at most.
        settled: what several traces like the last that was run come to, if that has the program which a loop runs.
    """

    __slots__ = ("eager", "pattern", "limit", "max_passes", "settled")

    def __init__(self, eager: bool = False) -> None:
        self.eager = eager
        self.pattern: list[Entry] | None = None
        self.limit = 1 if eager else SOFT_LIMIT
        self.max_passes = _MAX_PASSES
        self.settled: Repetition | None = None

    def consider(self, trace: Trace) -> None:
        """Run the trace if it is at a good place, or say when to ask again."""
        if self.eager:
            trace.flush()
            return
        entries = [e for e in trace.code if e.__class__ is Entry]
        count = len(trace.results)
        if count >= _HARD_LIMIT or self._holds_too_much(trace):
            trace.flush()
            return
        if trace.passes:
            trace.limit = 4 * _HARD_LIMIT
            return
        if self.pattern is not None:
            if entries == self.pattern:
                trace.flush()
                return
            self.pattern, self.limit = None, SOFT_LIMIT
            if count < SOFT_LIMIT:
                trace.limit = 4 * SOFT_LIMIT
                return
        period = _period(entries)
        if period is None or len(trace.live()) > count // 4:
            # Not a loop that lets go of its results, such as a long forward pass: look again later.
            trace.limit = 8 * count
            return
        beyond = len(entries) % period
        if beyond == 0:
            outs = sum(len(e.out_avals) for e in entries[-period:])
            times = -(-_MIN_CUT // outs)
            self.pattern = entries[-period:] * times
            self.limit = outs * times
            trace.flush()
        else:
            trace.limit = 4 * (
                count + sum(len(e.out_avals) for e in entries[-period : len(entries) - beyond])
            )

    def step_ended(self, trace: Trace) -> None:
        """Where steps are ended by those who know, the next one is given room to end likewise."""
        if not self.eager:
            self.max_passes = _MAX_PASSES
            self.pattern, self.limit = None, max(SOFT_LIMIT, 2 * len(trace.results))

    def pass_begins(self, trace: Trace) -> bool:
        """Whether to run the trace before a backward pass that begins.

        What holds a pass ends with an update, and is no place for guesses before. Gradients of a few batches may be
        added up for one update; but where no update is ever seen, each pass ends a trace once there were many in one.
        """
        if self.eager:
            return False
        if trace.passes < self.max_passes:
            trace.limit = 4 * _HARD_LIMIT
            return False
        self.max_passes = 1
        return True

    def _holds_too_much(self, trace: Trace) -> bool:
        if trace.nbytes <= settings.max_pending_bytes:
            return False
        held = sum(trace.results[i].aval.nbytes for i in trace.live())
        trace.nbytes = held
        return held > settings.max_pending_bytes


def _period(entries: list[Entry]) -> int | None:
    """The length of what the sequence ends with at least twice, or None."""
    n = len(entries)
    last = entries[-1]
    for p in range(1, n // 2 + 1):
        if entries[n - 1 - p] is last and entries[n - p :] == entries[n - 2 * p : n - p]:
            return p
    return None
