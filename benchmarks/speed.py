"""Times workloads under three libraries in turn and writes the table."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .workloads import WORKLOADS, Workload

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("torch", "torchlike", "jax")
ROUNDS = 3
ROUND_SECONDS = 0.8


class Worker:
    """A library's process."""

    def __init__(self, library: str, workload: str) -> None:
        self.library = library
        command = [sys.executable, "-m", "benchmarks.worker", library, workload]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.library} stopped with code {self.process.wait()}; its error is above")
        return json.loads(line)

    def ask(self, *command: Any) -> Any:
        """Sends a command and waits for its answer."""
        assert self.process.stdin is not None
        print(json.dumps(command), file=self.process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Measured:
    """What one workload gave under one library."""

    rounds: list[float] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Seconds an iteration: the median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, relative to their median."""
        return (max(self.rounds) - min(self.rounds)) / self.seconds


def measure(workload: Workload, libraries: tuple[str, ...] = LIBRARIES) -> dict[str, Measured]:
    """Times a workload: processes start one after another, then take rounds in turn."""
    results = {library: Measured() for library in libraries}
    workers: list[Worker] = []
    try:
        for library in libraries:
            workers.append(Worker(library, workload.name))
            workers[-1].ask("warm_up")
        for _ in range(ROUNDS):
            for worker in workers:
                results[worker.library].rounds.append(worker.ask("round", ROUND_SECONDS))
        for worker in workers:
            results[worker.library].facts = worker.ask("totals")
    finally:
        for worker in workers:
            worker.close()
    return results


HEADER = (
    "| workload | PyTorch | torchlike | jax.jit by hand | PyTorch / ours | ours / by hand | spread "
    "| first step, s | compiles | later compiles | peak MB |\n" + "|---" * 11 + "|\n"
)
LEGEND = f"""\
Milliseconds an iteration (median of {ROUNDS} rounds taken in turn, each the median of its blocks) of
PyTorch eager, torchlike with the same source, and a step written by hand with `jax.jit`; every library
has two threads and a process of its own. *PyTorch / ours* above 1: torchlike is faster. *ours / by hand*
near 1: nothing is lost to recording. *spread*: largest distance of the rounds from each other. *first
step* has everything from the model's construction to the first loss read. *compiles*:
programs and single operators compiled in the first three iterations; *later compiles*: in all that
follow. Where three values share a cell, they are PyTorch, torchlike, JAX by hand.

"""


def _shared(results: dict[str, Measured], fact: str, form: str) -> str:
    return " / ".join(form.format(results[library].facts[fact]) for library in LIBRARIES)


def row(workload: Workload, results: dict[str, Measured]) -> str:
    """The workload's row of the table."""
    eager, ours, by_hand = (results[library] for library in LIBRARIES)
    milliseconds = " | ".join(f"{m.seconds * 1e3:.3g}" for m in (eager, ours, by_hand))
    spread = max(m.spread for m in results.values())
    early, later = ("{}, {}".format(*ours.facts[f"{when}_compiles"]) for when in ("early", "later"))
    return (
        f"| {workload.title} | {milliseconds} | {eager.seconds / ours.seconds:.2f} "
        f"| {ours.seconds / by_hand.seconds:.2f} | {spread:.0%} | {_shared(results, 'first_s', '{:.2f}')} "
        f"| {early} | {later} | {_shared(results, 'peak_mb', '{:.0f}')} |\n"
    )


def stretch(workload: Workload, results: dict[str, Measured]) -> str:
    """A sentence on the first stretch, where the workload has one."""
    if not workload.stretch:
        return ""
    seconds = _shared(results, "stretch_s", "{:.1f}")
    return f"- {workload.title}: the first {workload.stretch}, with all compiling, {seconds} s.\n"


def table(names: list[str]) -> str:
    """Times the workloads, printing each row as it comes, and gives the whole table."""
    print(HEADER, end="", flush=True)
    rows, notes = [], []
    for name in names:
        workload = WORKLOADS[name]
        results = measure(workload)
        rows.append(row(workload, results))
        notes.append(stretch(workload, results))
        print(rows[-1] + notes[-1], end="", flush=True)
    return LEGEND + HEADER + "".join(rows) + "\n" + "".join(notes)
