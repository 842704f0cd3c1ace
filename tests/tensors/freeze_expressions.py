"""Keep PyTorch's answers to `expression_cases.py`: run with PyTorch 2.13.0 installed."""

import json
from pathlib import Path

import torch

from tests.tensors.expression_cases import CASES
from tests.tensors.expressions import outcome


def main() -> None:
    torch.set_num_threads(1)
    frozen = Path(__file__).parent / "frozen"
    for subject, expressions in CASES.items():
        answers = {}
        for expression in expressions:
            answers[expression] = outcome(torch, subject, expression)
            torch.set_default_dtype(torch.float32)
        lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in answers.items())
        (frozen / f"{subject}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
