"""Writes PyTorch's answers to `tests/nn/frozen`: run `python -m tests.nn.freeze` with PyTorch 2.13.0."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tests.nn import (
    ctc_cases,
    initializer_cases,
    layer_cases,
    line_cases,
    module_cases,
    recurrent_cases,
    transformer_cases,
)
from tests.nn.layer_answers import answer
from tests.nn.outcomes import outcome

FROZEN = Path(__file__).parent / "frozen"
NAMES = {"torch": torch, "nn": nn, "np": np}


def save(name: str, value: object) -> None:
    text = json.dumps(value, indent=None, separators=(",", ":"))
    # One case a line, so that a change shows as one.
    text = text.replace('},{"source"', '},\n{"source"')
    (FROZEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def lines(sources: list[str], preamble: str = "") -> list[dict]:
    found = []
    for source in sources:
        torch.manual_seed(0)
        found.append({"source": source, **outcome(preamble + source, dict(NAMES))})
    return found


def main() -> None:
    torch.set_num_threads(1)
    FROZEN.mkdir(exist_ok=True)
    for family, cases in layer_cases.CASES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            save(f"layers_{family}", [answer(case, NAMES) for case in cases])
    for family, sources in line_cases.LINES.items():
        save(f"lines_{family}", lines(sources))
    for module in (module_cases, transformer_cases, ctc_cases, recurrent_cases):
        for family, sources in module.CASES.items():
            save(f"lines_{family}", lines(sources, module.PREAMBLE))
    save("lines_initializers", lines(initializer_cases.TEXTS))
    draws = []
    for source in initializer_cases.DRAWS:
        torch.manual_seed(0)
        draws.append({"source": source, "value": eval(source, dict(NAMES)).tolist()})
    save("draws_initializers", draws)


if __name__ == "__main__":
    main()
