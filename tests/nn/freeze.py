"""Writes PyTorch's answers to `tests/nn/frozen`; run `python -m tests.nn.freeze` where PyTorch 2.13.0 is."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tests.nn import initializer_cases, layer_cases, module_cases
from tests.nn.layer_answers import answer
from tests.nn.outcomes import outcome

FROZEN = Path(__file__).parent / "frozen"


def save(name: str, value: object) -> None:
    text = json.dumps(value, indent=None, separators=(",", ":"))
    # One case a line, so that a change shows as one.
    text = text.replace('},{"source"', '},\n{"source"')
    (FROZEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    torch.set_num_threads(1)
    FROZEN.mkdir(exist_ok=True)
    names = {"torch": torch, "nn": nn, "np": np}
    for family, cases in layer_cases.CASES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            save(f"layers_{family}", [answer(case, names) for case in cases])
    for family, sources in module_cases.CASES.items():
        save(f"outcomes_{family}", _outcomes(sources, module_cases.PREAMBLE, names))
    save("outcomes_initializers", _outcomes(initializer_cases.TEXTS, "", names))
    draws = []
    for source in initializer_cases.DRAWS:
        torch.manual_seed(0)
        draws.append({"source": source, "value": eval(source, dict(names)).tolist()})
    save("draws_initializers", draws)


def _outcomes(sources: list[str], preamble: str, names: dict) -> list[dict]:
    found = []
    for source in sources:
        torch.manual_seed(0)
        found.append({"source": source, **outcome(preamble + source, names)})
    return found


if __name__ == "__main__":
    main()
