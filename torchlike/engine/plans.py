"""Plans: how a trace is run. Whole, or in segments that share programs, or operator by operator; decided by cost.

A signature (the trace's code, its live results, its donatable leaves) finds its plan. A signature seen for the first
time is cut into segments where that is cheaper than compiling it whole, single operators running through their own
kernels; a signature that comes again in the rhythm of a loop is compiled whole, unless it is so long that compiling it
would take seconds.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

import numpy as np

from torchlike.engine import blocks, reports, segments, settings
from torchlike.engine.blocks import Block, Program, Step
from torchlike.engine.entries import Entry

__all__ = ["Plan", "plan_for"]

# Seconds, from benchmarks/RESULTS.md: compiling a program, and what each further operator adds.
_COMPILE = 0.030
_COMPILE_EACH = 0.001
# A longer trace is never compiled whole.
MAX_WHOLE = 400
# A loop's iteration has at most so many traces.
_MAX_LOOP = 8
_MAX_PLANS = 512


class Call:
    """One program of a plan and where its operands come from: global slots, in the program's order."""

    __slots__ = ("program", "leaves", "floats", "ints", "stores")

    def __init__(
        self,
        program: Program,
        leaves: tuple[int, ...],
        floats: tuple[int, ...],
        ints: tuple[int, ...],
        stores: tuple[tuple[int, int], ...],
    ) -> None:
        self.program = program
        self.leaves = leaves
        self.floats = floats
        self.ints = ints
        # (position among the program's outputs, global result)
        self.stores = stores


class Plan:
    """A trace's programs in order.

    Attributes:
        calls: what to run.
        live: the results to return.
        operators: how many it runs.
        whole: whether it is one program.
        settled: whether it is the one that a loop shall run.
    """

    __slots__ = ("calls", "live", "operators", "whole", "settled", "last_use")

    def __init__(self, calls: list[Call], live: tuple[int, ...], operators: int, whole: bool) -> None:
        self.calls = calls
        self.live = live
        self.operators = operators
        self.whole = whole
        self.settled = operators == 1 or settings.tier == "trace"
        # results[k] may be dropped behind the call that reads it last.
        self.last_use: list[list[int]] = [[] for _ in calls]
        if not whole:
            kept, seen = set(live), set()
            for i in range(len(calls) - 1, -1, -1):
                for slot in calls[i].leaves:
                    if slot & 3 == 0 and (k := slot >> 2) not in seen and k not in kept:
                        seen.add(k)
                        self.last_use[i].append(k)

    def run(self, leaves: Sequence, floats: list[float], ints: list[int]) -> list:
        """Run it; the arrays of the live results."""
        if self.whole:
            call = self.calls[0]
            operands = list(leaves)
            if floats:
                operands.append(np.array(floats))
            if ints:
                operands.append(np.array(ints, np.int64))
            outs = call.program(operands)
            position = call.program.position
            if len(position) == len(self.live):
                return outs  # type: ignore[return-value]
            return [outs[position[k]] for k in self.live]
        results: dict[int, object] = {}
        for call, dropped in zip(self.calls, self.last_use, strict=True):
            operands = [results[s >> 2] if s & 3 == 0 else leaves[s >> 2] for s in call.leaves]
            if call.floats:
                operands.append(np.array([floats[k] for k in call.floats]))
            if call.ints:
                operands.append(np.array([ints[k] for k in call.ints], np.int64))
            outs = call.program(operands)
            for i, k in call.stores:
                results[k] = outs[i]
            for k in dropped:
                results.pop(k, None)
        return [results[k] for k in self.live]


_plans: OrderedDict[tuple, Plan] = OrderedDict()
_history: deque[Plan] = deque(maxlen=2 * _MAX_LOOP)


def plan_for(code: list, live: tuple[int, ...], dead: frozenset[int], on: str) -> Plan:
    """The plan of a trace, made if need be.

    Args:
        code: the trace's flat code.
        live: the results that someone still holds.
        dead: the leaves whose memory may be taken over.
        on: JAX's platform.
    """
    key = (tuple(code), live, dead)
    plan = _plans.get(key)
    if plan is None:
        steps = _needed(segments.steps_of(code), live)
        if len(steps) == 1 or settings.tier == "trace":
            why = "one operator" if len(steps) == 1 else "the tier was asked for"
            plan = _whole(code, live, dead, why, on, quick=settings.tier != "trace")
        else:
            plan = _cheapest(steps, code, live, dead, on)
        _plans[key] = plan
        if len(_plans) > _MAX_PLANS:
            _plans.popitem(last=False)
    else:
        reports.totals.hits += 1
        _plans.move_to_end(key)
        if not plan.settled and settings.tier == "auto" and plan.operators <= MAX_WHOLE and _is_loop(plan):
            whole = _whole(code, live, dead, "seen again", on, quick=False)
            plan.calls, plan.whole, plan.settled = whole.calls, True, True
    _history.append(plan)
    return plan


