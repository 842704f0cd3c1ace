"""What is written down twice agrees."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_pre_commit_runs_the_pinned_tools():
    pinned = {entry for entry in project()["optional-dependencies"]["dev"] if "==" in entry}
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r'"([\w-]+==[\w.]+)"', text)) == pinned


def test_the_version_is_the_one_that_the_package_reports():
    import torchlike

    assert torchlike.__version__.split("+")[0] == project()["version"]


def test_the_changelog_knows_the_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(project()['version'])}\b", text, re.M)
