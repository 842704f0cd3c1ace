"""The examples and the README's program print what PyTorch prints, run as a reader would run them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FROZEN = json.loads((ROOT / "tests" / "frozen" / "examples.json").read_text(encoding="utf-8"))
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def printed(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_pytorch_prints(name):
    assert printed([f"examples/{name}"], ROOT) == FROZEN[name]


def test_the_readme_opens_with_a_program_that_works_when_pasted(tmp_path):
    (program,) = fenced("python")
    (output,) = fenced("text")
    assert output == FROZEN["README.md"]
    (tmp_path / "pasted.py").write_text(program, encoding="utf-8")
    assert printed(["pasted.py"], tmp_path) == output


def test_the_readme_has_two_commands_and_they_install_run_and_test():
    commands = "".join(fenced("sh")).splitlines()
    assert len(commands) == 2
    assert commands[0].startswith("pip install ") and commands[0].endswith(
        "python examples/linear_regression.py"
    )
    assert commands[1].startswith("pip install ") and commands[1].endswith("pytest -n auto")
