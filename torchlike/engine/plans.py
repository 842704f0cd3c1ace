"""Plans: how a trace is run. Whole, or in segments that share programs, or operator by operator; decided by cost.

A signature (the trace's code, its live results, its donatable leaves) finds its plan. A signature seen for the first
time is cut into segments where that is cheaper than compiling it whole, single operators running through their own
kernels; a signature that comes again in the rhythm of a loop is compiled whole, unless it is so long that compiling it
would take seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

import numpy as np

from torchlike.engine import blocks, platform, reports, segments, settings
from torchlike.engine.blocks import Program
from torchlike.engine.entries import Entry
from torchlike.engine.pieces import Piece, Steps, link
from torchlike.engine.platform import FAIR, FULL, QUICK

__all__ = ["Numbers", "Plan", "note", "plan_for"]

# Seconds, from benchmarks/RESULTS.md: compiling a program, and what each further operator adds.
_COMPILE = 0.030
_COMPILE_EACH = 0.001
# A longer trace is never compiled whole.
MAX_WHOLE = 400
# A loop's iteration has at most so many traces.
_MAX_LOOP = 8
_MAX_PLANS = 512
# What is worth a pass over a trace's code, in entries and slots, each time that it is run.
_LONG_KEY = 512


class Numbers:
    """The Python numbers that a program reads.

    Attributes:
        floats, ints: which of the trace's.
    """

    __slots__ = ("floats", "ints", "_seen", "_sent")

    def __init__(self, floats: tuple[int, ...], ints: tuple[int, ...]) -> None:
        self.floats = floats
        self.ints = ints
        self._seen: tuple[bytes, ...] = ()
        self._sent: list | None = None

    def operands(self, floats: Sequence, ints: Sequence) -> list:
        """The program's last operands: one array of its floats and one of its ints, where it has any.

        Most loops give the same numbers again and again. From the second time on they stay on the device; compared
        are the bytes, for which 0.0 is not -0.0.
        """
        arrays = []
        if self.floats:
            arrays.append(np.array([floats[k] for k in self.floats]))
        if self.ints:
            arrays.append(np.array([ints[k] for k in self.ints], np.int64))
        seen = tuple([a.tobytes() for a in arrays])
        if seen != self._seen:
            self._seen, self._sent = seen, None
            return arrays
        if self._sent is None:
            self._sent = [platform.sent(a) for a in arrays]
        return self._sent


class Plan:
    """A trace's programs in order.

    There are many plans and the garbage collector walks through all that they hold, except tuples of numbers: hence
    one of these for each thing that is known of each program.

    Attributes:
        programs: what to run.
        live: the results to return.
        entries: the operators that it runs.
        whole: whether it is one program, whose leaves are the trace's.
        settled: whether it is the one that a loop shall run.
        rehearsed: what is run once beside it, for its programs to be there when they are wanted.
    """

    __slots__ = (
        "programs",
        "live",
        "entries",
        "whole",
        "settled",
        "rehearsed",
        "_numbers",
        "_leaves",
        "_outs",
        "_results",
        "_dropped",
    )

    def __init__(
        self,
        programs: list[Program],
        numbers: list[Numbers | None],
        live: tuple[int, ...],
        entries: list[Entry],
        pieces: Sequence[Piece] = (),
    ) -> None:
        self.programs = programs
        self.live = live
        self.entries = entries
        self.whole = not pieces
        self.settled = len(entries) == 1 or settings.tier == "trace"
        self.rehearsed: Plan | None = None
        self._numbers = numbers
        # Per program: its leaves' slots; of each result kept, the position among the program's and the number here;
        # and the results that nothing reads after it.
        self._leaves = tuple([p.leaves for p in pieces])
        self._outs = tuple(
            [
                tuple([program.position[i] for i in piece.outs])
                for program, piece in zip(programs, pieces, strict=False)
            ]
        )
        self._results = tuple([p.results for p in pieces])
        self._dropped = tuple([p.dropped for p in pieces])

    def run(self, leaves: Sequence, floats: list[float], ints: list[int]) -> list:
        """Run it; the arrays of the live results."""
        if self.rehearsed is not None:
            rehearsed, self.rehearsed = self.rehearsed, None
            rehearsed.run(leaves, floats, ints)
        if self.whole:
            program, numbers = self.programs[0], self._numbers[0]
            arrays = program([*leaves, *numbers.operands(floats, ints)] if numbers is not None else leaves)
            position = program.position
            if len(position) == len(self.live):
                return arrays  # type: ignore[return-value]
            return [arrays[position[k]] for k in self.live]
        results: dict[int, object] = {}
        for program, numbers, slots, outs, kept, dropped in zip(
            self.programs, self._numbers, self._leaves, self._outs, self._results, self._dropped, strict=True
        ):
            operands = [leaves[s >> 2] if s & 3 else results[s >> 2] for s in slots]
            if numbers is not None:
                operands += numbers.operands(floats, ints)
            arrays = program(operands)
            for i, k in zip(outs, kept, strict=True):
                results[k] = arrays[i]
            for k in dropped:
                del results[k]
        return [results[k] for k in self.live]


_plans: OrderedDict[tuple, Plan] = OrderedDict()
_history: deque[Plan] = deque(maxlen=2 * _MAX_LOOP)


def plan_for(
    code: list, live: tuple[int, ...], dead: frozenset[int], on: str, seam: int | None = None
) -> Plan:
    """The plan of a trace, made if need be.

    Args:
        code: the trace's flat code.
        live: the results that someone still holds.
        dead: the leaves whose memory may be taken over.
        on: JAX's platform.
        seam: the result before which a later trace like this one may be cut, if there is such a place.
    """
    key = (_key(code), live, dead)
    plan = _plans.get(key)
    if plan is None:
        steps = Steps(code, live)
        single = len(steps.entries) == 1
        if single or settings.tier == "trace":
            why = "one operator" if single else "the tier was asked for"
            plan = _whole(steps, code, live, dead, why, on, FULL if settings.tier == "trace" else QUICK)
        elif settings.tier == "auto" and blocks.known(tuple(code), frozenset(live), dead, FULL):
            plan = _settled(steps, code, live, dead, on)
        elif settings.tier == "auto" and _begins_again(steps.entries):
            plan = _settled(steps, code, live, dead, on)
            if seam is not None:
                plan.rehearsed = _parts(steps, bisect_left(steps.recorded, seam, 0, len(steps.entries)), on)
        else:
            plan = _cheapest(steps, code, live, dead, on)
        _plans[key] = plan
        if len(_plans) > _MAX_PLANS:
            _plans.popitem(last=False)
    else:
        reports.totals.hits += 1
        if plan is not _history[-1]:  # hashing a long trace costs
            _plans.move_to_end(key)
        if not plan.settled and settings.tier == "auto" and _is_loop(lambda p: p is plan):
            plan = _plans[key] = _settled(Steps(code, live), code, live, dead, on)
    _history.append(plan)
    return plan


def note(plan: Plan, times: int) -> None:
    """Note that traces of a known plan came, and were run by other means."""
    reports.totals.hits += times
    _history.extend([plan] * times)


def _key(code: list) -> tuple:
    """A trace's code as a key; a long one as numbers alone, or the garbage collector would walk through all of them."""
    if len(code) < _LONG_KEY:
        return tuple(code)
    return tuple([x if x.__class__ is int else ~x.id for x in code])


