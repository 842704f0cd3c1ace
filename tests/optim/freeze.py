"""Writes PyTorch's answers to `tests/optim/frozen`: run `python -m tests.optim.freeze` with PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn, optim

from tests.nn.outcomes import outcome
from tests.optim.optimizer_cases import LINES, PREAMBLE, STEPS
from tests.optim.steps import TRAININGS, training, trajectory

FROZEN = Path(__file__).parent / "frozen"


def save(name: str, value: object) -> None:
    text = json.dumps(value, separators=(",", ":")).replace('},{"source"', '},\n{"source"')
    (FROZEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    torch.set_num_threads(1)
    FROZEN.mkdir(exist_ok=True)
    names = {"torch": torch, "nn": nn, "optim": optim}
    save("steps", [trajectory(source, names) for source in STEPS])
    save("trainings", [{"source": source, "losses": training(source, names)} for source in TRAININGS])
    lines = []
    for source in LINES:
        torch.manual_seed(0)
        lines.append({"source": source, **outcome(PREAMBLE + source, names)})
    save("lines", lines)


if __name__ == "__main__":
    main()
