"""Blocks: stretches of a trace that are compiled as one XLA program, and the bounded cache of those programs.

A block is a list of steps with its own numbering of inputs, so that equal stretches of different traces, or of one
trace, share one program.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp

from torchlike.engine import ahead, platform, reports
from torchlike.engine.entries import Entry, ScalarKind
from torchlike.engine.values import Aval

__all__ = ["Block", "Program", "compile_together", "find", "is_cached", "known"]

_MAX_CODES = 1024
# Programs of one code, for different live results and donated leaves; past this many the union of results is compiled.
_MAX_VARIANTS = 3
# A quickly compiled program is replaced by a better one at some run, and at no other, or the digits would depend on who
# is faster: the better one is compiled beside what goes on, from two fifths of the runs on. It takes 0.1 s to compile
# and saves 0.4 ns a byte of results and a few microseconds, so it comes when as much has been lost; never before the
# first of these runs, nor after the last.
_HOT_BYTES = 250_000_000
_WARM, _HOT = 20, 10_000


class Program:
    """A compiled block.

    Attributes:
        outs: the positions of the results that it returns, in order.
        donated: the leaves whose memory it takes over.
        effort: how well it was compiled.
        row: its line in the report.
        fn, on: what it computes, and JAX's platform.
        block: the steps that it computes.
        ahead: its compilation, where that goes on beside.
        hot: the run at which a better one takes its place; 0 for none.
        repetition: what several runs of its code come to, where that is a loop's.
    """

    __slots__ = (
        "call", "outs", "donated", "position", "effort", "row", "fn", "on", "block", "repetition", "ahead", "hot",
        "_review",
    )  # fmt: skip

    def __init__(
        self,
        fn: Callable,
        on: str,
        effort: int,
        outs: tuple[int, ...],
        donated: frozenset[int],
        row: reports.Row,
        block: Block | None = None,
    ) -> None:
        self.call: Callable | None = None
        self.effort = effort
        self.outs = outs
        self.donated = donated
        self.position = {k: i for i, k in enumerate(outs)}
        self.row = row
        self.fn = fn
        self.on = on
        self.block = block
        self.ahead: ahead.Compilation | None = None
        self.hot = 0
        if effort == platform.QUICK and block is not None:
            self.hot = min(max(_HOT_BYTES // max(block.nbytes, 1), _WARM), _HOT)
        # The run at which to see to it.
        self._review = max(2 * self.hot // 5, 2) if self.hot else 0
        self.repetition: Any = None

    def __call__(self, operands: Sequence) -> Sequence:
        """Run it on leaves, then numbers; the first call compiles."""
        row = self.row
        row.runs += 1
        call = self.call
        if call is not None:
            if row.runs != self._review:
                return call(*operands)
            if row.runs < self.hot:
                self._review = self.hot
                self.begin(platform.FAIR, operands)
                return call(*operands)
            self._review, self.effort = 0, platform.FAIR
            self.row = row = reports.add(row.name, row.operators, "ran often")
        row.seconds = self.ahead.wait() if self.ahead is not None else 0.0
        self.ahead = None
        started = perf_counter()
        self.call, out = platform.first_call(self.fn, self.on, self.effort, self._donate(), operands)
        row.seconds += perf_counter() - started
        reports.log_compile(row)
        return out

    def begin(self, effort: int, operands: Sequence) -> None:
        """Begin to compile it, for operands like these, in a thread beside."""
        self.ahead = ahead.Compilation(platform.jitted(self.fn, self.on, effort, self._donate()), operands)

    def _donate(self) -> tuple[int, ...]:
        return tuple(sorted(self.donated))


def compile_together(programs: Sequence[Program]) -> None:
    """Compile several programs, of which this thread and another one do about half each.

    Where their operands will be elsewhere than where JAX puts arrays unasked, each is left to its first call.
    """
    cold = [p for p in dict.fromkeys(programs) if p.call is None and p.ahead is None]
    blocks = [(p, p.block) for p in cold if p.block is not None and p.block.is_on_default()]
    if len(blocks) > 1:
        with platform.engine_config():
            for p, block in blocks:
                p.begin(p.effort, block.operands())
            for p, _ in reversed(blocks):
                if p.ahead is not None:
                    p.ahead.help()


class Block:
    """Steps with local slots.

    Attributes:
        steps: entries and their input slots.
        leaves: the avals of its leaves; of one that only ever stands where a number might, that number's kind.
        n_floats, n_ints: how many numbers it takes, behind the leaves.
        nbytes: of its results.
    """

    __slots__ = ("steps", "leaves", "n_floats", "n_ints", "nbytes")

    def __init__(self, code: tuple) -> None:
        self.steps: list[tuple[Entry, tuple[int, ...]]] = []
        leaves: dict[int, Aval | ScalarKind] = {}
        numbers = [0, 0]
        i = 0
        while i < len(code):
            entry = code[i]
            end = i + 1 + len(entry.in_avals)
            slots = code[i + 1 : end]
            self.steps.append((entry, slots))
            for s, a in zip(slots, entry.in_avals, strict=True):
                kind, k = s & 3, s >> 2
                if kind == 1:
                    if not isinstance(leaves.get(k), Aval):
                        leaves[k] = a
                elif kind:
                    numbers[kind - 2] = max(numbers[kind - 2], k + 1)
            i = end
        self.leaves = [leaves[k] for k in range(len(leaves))]
        self.n_floats, self.n_ints = numbers
        self.nbytes = sum([entry.nbytes for entry, _ in self.steps])

    def is_on_default(self) -> bool:
        """Whether all its leaves are known to be where JAX puts arrays unasked."""
        return all(isinstance(a, Aval) and platform.is_default(a.device) for a in self.leaves)

    def operands(self) -> list[jax.ShapeDtypeStruct]:
        """The shapes and dtypes of its operands."""
        numbers = [(self.n_floats, jnp.float64), (self.n_ints, jnp.int64)]
        return [
            *[a.struct() for a in self.leaves],
            *[jax.ShapeDtypeStruct((n,), dtype) for n, dtype in numbers if n],
        ]

    def function(self, outs: tuple[int, ...]) -> Callable:
        """The block as one pure function of its leaves, its floats and its ints (each as one array, where any)."""
        steps, n_leaves, n_floats = self.steps, len(self.leaves), self.n_floats

        def program(*operands):
            leaves = operands[:n_leaves]
            numbers = operands[n_leaves:]
            floats = numbers[0] if n_floats else ()
            ints = numbers[-1] if numbers else ()
            results: list[Any] = []
            for entry, slots in steps:
                chosen = []
                for slot in slots:
                    kind, k = slot & 3, slot >> 2
                    chosen.append(
                        results[k]
                        if kind == 0
                        else leaves[k]
                        if kind == 1
                        else floats[k]
                        if kind == 2
                        else ints[k]
                    )
                results += entry.fn(*chosen)
            # An output that is an input would share its buffer, and a later donation would pull it away.
            shared = {id(x) for x in leaves}
            return tuple([jnp.copy(results[i]) if id(results[i]) in shared else results[i] for i in outs])

        return program

    @property
    def name(self) -> str:
        names = [entry.name for entry, _ in self.steps]
        shown = ", ".join(names[:4])
        return shown if len(names) <= 4 else f"{shown}, … ({len(names)} operators)"


_cache: OrderedDict[tuple, list[Program]] = OrderedDict()


def is_cached(code: tuple) -> bool:
    """Whether some program of this code is compiled."""
    return code in _cache


def known(code: tuple, outs: frozenset[int], donatable: frozenset[int], effort: int) -> Program | None:
    """The compiled program that `find` would give, or None."""
    variants = _cache.get(code)
    if variants is None:
        return None
    _cache.move_to_end(code)
    best = None
    for p in variants:
        if (
            p.effort >= effort
            and p.donated <= donatable
            and outs <= p.position.keys()
            and (best is None or (len(p.outs), -p.effort) < (len(best.outs), -best.effort))
        ):
            best = p
    return best


def find(
    code: tuple, outs: frozenset[int], donatable: frozenset[int], why: str, on: str, effort: int
) -> Program:
    """A program of this code that returns at least `outs` and donates at most `donatable`.

    Args:
        code: the entries and local slots, flat.
        outs: positions of the results that are needed.
        donatable: leaves that nothing else holds and whose memory a result can take over.
        why: the reason, for the report, if it has to be compiled.
        on: JAX's platform.
        effort: how well it has to be compiled at least.
    """
    program = known(code, outs, donatable, effort)
    if program is not None:
        return program
    variants = _cache.get(code)
    if variants is None:
        variants = _cache[code] = []
        if len(_cache) > _MAX_CODES:
            _cache.popitem(last=False)
    # Only the first donates: a loop's usual trace comes before the exceptions to it, which may hold more.
    donated = donatable if all(p.effort < effort for p in variants) else frozenset()
    variants[:] = [p for p in variants if not (p.effort < effort and outs >= p.position.keys())]
    if len(variants) >= _MAX_VARIANTS:
        outs = outs.union(*[p.outs for p in variants])
        variants.clear()
    ordered = tuple(sorted(outs))
    block = Block(code)
    row = reports.add(block.name, len(block.steps), why)
    program = Program(block.function(ordered), on, effort, ordered, donated, row, block)
    for p in variants:
        program.repetition = program.repetition or p.repetition
    variants.append(program)
    return program
