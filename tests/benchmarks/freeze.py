"""``python -m tests.benchmarks.freeze``: write the losses of every workload under PyTorch."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import torch

from benchmarks.workloads import WORKLOADS

FROZEN = Path(__file__).parent / "frozen" / "losses.json"
ITERATIONS = 5


def main() -> None:
    """Runs the loops and writes the file."""
    torch.set_num_threads(1)
    losses = {
        name: [result.double().mean().item() for result in islice(workload.loop(torch), ITERATIONS)]
        for name, workload in WORKLOADS.items()
    }
    FROZEN.parent.mkdir(exist_ok=True)
    FROZEN.write_text(json.dumps(losses, indent=1) + "\n")


if __name__ == "__main__":
    main()
