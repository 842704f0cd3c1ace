"""Random programs agree with PyTorch: as whole traces, operator by operator, and as loops with the engine's limits made
small.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"trace": 2000, "ops": 2000, "stress": 500}

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None, reason="PyTorch, the oracle, is not installed"
    ),
]


def start(mode, seed, programs, report):
    command = [sys.executable, "-m", "tests.property", "--mode", mode, "--seed", str(seed)]
    command += ["--programs", str(programs), "--json", str(report)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize("mode", PROGRAMS)
def test_random_programs_agree_with_pytorch(mode, tmp_path):
    half = PROGRAMS[mode] // 2
    reports = [tmp_path / "first.json", tmp_path / "second.json"]
    workers = [start(mode, i * half, half, report) for i, report in enumerate(reports)]
    texts = [worker.communicate()[0] for worker in workers]
    assert all(report.exists() for report in reports), "\n".join(texts)
    results = [json.loads(report.read_text()) for report in reports]
    assert sum(sum(result["outcomes"].values()) for result in results) == PROGRAMS[mode]
    assert not any(result["findings"] for result in results), "\n".join(texts)
    for outcome in ("ill-conditioned", "displaced"):
        assert sum(result["outcomes"].get(outcome, 0) for result in results) <= PROGRAMS[mode] // 100
