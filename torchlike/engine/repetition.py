"""A small loop's steps, held back, as one program: the program of a single step in a loop of XLA's.

Handing a small program over takes longer than running it. So once a loop has run thousands of steps that were held
back, its step is compiled once more, as the body of a loop that carries the parameters from step to step and is told
how often to go round. It computes the same to the bit, and is not used before that has been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import eval_shape, lax

from torchlike.engine import platform, reports
from torchlike.engine.blocks import Program
from torchlike.engine.plans import Numbers, Plan, note
from torchlike.engine.values import UNHELD, counts, same_bits

if TYPE_CHECKING:
    from torchlike.engine.trace import Trace

__all__ = ["AT_MOST", "Repetition"]

# So many steps go into one run.
AT_MOST = 8
# It is compiled on a core that is often free; else that takes as long as handing over some ten thousand steps.
_OFTEN = 4000


class Repetition:
    """What the steps of a settled loop have in common.

    Attributes:
        code: of each.
        program: that of a single one, with the fewest results.
    """

    __slots__ = (
        "code", "program", "_seen", "_carried", "_awaited", "_held", "_varying", "_same", "_several", "_numbers",
        "_differs", "_plan",
    )  # fmt: skip

    def __init__(self, code: list, plan: Plan) -> None:
        self.code = code
        self.program = plan.programs[0]
        self._plan = plan
        # How many steps came by while there was no program of several.
        self._seen = 0
        # Those leaves of a step that are results of the one before, with these; and each result's reference count
        # where nobody but the next step has it.
        self._carried: list[tuple[int, int]] = []
        self._awaited: list[int] = []
        self._held: list[int] = []
        # The other leaves: those that differ from step to step, and those that do not.
        self._varying: list[int] = []
        self._same: list[int] = []
        self._several: Program | None = None
        self._numbers = Numbers((), ())
        self._differs = False

    def consider(self, plan: Plan) -> None:
        """Choose among the programs of the code, before several steps of one are compiled."""
        program = plan.programs[0]
        if self._several is None and len(program.outs) < len(self.program.outs):
            self.program = program
        if program is self.program:
            self._plan = plan

    def run(self, steps: Sequence[Trace]) -> list[tuple[int, Any]] | None:
        """Run steps, each of which reads results of the one before, as one program.

        Args:
            steps: at most `AT_MOST`; the first awaits nothing.

        Returns:
            The live results of the last step and their arrays; None where the steps are to be run one by one.
        """
        live = steps[-1].live()
        position = self.program.position
        if not position.keys() >= set(live):
            return None
        several = self._several
        if several is None:
            self._see(steps)
            return None
        compiled = several.ahead
        if (compiled is not None and not compiled.done) or not self._chained(steps) or not self._alike(steps):
            return None
        with platform.program_config():
            outs = several(self._operands(steps))
            if compiled is not None:
                self._differs = not _equal(outs, self._one_by_one(steps))
                if self._differs:
                    self._several = None
                    return None
        reports.totals.flushes += len(steps)
        note(self._plan, len(steps))
        return [(k, outs[position[k]]) for k in live]

    def _see(self, steps: Sequence[Trace]) -> None:
        """Count steps; once there were many, have the program of several compiled beside what goes on."""
        self._seen += len(steps)
        if self._seen < _OFTEN or len(steps) < AT_MOST or self._differs:
            return
        self._seen = 0
        earlier, step = steps[:2]
        at = {id(value): k for k, value in enumerate(earlier.results)}
        self._awaited = step.awaited
        self._carried = [(i, at[id(step.leaves[i])]) for i in step.awaited if id(step.leaves[i]) in at]
        self._held = [UNHELD] * len(earlier.results)
        for _, k in self._carried:
            self._held[k] += 1
        if not self._carried or len(self._carried) < len(step.awaited) or not self._chained(steps):
            return
        carried = {i for i, _ in self._carried}
        others = [i for i in range(len(step.leaves)) if i not in carried]
        varying = {i for i in others if any(s.leaves[i] is not step.leaves[i] for s in steps)}
        self._varying = sorted(varying.union(self._varying))
        self._same = [i for i in others if i not in self._varying]
        every = tuple(range(AT_MOST))
        self._numbers = Numbers(every if step.floats else (), every if step.ints else ())
        row = self.program.row
        row = reports.add(f"steps of {row.name}", row.operators, "ran often")
        one = self.program
        fn = self._function(len(step.leaves))
        self._several = Program(fn, one.on, one.effort, one.outs, frozenset(), row)
        with platform.engine_config():
            self._several.begin(one.effort, self._operands(steps))

    def _chained(self, steps: Sequence[Trace]) -> bool:
        """Whether nobody but the next step holds what a step gives, and that holds what the first two told."""
        for earlier, step in pairwise(steps):
            if step.awaited != self._awaited or counts(earlier.results) != self._held:
                return False
            leaves, results = step.leaves, earlier.results
            for i, k in self._carried:
                if leaves[i] is not results[k]:
                    return False
        return True

    def _alike(self, steps: Sequence[Trace]) -> bool:
        """Whether the leaves that shall be the same are; if not, a later program takes them as they come."""
        first = steps[0].leaves
        differ = [i for i in self._same if any(step.leaves[i] is not first[i] for step in steps)]
        if differ:
            self._varying = [*self._varying, *differ]
            self._several = None
        return not differ

    def _operands(self, steps: Sequence[Trace]) -> list:
        """How many steps, the first one's leaves, those that differ of all steps, and all steps' numbers."""
        filled = [*steps, *[steps[-1]] * (AT_MOST - len(steps))]
        operands = [_count(len(steps)), *steps[0].leaves]
        for i in self._varying:
            operands += [step.leaves[i] for step in filled]
        return operands + self._numbers.operands(
            [step.floats for step in filled], [step.ints for step in filled]
        )

    def _function(self, n_leaves: int) -> Callable:
        """Several steps as a pure function of `_operands`, with the results of the last."""
        one, outs, carried, varying = self.program.fn, self.program.outs, self._carried, self._varying
        position = self.program.position

        def steps(count, *operands):
            leaves = list(operands[:n_leaves])
            numbers = operands[n_leaves + AT_MOST * len(varying) :]
            rows = [
                jnp.stack(operands[n_leaves + AT_MOST * j : n_leaves + AT_MOST * (j + 1)])
                for j in range(len(varying))
            ]

            def step(n, results):
                given = list(leaves)
                for i, k in carried:
                    given[i] = results[position[k]]
                for i, row in zip(varying, rows, strict=True):
                    given[i] = row[n]
                return tuple(one(*given, *[x[n] for x in numbers]))

            avals = eval_shape(one, *leaves, *[x[0] for x in numbers])
            before = [jnp.zeros(a.shape, a.dtype) for a in avals]
            for i, k in carried:
                before[position[k]] = leaves[i]
            assert len(before) == len(outs)
            return lax.fori_loop(0, count, step, tuple(before))

        return steps

    def _one_by_one(self, steps: Sequence[Trace]) -> Sequence:
        """The same by single steps."""
        outs: Sequence = ()
        for step in steps:
            leaves = list(step.leaves)
            if outs:
                for i, k in self._carried:
                    leaves[i] = outs[self.program.position[k]]
            if step.floats:
                leaves.append(np.array(step.floats))
            if step.ints:
                leaves.append(np.array(step.ints, np.int64))
            outs = self.program(leaves)
        return outs


@cache
def _count(n: int) -> Any:
    return platform.sent(np.array(n, np.int32))


def _equal(a: Sequence, b: Sequence) -> bool:
    return all(same_bits(np.asarray(x), np.asarray(y)) for x, y in zip(a, b, strict=True))
