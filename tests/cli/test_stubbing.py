"""`torchlike plugins stub`."""

import ast
import json

import pytest

import torchlike as torch
from torchlike.cli import main
from torchlike.plugin.testing import isolated

from ..plugin.testing.plugins import Mine


def registering(register):
    register.op("mine::swish(Tensor x, *, Scalar by=1) -> Tensor")(lambda x, by: x * by)
    register.op("mine::contested(Tensor x) -> Tensor")(lambda x: x)
    register.op("clear::twice(Tensor x) -> Tensor", inplace=True)(lambda x: 2 * x)


def contesting(register):
    register.op("mine::contested(Tensor x) -> Tensor")(lambda x: x)


@pytest.fixture(scope="module")
def plugins():
    with isolated(Mine(registering), Mine(contesting)):
        yield


def test_a_namespace_s_operators(plugins, capsys):
    assert main(["plugins", "stub", "clear"]) == 0
    text = capsys.readouterr().out
    functions = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    assert functions == ["twice", "twice_"]
    assert "def twice(x: Tensor) -> Tensor: ...\n" in text
    assert main(["plugins", "stub", "clear", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"namespace": "clear", "stub": text}


def test_what_is_built_in(plugins, capsys):
    assert main(["plugins", "stub", "aten"]) == 0
    assert "def sigmoid(self: Tensor) -> Tensor: ..." in capsys.readouterr().out


def test_what_has_no_stub(plugins, capsys):
    for namespace, said in (
        ("nobody_s", "nobody provides operators under 'nobody_s'"),
        ("mine", "operator 'mine::contested' is claimed by "),
    ):
        assert main(["plugins", "stub", namespace]) == 1
        assert said in capsys.readouterr().err


def test_what_torch_library_defined(plugins, capsys):
    library = torch.library.Library("stub_library", "DEF")
    library.define("f(Tensor x) -> Tensor")
    try:
        assert main(["plugins", "stub", "stub_library"]) == 1
        assert "defined through torch.library" in capsys.readouterr().err
    finally:
        library._destroy()