def _is_loop(is_same: Callable[[Plan], bool]) -> bool:
    """Whether the trace about to run comes again in the rhythm of a loop.

    The last trace was the same, or those since it came before are a repetition themselves. A model whose structure
    follows the data repeats a structure now and then, but not a sequence of them.
    """
    h = list(_history)
    # Where most traces differ, one repetition is a coincidence.
    repeats = 2 if len(set(map(id, h))) > _MAX_LOOP else 1
    for d in range(1, min(_MAX_LOOP, len(h)) + 1):
        if is_same(h[-d]):
            span = repeats * d - 1
            return len(h) > span + d - 1 and all(
                h[-1 - i] is h[-1 - i - d] or _alike(h[-1 - i - d].entries, h[-1 - i].entries)
                for i in range(span)
            )
    return False


def _begins_again(entries: list[Entry]) -> bool:
    """Whether a trace without a plan is the next iteration of a loop whose plan is made as if it had come again.

    A loop's first iteration has something more at its beginning (what made the data) or something else at its end
    (an optimizer's first step). Where the loop has its program already, this is an exception to it: a result is read
    in mid-step, or kept, now and then.
    """
    if any(p.settled and _alike(p.entries, entries) for p in _history):
        return False
    return _is_loop(lambda p: _alike(p.entries, entries))


