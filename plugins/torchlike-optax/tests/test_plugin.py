"""The package as a plugin: found by its entry point, checked by torchlike's own checks, light to load."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import torchlike as torch
import torchlike_optax
from torchlike import plugin
from torchlike.plugin import testing


@pytest.mark.parametrize("check", testing.checks("optax"), ids=str)
def test_checks(check):
    check()


def test_it_is_found_by_its_entry_point():
    plugin.load()
    (found,) = [p for p in plugin.plugins() if p.distribution == "torchlike-optax"]
    assert (found.name, found.state, found.info.version) == ("optax", "loaded", found.version)
    assert dir(torch.optim.plugins.optax) == ["Lamb", "Lion", "Optax"]
    assert torch.ops.optax.update.overloads() == ["default"]


def run(program, **environ):
    return subprocess.run(
        [sys.executable, "-c", dedent(program)], env={**os.environ, **environ}, capture_output=True, text=True
    )


def test_optax_is_imported_when_an_optimizer_is_made():
    done = run("""
        import sys
        import torchlike as torch
        assert not any(name.startswith("torchlike_optax") for name in sys.modules)
        Lion = torch.optim.plugins.optax.Lion
        assert "torchlike_optax" in sys.modules and "optax" not in sys.modules
        Lion([torch.nn.Parameter(torch.ones(2))])
        assert "optax" in sys.modules
        """)
    assert done.returncode == 0, done.stderr


def test_without_the_plugin_a_step_says_so():
    program = """
        import optax
        import torchlike as torch
        from torchlike_optax import Optax
        w = torch.nn.Parameter(torch.ones(2))
        optimizer = Optax([w], optax.adam, lr=0.1)
        w.sum().backward()
        optimizer.step()
        """
    done = run(program, TORCHLIKE_DISABLE_PLUGINS="torchlike-optax")
    assert done.returncode == 1
    assert "AttributeError: '_OpNamespace' 'optax' object has no attribute" in done.stderr
    assert run(program).returncode == 0


def test_it_uses_the_public_interface_only():
    closed = {"engine", "operators", "tensors", "autograd", "registries"}
    for path in Path(torchlike_optax.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("torchlike."):
                assert node.module == "torchlike.plugin", f"{path.name} imports {node.module}"
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "torch"
            ):
                assert node.attr not in closed and not node.attr.startswith("_"), (
                    f"{path.name}: torch.{node.attr}"
                )
