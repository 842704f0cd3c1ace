"""Write PyTorch's answers to the loading cases: `python -m tests.utils.data.freeze`."""

import json
from pathlib import Path

import torch
from torch.utils import data

from tests.utils.data.loading_cases import CASES, outcome

if __name__ == "__main__":
    lines = [f"{json.dumps(e)}: {json.dumps(outcome(torch, data, e))}" for e in CASES]
    path = Path(__file__).parent / "frozen" / "loading.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
