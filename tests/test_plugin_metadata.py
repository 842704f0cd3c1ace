"""Which plugins are installed, by metadata alone."""

import sys

import pytest

from torchlike.plugin_metadata import asks_to_be_early, installed


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for distributions, the only one on the path."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def distribution(folder, name, version, points):
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(points)


def test_plugins_are_found_by_their_group_and_nothing_is_imported(folder):
    distribution(
        folder, "one-plugin", "1.0", "[console_scripts]\nx = y:z\n\n[torchlike]\none = no.such.module\n"
    )
    distribution(folder, "no-plugin", "1.0", "[torchlike_else]\nother = no.such.module\n")
    (found,) = installed()
    assert (found.name, found.target, found.distribution, found.version, found.early) == (
        "one",
        "no.such.module",
        "one-plugin",
        "1.0",
        False,
    )
    assert not asks_to_be_early()


def test_a_plugin_in_both_groups_is_one_early_plugin(folder):
    distribution(folder, "quick", "2.0", "[torchlike]\nq = quick\n[torchlike.early]\nq = quick\n")
    assert asks_to_be_early()
    assert [(f.name, f.early) for f in installed()] == [("q", True)]


def test_two_distributions_with_one_entry_point_name_are_both_found(folder):
    for name in ("first", "second"):
        distribution(folder, name, "1.0", "[torchlike]\nsame = " + name)
    assert [(f.name, f.distribution) for f in installed()] == [("same", "first"), ("same", "second")]


def test_of_two_versions_on_the_path_the_one_that_python_would_import_counts(folder, monkeypatch):
    for place, version in (("a", "2.0"), ("b", "1.0")):
        distribution(folder / place, "twice", version, "[torchlike]\nt = twice\n")
    monkeypatch.setattr(sys, "path", [str(folder / "a"), str(folder / "b")])
    assert [(f.distribution, f.version) for f in installed()] == [("twice", "2.0")]
    distribution(folder / "c", "twice", "3.0", "")
    monkeypatch.setattr(sys, "path", [str(folder / "c"), str(folder / "a")])
    assert installed() == []


def test_two_spellings_of_a_name_are_one_distribution(folder, monkeypatch):
    for place, name in (("a", "my-plugin"), ("b", "My_Plugin")):
        distribution(folder / place, name, "1.0", "[torchlike]\nm = mine\n")
    monkeypatch.setattr(sys, "path", [str(folder / "a"), str(folder / "b")])
    assert [f.distribution for f in installed()] == ["my-plugin"]


def test_metadata_that_is_damaged_is_passed_over(folder):
    distribution(folder, "good", "1.0", "[torchlike]\ng = good\n")
    info = folder / "broken-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[torchlike]\nb = broken\n")
    assert [f.name for f in installed()] == ["g"]
