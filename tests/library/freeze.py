"""Writes PyTorch's outcomes to `tests/library/frozen`.

Run `python -m tests.library.freeze` with PyTorch 2.13.0.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import torch

from tests.library.outcomes import FROZEN, outcomes


def main(chosen: list[str]) -> None:
    torch.set_num_threads(1)
    FROZEN.mkdir(exist_ok=True)
    for path in sorted(Path(__file__).parent.glob("*_cases.py")):
        if not chosen or path.stem in chosen:
            found = outcomes(import_module(f"tests.library.{path.stem}"), torch)
            text = json.dumps(found, indent=1, ensure_ascii=False)
            (FROZEN / f"{path.stem}.json").write_text(text + "\n", encoding="utf-8")
            print(f"{path.stem}: {len(found)}")


if __name__ == "__main__":
    main(sys.argv[1:])
