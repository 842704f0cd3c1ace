"""Keep PyTorch's answers to `network_cases.py`: run with PyTorch 2.13.0 installed."""

import json
from pathlib import Path

import torch

from tests.tensors.network_cases import CASES


def main() -> None:
    torch.set_num_threads(1)
    answers = {name: case(torch) for name, case in CASES.items()}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in answers.items())
    path = Path(__file__).parent / "frozen" / "network.json"
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