def _alike(earlier: list[Entry], later: list[Entry]) -> bool:
    """Whether two iterations of a loop may differ so: from some beginning on, half of the later one is the same."""
    half = -(-len(later) // 2)
    starts = {0, max(len(earlier) - len(later), 0)}
    if later[0] in earlier:
        starts.add(earlier.index(later[0]))
    return any(earlier[i : i + half] == later[:half] for i in starts)


def _whole(
    steps: Steps, code: list, live: tuple[int, ...], dead: frozenset[int], why: str, on: str, effort: int
) -> Plan:
    """One program for all. Its operands are the trace's own leaves and numbers, so nothing is renumbered."""
    flat = tuple(code)
    program = blocks.find(flat, frozenset(live), dead, why, on, effort)
    numbers = Numbers(
        *[tuple([s >> 2 for s in code if s.__class__ is int and s & 3 == kind]) for kind in (2, 3)]
    )
    return Plan([program], [numbers if numbers.floats or numbers.ints else None], live, steps.entries)


def _settled(steps: Steps, code: list, live: tuple[int, ...], dead: frozenset[int], on: str) -> Plan:
    """What a loop shall run from now on: one program, or a few where one would take too long to compile."""
    if len(steps.entries) <= MAX_WHOLE:
        plan = _whole(steps, code, live, dead, "seen again", on, FULL)
    else:
        pieces = [Piece(steps, low, high) for low, high in segments.join([e.id for e in steps.entries])]
        plan = _in_pieces(steps, pieces, "a part of what was seen again", on, FAIR)
    plan.settled = True
    return plan


def _parts(steps: Steps, at: int, on: str) -> Plan | None:
    """A trace in two parts, as a later one like it will come."""
    while at > 0 and steps.marks[at] - steps.marks[at - 1] == 1:
        at -= 1  # a constant, such as the gradient that the pass starts with, is made for what follows
    if not 0 < at < len(steps.entries):
        return None
    pieces = [Piece(steps, 0, at), Piece(steps, at, len(steps.entries))]
    return _in_pieces(steps, pieces, "a part that may come alone", on, QUICK)


def _cheapest(steps: Steps, code: list, live: tuple[int, ...], dead: frozenset[int], on: str) -> Plan:
    """Segments or the whole, whichever costs less to compile; a tie goes to the whole."""
    n = len(steps.entries)
    ops_only = settings.tier == "ops"
    cuts = [(i, i + 1) for i in range(n)] if ops_only else segments.cut([e.id for e in steps.entries])
    pieces: list[Piece] = []
    cold: dict[tuple, int] = {}
    for low, high in cuts:
        piece = Piece(steps, low, high)
        if piece.code not in cold and not blocks.is_cached(piece.code):
            known = _of_known(steps, low, piece)
            if known is not None:
                pieces += known
                continue
            cold[piece.code] = high - low
        pieces.append(piece)
    segmented = sum(_COMPILE + _COMPILE_EACH * size for size in cold.values())
    if not ops_only and n <= MAX_WHOLE and segmented >= _COMPILE + _COMPILE_EACH * n:
        return _whole(steps, code, live, dead, "first seen", on, QUICK)
    return _in_pieces(steps, pieces, "a segment of a new trace", on, QUICK)


# A stretch is put together from known segments only if it takes no more of them.
_MAX_KNOWN = 3


def _of_known(steps: Steps, low: int, piece: Piece) -> list[Piece] | None:
    """A stretch, itself not known, as a few segments whose programs exist, the longest first, or None."""
    high = low + piece.size
    found: list[Piece] = []
    while len(found) < _MAX_KNOWN:
        # A beginning of a stretch has a beginning of its code.
        code, start = piece.code, steps.marks[low]
        for end in range(high, low, -1):
            if blocks.is_cached(code[: steps.marks[end] - start]):
                break
        else:
            return None
        found.append(Piece(steps, low, end))
        if end == high:
            return found
        low = end
        piece = Piece(steps, low, high)
    return None


def _in_pieces(steps: Steps, pieces: list[Piece], why: str, on: str, effort: int) -> Plan:
    """The plan that runs some pieces, which are the whole trace, with their programs made if need be."""
    link(pieces, steps.live)
    programs: list[Program] = []
    numbers: list[Numbers | None] = []
    for piece in pieces:
        reason = "one operator" if piece.size == 1 else why
        programs.append(blocks.find(piece.code, frozenset(piece.outs), frozenset(), reason, on, effort))
        numbers.append(Numbers(piece.floats, piece.ints) if piece.floats or piece.ints else None)
    blocks.compile_together(programs)
    return Plan(programs, numbers, steps.live, steps.entries, pieces)
