"""Programs around one operator's call are a function of their seed, and agree with PyTorch."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRST, COUNT = 5000, 40

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None, reason="PyTorch, the oracle, is not installed"
    ),
]


def run(*arguments):
    command = [sys.executable, "-m", "tests.property", "--kind", "sampled", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_a_seed_always_gives_the_same_program():
    first, second = run("--show", "7"), run("--show", "7")
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert "torch." in first.stdout


def test_sampled_programs_agree_with_pytorch():
    found = run("--seed", str(FIRST), "--programs", str(COUNT))
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"{COUNT} programs" in found.stdout
