"""A trace taken apart: its steps, and stretches of them with a numbering of their own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from torchlike.engine.entries import Entry

__all__ = ["Piece", "Steps", "link"]


class Steps:
    """The steps of a trace that its live results depend on, in order, with their results numbered through.

    Attributes:
        code: the entries and slots, flat.
        entries: of each step its entry.
        marks: of each step its place in the code; at the end the code's length.
        starts: of each step the number of its first result; at the end how many results there are.
        recorded: the same by the trace's own numbers, which differ behind a step that is left out.
        live: the results that the trace's live ones are here.
    """

    __slots__ = ("code", "entries", "marks", "starts", "recorded", "live")

    def __init__(self, code: Sequence, live: tuple[int, ...]) -> None:
        self._take(code)
        self.recorded = self.starts
        self.live = live
        unread = set(range(0, 4 * self.starts[-1], 4)).difference(code, [4 * k for k in live])
        if any(self._is_dead(slot, unread) for slot in unread):
            self._leave_out_dead()

    def _take(self, code: Sequence) -> None:
        self.code = code
        self.entries = [x for x in code if x.__class__ is Entry]
        self.marks = list(accumulate([1 + len(e.in_avals) for e in self.entries], initial=0))
        self.starts = list(accumulate([len(e.out_avals) for e in self.entries], initial=0))

    def _is_dead(self, slot: int, unread: set[int]) -> bool:
        """Whether no result is read of the step that a result is of."""
        at = bisect_right(self.starts, slot >> 2) - 1
        return unread.issuperset(range(4 * self.starts[at], 4 * self.starts[at + 1], 4))

    def _leave_out_dead(self) -> None:
        read = {4 * k for k in self.live}
        kept = []
        for at in range(len(self.entries) - 1, -1, -1):
            if not read.isdisjoint(range(4 * self.starts[at], 4 * self.starts[at + 1], 4)):
                kept.append(at)
                read.update(self.code[self.marks[at] + 1 : self.marks[at + 1]])
        kept.reverse()
        code: list = []
        moved: dict[int, int] = {}
        for at in kept:
            code.append(self.entries[at])
            code += [moved.get(s, s) for s in self.code[self.marks[at] + 1 : self.marks[at + 1]]]
            for slot in range(4 * self.starts[at], 4 * self.starts[at + 1], 4):
                moved[slot] = 4 * len(moved)
        self.recorded = [self.starts[at] for at in kept]
        self.live = tuple([moved[4 * k] >> 2 for k in self.live])
        self._take(code)


class Piece:
    """A stretch of steps with its own numbering.

    Attributes:
        code: the entries and local slots.
        size: how many entries.
        leaves: the slots of its leaves.
        floats, ints: the trace's numbers of these.
        made: the results that it makes.
        outs, results: per result that is read further on, its number here and in the steps; `link` finds them.
        dropped: the results that nothing reads after it, likewise.
    """

    __slots__ = ("code", "size", "leaves", "floats", "ints", "made", "outs", "results", "dropped")

    def __init__(self, steps: Steps, low: int, high: int) -> None:
        code = list(steps.code[steps.marks[low] : steps.marks[high]])
        self.made = range(steps.starts[low], steps.starts[high])
        first = 4 * self.made.start
        leaves: dict[int, int] = {}
        floats: list[int] = []
        ints: list[int] = []
        for i, s in enumerate(code):
            if s.__class__ is Entry:
                continue
            kind = s & 3
            if not kind and s >= first:
                code[i] = s - first
            elif kind < 2:
                local = leaves.get(s)
                if local is None:
                    local = leaves[s] = 4 * len(leaves) + 1
                code[i] = local
            # Each number is its own operand: sharing one would make the code depend on their equality.
            elif kind == 2:
                code[i] = 4 * len(floats) + 2
                floats.append(s >> 2)
            else:
                code[i] = 4 * len(ints) + 3
                ints.append(s >> 2)
        # Plans are many and live long: tuples of numbers are nothing to the garbage collector.
        self.code = tuple(code)
        self.size = high - low
        self.leaves = tuple(leaves)
        self.floats = tuple(floats)
        self.ints = tuple(ints)
        self.outs: tuple[int, ...] = ()
        self.results: tuple[int, ...] = ()
        self.dropped: tuple[int, ...] = ()


def link(pieces: list[Piece], live: tuple[int, ...]) -> None:
    """Find what each of some pieces in order, which are all that is run, has to return, and what it reads last."""
    read = {4 * k for k in live}
    for piece in reversed(pieces):
        piece.results = tuple([k for k in piece.made if 4 * k in read])
        piece.outs = tuple([k - piece.made.start for k in piece.results])
        piece.dropped = tuple([s >> 2 for s in piece.leaves if not s & 3 and s not in read])
        read.update(piece.leaves)
