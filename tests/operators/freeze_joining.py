"""Write PyTorch's answers to the joining cases: `python -m tests.operators.freeze_joining`."""

import json
from pathlib import Path

import torch

from .joining_cases import CALLS, DIFFERENTIATED, derivatives, outcome


def table(answers: dict) -> str:
    """A JSON object with a line an expression."""
    return "{\n" + ",\n".join(f"{json.dumps(e)}: {json.dumps(x)}" for e, x in answers.items()) + "\n}"


if __name__ == "__main__":
    calls = table({e: outcome(torch, e) for e in CALLS})
    derived = table({e: derivatives(torch, e) for e in DIFFERENTIATED})
    path = Path(__file__).parent / "frozen" / "joining_expressions.json"
    path.write_text(f'{{"calls": {calls},\n"derivatives": {derived}}}\n')
