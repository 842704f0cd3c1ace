"""Writes PyTorch's answers to `tests/optim/frozen`: run `python -m tests.optim.freeze` with PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn, optim

from tests.nn.outcomes import outcome
from tests.optim import optimizer_cases, schedule_cases
from tests.optim.schedules import rates
from tests.optim.steps import TRAININGS, training, trajectory, walk

FROZEN = Path(__file__).parent / "frozen"


def save(name: str, value: object) -> None:
    text = json.dumps(value, separators=(",", ":")).replace('},{"source"', '},\n{"source"')
    (FROZEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def outcomes(cases: ModuleType, names: dict[str, Any]) -> list[dict[str, Any]]:
    lines = []
    for source in cases.LINES:
        torch.manual_seed(0)
        lines.append({"source": source, **outcome(cases.PREAMBLE + source, names)})
    return lines


def main() -> None:
    torch.set_num_threads(1)
    FROZEN.mkdir(exist_ok=True)
    names = {"torch": torch, "nn": nn, "optim": optim}
    save("steps", [trajectory(source, names) for source in optimizer_cases.STEPS])
    save("walks", [walk(source, names) for source in optimizer_cases.WALKS])
    save("trainings", [{"source": source, "losses": training(source, names)} for source in TRAININGS])
    save("lines", outcomes(optimizer_cases, names))
    save("schedules", [rates(source, names) for source in schedule_cases.SCHEDULES])
    save("schedule_lines", outcomes(schedule_cases, names))


if __name__ == "__main__":
    main()
