"""The examples in the docstrings of `torch.library` run as they are printed."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import torchlike.library

FOLDER = Path(torchlike.library.__file__).parent
MODULES = [path.stem for path in sorted(FOLDER.glob("*.py")) if ">>>" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = import_module(f"torchlike.library.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
