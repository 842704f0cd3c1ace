"""One library running one workload in a process of its own, told over its standard input when to run a round.

``python -m benchmarks.worker LIBRARY WORKLOAD`` answers each line of JSON with one line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .compiles import compiles
from .workloads import WORKLOADS

CORES = 2
WARM_UP_BLOCKS = 2
BLOCKS_AT_LEAST = 3


def use_two_cores() -> None:
    """Keeps the process on two cores, so that every library has the same number of threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def peak_megabytes() -> float:
    """The largest resident size so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not report VmHWM")


class Clocked:
    """A workload's loop with a clock.

    Args:
        library: ``torch``, ``torchlike`` or ``jax``.
        name: the workload.
    """

    def __init__(self, library: str, name: str) -> None:
        self.library = library
        self.workload = WORKLOADS[name]
        self.iterations = 0
        self.facts: dict[str, Any] = {}
        start = time.perf_counter()
        self.loop = self._imported()
        imported = time.perf_counter()
        self._block(1)
        self.facts["import_s"] = imported - start
        self.facts["first_s"] = time.perf_counter() - imported
        self._block(2)
        self.facts["early_compiles"] = compiles() if library == "torchlike" else None
        if self.workload.stretch:
            self._block(self.workload.stretch - self.iterations)
            self.facts["stretch_s"] = time.perf_counter() - imported

    def _imported(self) -> Iterator[Any]:
        if self.library == "jax":
            import jax

            jax.devices()
            return self.workload.jax_loop()
        if self.library == "torch":
            import torch

            torch.set_num_threads(CORES)
        else:
            import torchlike as torch
        return self.workload.loop(torch)

    def _block(self, iterations: int) -> float:
        """Seconds an iteration over that many, with the last result read."""
        start = time.perf_counter()
        for _ in range(iterations):
            result = next(self.loop)
        result.tolist()
        self.iterations += iterations
        return (time.perf_counter() - start) / iterations

    def warm_up(self) -> None:
        """Runs what lets caches fill."""
        for _ in range(WARM_UP_BLOCKS):
            self._block(self.workload.block)

    def round(self, seconds: float) -> float:
        """The median seconds an iteration of the blocks that fit into ``seconds``."""
        times: list[float] = []
        end = time.perf_counter() + seconds
        while len(times) < BLOCKS_AT_LEAST or time.perf_counter() < end:
            times.append(self._block(self.workload.block))
        return statistics.median(times)

    def totals(self) -> dict[str, Any]:
        """Facts of the whole run."""
        later = None
        if self.library == "torchlike":
            later = [now - early for now, early in zip(compiles(), self.facts["early_compiles"], strict=True)]
        return {
            **self.facts,
            "later_compiles": later,
            "peak_mb": peak_megabytes(),
            "iterations": self.iterations,
        }


def main() -> None:
    """Answers commands until the input ends."""
    library, name = sys.argv[1:3]
    use_two_cores()
    # The workload may print: answers go to a copy of standard output, and the workload's lines nowhere.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = open(os.devnull, "w")

    def answer(value: Any) -> None:
        print(json.dumps(value), file=answers, flush=True)

    clocked = Clocked(library, name)
    answer("ready")
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        if command == "warm_up":
            clocked.warm_up()
            answer("warm")
        elif command == "round":
            answer(clocked.round(*arguments))
        else:
            answer(clocked.totals())


if __name__ == "__main__":
    main()
