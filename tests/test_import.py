"""Importing the library changes nothing around it, needs no PyTorch and leaves what takes long for later."""

import json
import subprocess
import sys

import pytest

# What it took in seconds of processor time is shown by `pytest -s`; the aim is 0.3.
PROGRAM = """
import gc, json, os, sys, time
import jax
import jax.numpy
environment, settings, loaded = dict(os.environ), dict(jax.config.values), set(sys.modules)
began = time.process_time()
import torchlike
spent = time.process_time() - began
print(json.dumps({
    "spent": spent,
    "environment": dict(os.environ) == environment,
    "settings": [name for name, value in jax.config.values.items() if settings.get(name) != value],
    "torch": [name for name in sys.modules if name == "torch" or name.startswith("torch.")],
    "loaded": sorted(sys.modules.keys() - loaded),
    "collects": gc.isenabled(),
    "devices": len(jax._src.xla_bridge._backends),
}))
"""


@pytest.fixture(scope="module")
def imported() -> dict:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    print(f"{found['spent']:.3f} s beyond jax")
    return found


def test_the_environment_stays_as_it_was(imported):
    assert imported["environment"]


def test_the_settings_of_jax_stay_as_they_were(imported):
    assert imported["settings"] == []


def test_pytorch_is_not_imported(imported):
    assert imported["torch"] == []


def test_no_device_is_opened(imported):
    assert imported["devices"] == 0


def test_the_collector_of_garbage_is_left_as_it_was(imported):
    assert imported["collects"]


def test_nothing_of_jax_is_loaded_beyond_what_jax_loads(imported):
    assert [name for name in imported["loaded"] if not name.startswith("torchlike")] == []


@pytest.mark.parametrize("name", ["autograd.functional", "cuda", "jit", "nn", "optim", "utils"])
def test_what_a_program_may_not_need_is_left_for_later(imported, name):
    assert "torchlike.tensors" in imported["loaded"]
    assert f"torchlike.{name}" not in imported["loaded"]


@pytest.mark.parametrize(
    ("before", "left_alone"), [("", True), ("kept = [[] for _ in range(200_000)]", False)]
)
def test_the_collector_passes_over_what_importing_made_where_that_is_most(before, left_alone):
    program = f"import gc\n{before}\nimport torchlike\nprint(gc.get_freeze_count() > 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout == f"{left_alone}\n", done.stderr


def test_what_lives_to_the_end_finds_its_modules():
    program = """
import torchlike as torch
def loop():
    with torch.no_grad():
        while True:
            yield torch.ones(2)
endless = loop()
next(endless)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
