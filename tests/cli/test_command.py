"""The command line itself."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import torchlike
from torchlike.cli import main

ROOT = Path(__file__).parents[2]


def test_the_version(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"torchlike {torchlike.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["plugins"], ["plugins", "lsit"], ["plugins", "why"]])
def test_what_is_not_understood(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: torchlike" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["list", "check"])
def test_tables_without_rich_name_the_extra(name, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.table", None)
    assert main(["plugins", name]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "pip install 'torchlike[cli]'" in err
    assert main(["plugins", name, "--json"]) == 0
    assert "plugins" in json.loads(capsys.readouterr().out)


def test_rich_is_not_imported_without_a_table():
    program = (
        "import sys\nfrom torchlike.cli import main\nmain(['plugins', 'list', '--json'])\n"
        "main(['plugins', 'why', 'relu'])\nassert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def test_the_script_and_its_files_are_in_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"torchlike": "torchlike.cli:main"}
    package = ROOT / "torchlike"
    kept = {
        p
        for pattern in project["tool"]["setuptools"]["package-data"]["torchlike"]
        for p in package.glob(pattern)
    }
    template = {p for p in (package / "cli" / "template").rglob("*") if p.is_file()}
    assert template and template <= kept
