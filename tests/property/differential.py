"""Runs many programs under the oracle and under a subject and keeps what differs."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from .comparison import Difference, Verdict, compare, ill_conditioned
from .interpreter import JitteredModule, Transcript, run
from .minimiser import minimise
from .programs import Program

SECONDS_PER_PROGRAM = 60


class ProgramTimeout(BaseException):
    """A program ran longer than any should. Not an ``Exception``, so that no statement's handler takes it."""


def _out_of_time(signum: int, frame: FrameType | None) -> None:
    raise ProgramTimeout


@dataclass
class Finding:
    """A program that two libraries disagree on."""

    program: Program
    difference: Difference
    outcome: str


@dataclass
class Summary:
    """What a batch of programs gave."""

    programs: int = 0
    statements: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    messages: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def groups(self) -> dict[tuple[str, str, str], list[Finding]]:
        """Findings by outcome, field and operator, the most frequent group first."""
        grouped: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            grouped.setdefault((finding.outcome, *finding.difference.group), []).append(finding)
        return dict(sorted(grouped.items(), key=lambda item: -len(item[1])))

    def text(self) -> str:
        """A line of counts, then the groups of findings."""
        counts = ", ".join(f"{n} {outcome}" for outcome, n in sorted(self.outcomes.items()))
        lines = [
            f"{self.programs} programs, {self.statements} statements in {self.seconds:.0f} s: {counts}; "
            f"{sum(self.messages.values())} errors of the right type with another text"
        ]
        for (outcome, name, label), members in self.groups().items():
            seeds = ", ".join(str(f.program.seed) for f in members[:8])
            lines.append(f"  {len(members):4d} {outcome}: {name} at {label}  (seeds {seeds})")
        return "\n".join(lines)


class Differential:
    """Compares a subject with the oracle, program by program.

    Args:
        oracle: PyTorch.
        subject: the module under test.
        repeats: how often the subject runs a program; every time is compared.
        prepare: called with the program's seed before the subject runs it.
    """

    def __init__(
        self, oracle: Any, subject: Any, repeats: int = 1, prepare: Callable[[int], None] | None = None
    ) -> None:
        self.oracle = oracle
        self.subject = subject
        self.repeats = repeats
        self.prepare = prepare

    def _guarded(self, program: Program) -> Transcript:
        before = signal.signal(signal.SIGALRM, _out_of_time)
        signal.alarm(SECONDS_PER_PROGRAM)
        try:
            return run(program, self.subject)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    def verdict(self, program: Program) -> Verdict:
        """What comparing gives; ``ill-conditioned`` where the oracle's own swing explains a difference."""
        expected = run(program, self.oracle)
        if self.prepare is not None:
            self.prepare(program.seed)
        for _ in range(self.repeats):
            verdict = self._verdict_once(program, expected)
            if verdict.outcome != "same":
                break
        return verdict

    def _verdict_once(self, program: Program, expected: Transcript) -> Verdict:
        try:
            actual = self._guarded(program)
        except ProgramTimeout:
            found = Difference(len(program.statements), "program", "raises", "", None, ["ProgramTimeout", ""])
            return Verdict("different", found)
        verdict = compare(program, expected, actual)
        if verdict.outcome == "different" and self._explained(program, verdict.difference, expected):
            verdict.outcome = "ill-conditioned"
        return verdict

    def _explained(self, program: Program, found: Difference | None, expected: Transcript) -> bool:
        if found is None or found.field not in ("value", "python"):
            return False
        for seed in range(3):
            jittered = run(program, JitteredModule(self.oracle, seed))
            places = [
                t["statements"][found.index] if found.index < len(program.statements) else t["end"]
                for t in (expected, jittered)
            ]
            if found.name not in places[1]:
                return False
            if ill_conditioned(found, places[0][found.name], places[1][found.name]):
                return True
        return False

    def check(self, programs: Iterable[Program]) -> Summary:
        """Runs every program and sums up."""
        summary = Summary()
        start = time.perf_counter()
        for program in programs:
            verdict = self.verdict(program)
            summary.programs += 1
            summary.statements += len(program.statements)
            summary.outcomes[verdict.outcome] += 1
            summary.messages.update(verdict.messages)
            if verdict.difference and verdict.outcome in ("different", "unsupported"):
                summary.findings.append(Finding(program, verdict.difference, verdict.outcome))
        summary.seconds = time.perf_counter() - start
        return summary

    def minimised(self, finding: Finding) -> Finding:
        """The finding with the smallest program that still shows a difference of the same group."""
        kept = finding

        def disagrees(candidate: Program) -> bool:
            nonlocal kept
            verdict = self.verdict(candidate)
            if verdict.outcome != finding.outcome or verdict.difference is None:
                return False
            if verdict.difference.field != finding.difference.field:
                return False
            if finding.difference.field == "raises" and verdict.difference.group != finding.difference.group:
                return False
            kept = Finding(candidate, verdict.difference, verdict.outcome)
            return True

        minimise(finding.program, disagrees)
        return kept
