"""docs/plugins/reference.md names every hook and every way to register, with the signatures that they have."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from torchlike.plugin import API, Register, hookspecs

PAGE = (Path(__file__).parents[2] / "docs" / "plugins" / "reference.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)


def shown(name, function):
    signature = inspect.signature(function)
    kept = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in signature.parameters.values()
        if p.name != "self"
    ]
    return f"{name}{signature.replace(parameters=kept, return_annotation=inspect.Signature.empty)}"


def test_every_hook_is_on_the_page_in_order():
    expected = [shown(name, getattr(hookspecs, name)) for name in hookspecs.HOOKS]
    assert [h for h in HEADINGS if h.startswith("torchlike_")] == expected


@pytest.mark.parametrize("name", ["op", "layer", "optimizer", "kernel"])
def test_every_way_to_register_is_on_the_page(name):
    assert shown(f"register.{name}", getattr(Register, name)) in HEADINGS


def test_there_is_no_other_way_to_register():
    public = {n for n, m in vars(Register).items() if inspect.isfunction(m) and not n.startswith("_")}
    assert public - {"commit", "withdraw"} == {h.split("(")[0].partition(".")[2] for h in HEADINGS} - {""}


def test_the_version_of_the_interface_is_the_one_on_the_page():
    assert f"This is version {API} " in PAGE


def test_a_hook_is_an_empty_function_with_documentation():
    for name in hookspecs.HOOKS:
        function = getattr(hookspecs, name)
        assert function.__doc__
        (defined,) = ast.parse(inspect.getsource(function)).body
        assert len(defined.body) == 1
