"""A trace taken apart: its steps, and stretches of them with a numbering of their own."""

from __future__ import annotations

from collections.abc import Sequence

from torchlike.engine.blocks import Program

__all__ = ["Piece", "Steps"]


class Steps:
    """The steps of a trace that its live results depend on, in order.

    Attributes:
        entries, slots, starts: of each step its entry, its input slots and the number of its first result.
        last_use: per result, the position of the last step that reads it; beyond all steps for a live one.
    """

    __slots__ = ("entries", "slots", "starts", "last_use")

    def __init__(self, code: Sequence, live: tuple[int, ...]) -> None:
        entries, slots, starts = [], [], []
        position = i = 0
        while i < len(code):
            entry = code[i]
            end = i + 1 + len(entry.in_avals)
            entries.append(entry)
            slots.append(code[i + 1 : end])
            starts.append(position)
            position += len(entry.out_avals)
            i = end
        last_use = [-1] * position
        n = len(entries)
        for k in live:
            last_use[k] = n
        dead = []
        for at in range(n - 1, -1, -1):
            start = starts[at]
            if last_use[start] < 0 and max(last_use[start : start + len(entries[at].out_avals)]) < 0:
                dead.append(at)
                continue
            for s in slots[at]:
                # Of steps visited backwards the first is the last.
                if not s & 3 and last_use[s >> 2] < 0:
                    last_use[s >> 2] = at
        if dead:
            gone = set(dead)
            kept = [i for i in range(n) if i not in gone]
            moved = {old: new for new, old in enumerate(kept)}
            entries, slots, starts = (
                [entries[i] for i in kept],
                [slots[i] for i in kept],
                [starts[i] for i in kept],
            )
            last_use = [moved.get(at, -1) if at < n else len(kept) for at in last_use]
        self.entries = entries
        self.slots = slots
        self.starts = starts
        self.last_use = last_use


class Piece:
    """A stretch of steps with its own numbering.

    Attributes:
        code: the entries and local slots.
        size: how many entries.
        leaves: the trace's slots of its leaves.
        floats, ints: the trace's numbers of these.
        outs, results: per result that is read further on, its number here and in the trace.
        program: what runs it, where it is known.
    """

    __slots__ = ("code", "leaves", "floats", "ints", "outs", "results", "size", "program")

    def __init__(self, steps: Steps, low: int, high: int) -> None:
        numbering: dict[int, int] = {}
        leaves: list[int] = []
        floats: list[int] = []
        ints: list[int] = []
        code: list = []
        outs, results = [], []
        last_use = steps.last_use
        count = 0
        add = code.append
        for entry, slots, start in zip(
            steps.entries[low:high], steps.slots[low:high], steps.starts[low:high], strict=True
        ):
            add(entry)
            for s in slots:
                local = numbering.get(s)
                if local is None:
                    kind = s & 3
                    if kind < 2:
                        local = numbering[s] = 4 * len(leaves) + 1
                        leaves.append(s)
                    # Each number is its own operand: sharing one would make the code depend on their equality.
                    elif kind == 2:
                        local = 4 * len(floats) + 2
                        floats.append(s >> 2)
                    else:
                        local = 4 * len(ints) + 3
                        ints.append(s >> 2)
                add(local)
            for k in range(start, start + len(entry.out_avals)):
                numbering[4 * k] = 4 * count
                if last_use[k] >= high:
                    outs.append(count)
                    results.append(k)
                count += 1
        # Plans are many and live long: tuples of numbers are nothing to the garbage collector.
        self.code = tuple(code)
        self.leaves = tuple(leaves)
        self.floats = tuple(floats)
        self.ints = tuple(ints)
        self.outs = tuple(outs)
        self.results = tuple(results)
        self.size = high - low
        self.program: Program | None = None
