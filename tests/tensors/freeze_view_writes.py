"""Keep PyTorch's outcomes of the programs of `view_writes.py`: run with PyTorch 2.13.0 installed."""

import json
from pathlib import Path

import torch

from tests.tensors.view_writes import PROGRAMS, run


def main() -> None:
    torch.set_num_threads(1)
    outcomes = {seed: run(torch, seed) for seed in PROGRAMS}
    lines = ",\n".join(f'"{seed}": {json.dumps(found)}' for seed, found in outcomes.items())
    path = Path(__file__).parent / "frozen" / "view_writes.json"
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