def _is_loop(plan: Plan) -> bool:
    """Whether this plan comes again in the rhythm of a loop.

    The last trace was the same, or those since it came before are a repetition themselves. A model whose structure
    follows the data repeats a structure now and then, but not a sequence of them.
    """
    h = list(_history)
    # Where most traces differ, one repetition is a coincidence.
    repeats = 2 if len(set(map(id, h))) > _MAX_LOOP else 1
    for d in range(1, min(_MAX_LOOP, len(h)) + 1):
        if h[-d] is plan:
            span = repeats * d - 1
            return len(h) > span + d - 1 and all(h[-1 - i] is h[-1 - i - d] for i in range(span))
    return False


class _Placed:
    """A step of the trace that is needed, with the global number of its first result."""

    __slots__ = ("entry", "slots", "start")

    def __init__(self, entry: Entry, slots: tuple[int, ...], start: int) -> None:
        self.entry = entry
        self.slots = slots
        self.start = start


def _needed(steps: list[Step], live: tuple[int, ...]) -> list[_Placed]:
    """The steps that the live results depend on."""
    placed, position = [], 0
    for entry, slots in steps:
        placed.append(_Placed(entry, slots, position))
        position += len(entry.out_avals)
    needed = set(live)
    kept = []
    for step in reversed(placed):
        if any(k in needed for k in range(step.start, step.start + len(step.entry.out_avals))):
            kept.append(step)
            needed.update([s >> 2 for s in step.slots if s & 3 == 0])
    kept.reverse()
    return kept


def _whole(
    code: list, live: tuple[int, ...], dead: frozenset[int], why: str, on: str, quick: bool
) -> Plan:
    """One program for all. Its operands are the trace's own leaves and numbers, so nothing is renumbered."""
    flat = segments.steps_of(code)
    counts = [0, 0, 0, 0]
    for _, slots in flat:
        for s in slots:
            counts[s & 3] = max(counts[s & 3], (s >> 2) + 1)
    block = Block(tuple(code), flat, counts[1], counts[2], counts[3])
    program = blocks.find(block, frozenset(live), dead, why, on, quick)
    return Plan([Call(program, (), (), (), ())], live, len(flat), whole=True)


def _cheapest(steps: list[_Placed], code: list, live: tuple[int, ...], dead: frozenset[int], on: str) -> Plan:
    """Segments or the whole, whichever costs less to compile; a tie goes to the whole."""
    ops_only = settings.tier == "ops"
    pieces = [[s] for s in steps] if ops_only else segments.cut(steps)
    needed_by = _readers(steps, live)
    planned: list[tuple[Block, list, list, list, list[tuple[int, int]], frozenset[int]]] = []
    cold: dict[tuple, int] = {}
    for piece in pieces:
        made = _localise(piece, needed_by)
        planned.append(made)
        if not blocks.is_cached(made[0].code):
            cold[made[0].code] = len(piece)
    n = len(steps)
    segmented = sum(_COMPILE + _COMPILE_EACH * size for size in cold.values())
    if not ops_only and n <= MAX_WHOLE and segmented >= _COMPILE + _COMPILE_EACH * n:
        return _whole(code, live, dead, "first seen", on, quick=True)
    calls = []
    for block, leaves, floats, ints, stores, outs in planned:
        why = "one operator" if len(block.steps) == 1 else "a segment of a new trace"
        program = blocks.find(block, outs, frozenset(), why, on, quick=True)
        kept = tuple((program.position[i], k) for i, k in stores)
        calls.append(Call(program, tuple(leaves), tuple(floats), tuple(ints), kept))
    return Plan(calls, live, n, whole=False)


def _readers(steps: list[_Placed], live: tuple[int, ...]) -> dict[int, int]:
    """Per result, how many steps read it; a live one is read once more."""
    readers = dict.fromkeys(live, 1)
    for step in steps:
        for s in step.slots:
            if s & 3 == 0:
                readers[s >> 2] = readers.get(s >> 2, 0) + 1
    return readers


def _localise(piece: list[_Placed], readers: dict[int, int]) -> tuple:
    """A stretch of steps as a block with its own numbering, and how its operands and results map to the trace's."""
    inside: dict[int, int] = {}
    read_inside: dict[int, int] = {}
    numbering: dict[int, int] = {}
    wired: tuple[list, list, list] = ([], [], [])
    code: list = []
    local_steps = []
    count = 0
    for step in piece:
        slots = []
        for s in step.slots:
            kind = s & 3
            if kind == 0 and (k := inside.get(s >> 2)) is not None:
                slots.append(4 * k)
                read_inside[s >> 2] = read_inside.get(s >> 2, 0) + 1
                continue
            kind = kind or 1
            if kind == 1:
                local = numbering.get(s)
                if local is None:
                    local = numbering[s] = 4 * len(wired[0]) + 1
                    wired[0].append(s)
            else:
                # Each number is its own operand: sharing one would make the code depend on their equality.
                local = 4 * len(wired[kind - 1]) + kind
                wired[kind - 1].append(s >> 2)
            slots.append(local)
        code.append(step.entry)
        code += slots
        local_steps.append((step.entry, tuple(slots)))
        for j in range(len(step.entry.out_avals)):
            inside[step.start + j] = count
            count += 1
    stores = [(i, k) for k, i in inside.items() if readers.get(k, 0) > read_inside.get(k, 0)]
    block = Block(tuple(code), local_steps, len(wired[0]), len(wired[1]), len(wired[2]))
    return block, *wired, stores, frozenset([i for i, _ in stores])


