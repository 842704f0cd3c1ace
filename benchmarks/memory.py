"""Resident memory over many steps: what grows without bound shows as a slope."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = 20
WARM = 0.3
"""The share of the steps before the slope is taken."""


def fixed_batches(torch: Any, steps: int) -> Iterator[None]:
    """An MLP on the same batch again and again."""
    net, optimizer = _model(torch)
    inputs, targets = torch.randn(64, 784), torch.randint(0, 10, (64,))
    criterion = torch.nn.CrossEntropyLoss()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        yield


def varying_batches(torch: Any, steps: int) -> Iterator[None]:
    """An MLP on batches of fifty different sizes: up to fifty programs, and no more."""
    net, optimizer = _model(torch)
    criterion = torch.nn.CrossEntropyLoss()
    draw = random.Random(0)
    for _ in range(steps):
        size = 8 + draw.randrange(50)
        inputs, targets = torch.randn(size, 784), torch.randint(0, 10, (size,))
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        yield


def _model(torch: Any) -> tuple[Any, Any]:
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return net, torch.optim.SGD(net.parameters(), lr=0.01)


RUNS = {
    "20,000 MLP steps, batch 64": ("torchlike", fixed_batches, 20_000),
    "2,000 MLP steps, 50 batch sizes": ("torchlike", varying_batches, 2_000),
    "2,000 MLP steps, 50 batch sizes, PyTorch": ("torch", varying_batches, 2_000),
}


def resident_megabytes() -> float:
    """Resident size of this process now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not report VmRSS")


def sampled(title: str) -> dict[str, Any]:
    """Runs one loop in this process and samples its resident size at equal distances."""
    library, loop, steps = RUNS[title]
    torch = __import__(library)
    every = steps // SAMPLES
    curve = [
        resident_megabytes() for step, _ in enumerate(loop(torch, steps), 1) if step == 1 or step % every == 0
    ]
    compiled = None
    if library == "torchlike":
        from .compiles import compiles

        compiled = compiles()
    return {"curve": curve, "steps": steps, "compiles": compiled}


def slope(curve: list[float], steps: int) -> float:
    """Least-squares slope of the samples after warm-up, in MB per 1,000 steps."""
    distance = steps / SAMPLES / 1000
    points = [(i * distance, y) for i, y in enumerate(curve)][int(len(curve) * WARM) :]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / sum((x - mean_x) ** 2 for x, _ in points)


def table() -> str:
    """Runs every loop in a process of its own; a row for each with its curve and slope."""
    rows = [
        "| loop | RSS in MB, first step to last | slope, MB per 1,000 steps | programs, operators compiled |"
    ]
    rows.append("|---|---|---|---|")
    for title in RUNS:
        command = [sys.executable, "-m", "benchmarks.memory", title]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        curve = " ".join(f"{y:.0f}" for y in found["curve"])
        compiled = "–" if found["compiles"] is None else "{}, {}".format(*found["compiles"])
        rows.append(f"| {title} | {curve} | {slope(found['curve'], found['steps']):.2f} | {compiled} |")
    return f"Slope after the first {WARM:.0%} of the steps.\n\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(json.dumps(sampled(sys.argv[1])))
