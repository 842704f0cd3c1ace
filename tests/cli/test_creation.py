"""`torchlike plugins new`: what it writes works as it is, installed by pip."""

import json
import subprocess
import sys
import tomllib

import pytest

from torchlike.cli import main

from .installed import command, environment, json_of

PIP = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "--quiet"]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A package that was written, and the folder into which it was installed."""
    folder = tmp_path_factory.mktemp("new")
    assert main(["plugins", "new", "my_ops", "--into", str(folder)]) == 0
    root, site = folder / "torchlike-my-ops", folder / "site"
    subprocess.run([*PIP, "--disable-pip-version-check", "--target", str(site), str(root)], check=True)
    return root, site


def test_its_own_tests_pass(package):
    root, site = package
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=root,
        env=environment(site),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout and "skipped" not in done.stdout


def test_its_own_tests_fail_where_it_is_not_installed(package, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=package[0],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "no installed plugin or distribution is called 'my_ops'" in done.stdout


def test_every_check_passes(package):
    answer = json_of(command(package[1], "check", "my_ops", "--json"))
    assert answer["passed"] and len(answer["plugins"][0]["checks"]) > 25
    assert {c["outcome"] for c in answer["plugins"][0]["checks"]} == {"passed"}


@pytest.mark.parametrize("tool", ["check", "format --check"])
def test_ruff_has_nothing_to_say(package, tool):
    root = package[0]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *tool.split(), "--isolated", "--no-cache", "src", "tests"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if "No module named ruff" in done.stderr:
        pytest.skip("ruff is not installed")
    assert done.returncode == 0, done.stdout


def test_its_metadata(package):
    project = tomllib.loads((package[0] / "pyproject.toml").read_text())["project"]
    assert project["name"] == "torchlike-my-ops"
    assert project["entry-points"] == {"torchlike": {"my_ops": "torchlike_my_ops.plugin"}}


def test_the_answer(tmp_path, capsys):
    assert main(["plugins", "new", "mine", "--into", str(tmp_path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() == {"name", "distribution", "package", "folder", "files"}
    root = tmp_path / "torchlike-mine"
    assert answer["folder"] == str(root)
    assert sorted(answer["files"]) == sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    assert "src/torchlike_mine/plugin.py" in answer["files"]
    assert not [p for p in root.rglob("*") if p.is_file() and "$" in p.read_text()]


def test_what_people_see(tmp_path, capsys):
    main(["plugins", "new", "mine", "--into", str(tmp_path)])
    out = capsys.readouterr().out
    assert out.startswith(f"wrote {tmp_path / 'torchlike-mine'}\n")
    assert f"Next: cd {tmp_path / 'torchlike-mine'} && pip install" in out


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "torchlike-mine").mkdir()
    (tmp_path / "torchlike-mine" / "notes").write_text("mine")
    assert main(["plugins", "new", "mine", "--into", str(tmp_path)]) == 1
    assert "is there already, and nothing is overwritten" in capsys.readouterr().err
    assert [p.name for p in tmp_path.rglob("*")] == ["torchlike-mine", "notes"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "torchlike-mine").mkdir()
    assert main(["plugins", "new", "mine", "--into", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Mine", "made of lower-case letters"),
        ("my-ops", "made of lower-case letters"),
        ("my__ops", "made of lower-case letters"),
        ("mine_", "made of lower-case letters"),
        ("1st", "made of lower-case letters"),
        ("../mine", "made of lower-case letters"),
        ("", "made of lower-case letters"),
        ("class", "a word of Python's"),
        ("aten", "it is taken"),
        ("optim", "it is taken"),
        ("torchlike_mine", "it is taken"),
    ],
)
def test_a_name_that_is_none(name, why, tmp_path, capsys):
    assert main(["plugins", "new", name, "--into", str(tmp_path)]) == 1
    assert why in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
