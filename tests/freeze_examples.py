"""Freeze what PyTorch prints for the examples and the README's program: `python -m tests.freeze_examples`."""

import contextlib
import io
import json
import re
from pathlib import Path

import torch

from compat.imports import to_torch

ROOT = Path(__file__).parent.parent


def printed(source: str) -> str:
    """Return what a torchlike program prints with its imports mapped back to PyTorch's."""
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen):
        exec(compile(to_torch(source), "example", "exec"), {"__name__": "__main__"})
    return screen.getvalue()


if __name__ == "__main__":
    assert torch.__version__.partition("+")[0] == "2.13.0", torch.__version__
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", readme, re.M | re.S)
    frozen = {"README.md": printed(program)}
    for path in sorted((ROOT / "examples").glob("*.py")):
        frozen[path.name] = printed(path.read_text(encoding="utf-8"))
    target = ROOT / "tests" / "frozen" / "examples.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(frozen, indent=1) + "\n", encoding="utf-8")
