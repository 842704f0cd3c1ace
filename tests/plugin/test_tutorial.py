"""docs/plugins/tutorial.md is run from its own text, in an environment of its own."""

import os
import re
import subprocess
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "plugins" / "tutorial.md"
# What stands for the network in this environment: nothing may be fetched, and setuptools is there.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip's own reading: no isolation
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


@dataclass
class Block:
    """A fenced block: its language, the file that it names and its text."""

    language: str
    file: str
    text: str


def blocks():
    found = re.findall(
        r"^```(\w+) ?(\S*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [Block(*parts) for parts in found]


@pytest.fixture
def environment(tmp_path):
    """A fresh environment that sees the packages of this one and has none of its own."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    scripts = home / "bin"
    (site,) = (home / "lib").glob("python*/site-packages")
    parent = sysconfig.get_paths()["purelib"]
    site.joinpath("parent.pth").write_text(f"import site; site.addsitedir({parent!r})\n")
    for command, module in (("pip", "pip"), ("torchlike", "torchlike")):
        script = scripts / command
        script.write_text(f'#!/bin/sh\nexec "{scripts}/python" -m {module} "$@"\n')
        script.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TORCHLIKE_", "PYTEST_"))}
    path = os.pathsep.join([str(scripts), kept["PATH"]])
    return {**kept, **OFFLINE, "PATH": path, "VIRTUAL_ENV": str(home), "PYTHONPATH": str(ROOT)}, site


def run(command, folder, environ):
    done = subprocess.run(
        ["bash", "-ec", command], cwd=folder, env=environ, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_tutorial_does_what_it_says(environment, tmp_path):
    environ, site = environment
    work = tmp_path / "work"
    work.mkdir()
    listed = run("torchlike plugins list --json", work, environ)
    installed = sorted(p.name for p in site.iterdir())
    said = ""
    seen = []
    for block in blocks():
        if block.language == "sh":
            said = run(block.text, work, environ)
            seen.append("sh")
        elif block.language == "python":
            target = work / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text)
            seen.append("file")
        elif block.file:
            assert block.text in (work / block.file).read_text()
            seen.append("part")
        else:
            assert said == block.text
            seen.append("text")
    assert {"sh", "file", "part", "text"} == set(seen)
    # It went as it came.
    assert run("torchlike plugins list --json", work, environ) == listed
    assert sorted(p.name for p in site.iterdir()) == installed
