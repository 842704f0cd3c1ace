"""What it costs to record an operator, in microseconds, and where a small training step spends its time."""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .workloads.mlp import network

ROOT = Path(__file__).resolve().parents[1]
CALLS = 500
REPEATS = 30
CHAIN = 100
STEPS = 300


def microseconds(call: Callable[[], Any], settle: Callable[[], None]) -> float:
    """The median over repeats of one call's time.

    Args:
        call: what is timed; its result is dropped.
        settle: called between repeats, off the clock, so that nothing pending piles up.
    """
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        times.append((time.perf_counter() - start) / CALLS)
        settle()
    return statistics.median(times) * 1e6


def calls(torch: Any, settle: Callable[[], None]) -> dict[str, float]:
    """Public calls on 4x4 tensors, without and with a graph."""
    a, b = torch.rand(4, 4), torch.rand(4, 4)
    w = torch.rand(4, 4, requires_grad=True)
    linear = torch.nn.Linear(4, 4)
    a.sum().item()
    timed: dict[str, Callable[[], Any]] = {
        "a + b": lambda: a + b,
        "a + 2.0": lambda: a + 2.0,
        "torch.add(a, b)": lambda: torch.add(a, b),
        "a.relu()": lambda: a.relu(),
        "a.sum(1)": lambda: a.sum(1),
        "a @ b": lambda: a @ b,
        "a.view(16)": lambda: a.view(16),
        "a[1]": lambda: a[1],
        "a + w, with a graph": lambda: a + w,
        "a @ w, with a graph": lambda: a @ w,
        "w.view(16), with a graph": lambda: w.view(16),
        "nn.Linear(4, 4)(a)": lambda: linear(a),
    }
    return {name: microseconds(call, settle) for name, call in timed.items()}


def backward(torch: Any, settle: Callable[[], None]) -> float:
    """Microseconds of ``backward()`` for each node of a chain of products."""
    w = torch.rand(4, 4, requires_grad=True)
    times = []
    for _ in range(REPEATS):
        y = w
        for _ in range(CHAIN):
            y = y * w
        y = y.sum()
        start = time.perf_counter()
        y.backward()
        times.append((time.perf_counter() - start) / CHAIN)
        w.grad = y = None
        settle()
    return statistics.median(times) * 1e6


def record_alone() -> float:
    """Microseconds of the engine's ``record`` by itself, for an operator of two inputs."""
    import torchlike as torch
    from torchlike import engine
    from torchlike.engine import trace

    a, b = torch.rand(4, 4), torch.rand(4, 4)
    engine.dispatch()
    kept = a + b
    entry = trace.current().code[0]
    inputs = (a._value(), b._value())
    del kept
    engine.dispatch()
    return microseconds(lambda: engine.record(entry, inputs), engine.dispatch)


def step_parts(torch: Any) -> dict[str, float]:
    """Microseconds of the parts of an MLP step (784-16-10, batch 8) as the user's thread sees them."""
    torch.manual_seed(0)
    net = network(torch, (784, 16, 10))
    inputs, targets = torch.randn(8, 784), torch.randint(0, 10, (8,))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    parts: dict[str, list[float]] = {"zero_grad": [], "forward": [], "loss": [], "backward": [], "step": []}
    for _ in range(STEPS):
        marks = [time.perf_counter()]
        optimizer.zero_grad()
        marks.append(time.perf_counter())
        outputs = net(inputs)
        marks.append(time.perf_counter())
        loss = criterion(outputs, targets)
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        optimizer.step()
        marks.append(time.perf_counter())
        loss.item()
        for name, start, end in zip(parts, marks, marks[1:], strict=False):
            parts[name].append(end - start)
    return {name: statistics.median(times[STEPS // 3 :]) * 1e6 for name, times in parts.items()}


def profile(torch: Any, lines: int = 18) -> str:
    """The functions that a small MLP's steps spend most of their own time in."""
    torch.manual_seed(0)
    net = network(torch, (784, 16, 10))
    inputs, targets = torch.randn(8, 784), torch.randint(0, 10, (8,))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            criterion(net(inputs), targets).backward()
            optimizer.step()

    steps(10)
    watched = cProfile.Profile()
    watched.runcall(steps, STEPS)
    text = io.StringIO()
    pstats.Stats(watched, stream=text).strip_dirs().sort_stats("tottime").print_stats(lines)
    return "\n".join(line for line in text.getvalue().splitlines()[4:] if line.strip())


def measured(library: str) -> dict[str, Any]:
    """Everything for one library, in this process."""
    torch = __import__(library)
    if library == "torchlike":
        from torchlike.engine import dispatch as settle
    else:
        torch.set_num_threads(2)

        def settle() -> None:
            pass

    found: dict[str, Any] = {"calls": calls(torch, settle), "backward": backward(torch, settle)}
    found["parts"] = step_parts(torch)
    if library == "torchlike":
        found["record"] = record_alone()
        found["profile"] = profile(torch)
    return found


def table() -> str:
    """Both libraries side by side, then torchlike's profile."""
    results = {}
    for library in ("torchlike", "torch"):
        command = [sys.executable, "-m", "benchmarks.overhead", library]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        results[library] = json.loads(done.stdout.splitlines()[-1])
    ours, eager = results["torchlike"], results["torch"]
    rows = [
        "Microseconds a call on 4x4 tensors: torchlike records, PyTorch also computes.\n",
        "| call | torchlike | PyTorch |",
        "|---|---|---|",
        f"| `engine.record` alone, two inputs | {ours['record']:.2f} | |",
    ]
    rows += [
        f"| `{name}` | {time:.2f} | {eager['calls'][name]:.2f} |" for name, time in ours["calls"].items()
    ]
    rows += [f"| `backward()`, a node | {ours['backward']:.2f} | {eager['backward']:.2f} |"]
    rows += [
        f"| MLP step: {name} | {time:.0f} | {eager['parts'][name]:.0f} |"
        for name, time in ours["parts"].items()
    ]
    return (
        "\n".join(rows) + f"\n\n{STEPS} steps of an MLP 784-16-10, batch 8:\n\n```\n{ours['profile']}\n```\n"
    )


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1])))
