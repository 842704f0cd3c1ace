"""Writes PyTorch's outcomes of `numpy_cases.py`: `python -m tests.tensors.freeze_numpy` with PyTorch 2.13.0."""

import json
from pathlib import Path

import torch

from tests.autograd.outcomes import outcomes
from tests.tensors import numpy_cases

if __name__ == "__main__":
    torch.set_num_threads(1)
    found = outcomes(numpy_cases, torch)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (Path(__file__).parent / "frozen" / "numpy_cases.json").write_text(text + "\n", encoding="utf-8")
    print(len(found))
