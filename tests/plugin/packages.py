"""Small packages that bring plugins, good and broken: written out, built and installed by pip.

`pip install --target` puts them into a folder that a fresh interpreter gets on its path.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

__all__ = ["GOOD", "PACKAGES", "Package", "install"]


@dataclass(frozen=True)
class Package:
    """A distribution with one module.

    Attributes:
        name: of the distribution.
        entry_point: its plugin's; the module is called like the distribution.
        source: of the module.
        version: of the distribution.
        early: whether it is named under `torchlike.early` too.
        requires: a distribution that it depends on.
    """

    name: str
    entry_point: str
    source: str
    version: str = "1.0"
    early: bool = False
    requires: str = ""

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    def write(self, folder: Path) -> Path:
        root = folder / self.name
        root.mkdir(parents=True)
        root.joinpath(f"{self.module}.py").write_text(dedent(self.source))
        groups = ["torchlike", "torchlike.early"][: 1 + self.early]
        points = "".join(
            f'[project.entry-points."{group}"]\n{self.entry_point} = "{self.module}"\n' for group in groups
        )
        root.joinpath("pyproject.toml").write_text(
            '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n'
            f'[project]\nname = "{self.name}"\nversion = "{self.version}"\n'
            f"dependencies = [{self.requires!r}]\n".replace("['']", "[]")
            + points
            + f'[tool.setuptools]\npy-modules = ["{self.module}"]\n'
        )
        return root


# What pip asks of setuptools for each package, in three processes, is asked for all of them in one.
_BUILD = """
import os, sys
from setuptools import build_meta

wheels, *roots = sys.argv[1:]
for root in roots:
    os.chdir(root)
    build_meta.build_wheel(wheels)
"""


def install(packages: Iterable[Package], folder: Path) -> Path:
    """Write, build and install packages with pip, without an index; returns the folder to have on the path."""
    target, wheels = folder / "site", folder / "wheels"
    roots = [str(p.write(folder / "sources")) for p in packages]
    subprocess.run([sys.executable, "-c", _BUILD, str(wheels), *roots], check=True, capture_output=True)
    built = sorted(str(wheel) for wheel in wheels.iterdir())
    assert len(built) == len(roots)
    options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), *built], check=True
    )
    return target


_HEAD = "from torchlike.plugin import Info, hookimpl\n"

GOOD = Package(
    "good-plugin",
    "good",
    """
    import torchlike as torch
    from torchlike.plugin import Info, hookimpl

    class Scale(torch.nn.Module):
        def __init__(self, by=2.0):
            super().__init__()
            self.by = torch.nn.Parameter(torch.tensor(by))

        def forward(self, x):
            return self.by * x

    class Descent(torch.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.add_(p.grad, alpha=-group["lr"])

    @hookimpl
    def torchlike_info():
        return Info("good", "1.0", api=(1, 1))

    @hookimpl
    def torchlike_register_ops(register):
        @register.op("good::cube(Tensor x, *, Scalar by=1) -> Tensor", inplace=True)
        def cube(x, by):
            return by * x * x * x

    @hookimpl
    def torchlike_register_layers(register):
        register.layer("good", Scale)

    @hookimpl
    def torchlike_register_optimizers(register):
        register.optimizer("good", Descent)
    """,
)

PACKAGES = {
    p.name: p
    for p in (
        GOOD,
        Package("import-error", "import_error", "raise ValueError('broken while it was imported')"),
        Package(
            "missing-dependency",
            "missing_dependency",
            "import a_package_that_is_not_there",
            requires="a-package-that-is-not-there",
        ),
        Package("leaves-at-import", "leaves_at_import", "raise SystemExit(3)"),
        Package(
            "raises-halfway",
            "raises_halfway",
            _HEAD
            + """
@hookimpl
def torchlike_register_ops(register):
    @register.op("halfway::first(Tensor x) -> Tensor")
    def first(x):
        return x
    raise RuntimeError("half of the names are registered")
""",
        ),
        Package(
            "wrong-signature",
            "wrong_signature",
            _HEAD + "@hookimpl\ndef torchlike_register_ops(register, more):\n    pass\n",
        ),
        Package(
            "misspelt-hook",
            "misspelt_hook",
            _HEAD + "@hookimpl\ndef torchlike_register_op(register):\n    pass\n",
        ),
        Package("unmarked-hook", "unmarked_hook", "def torchlike_register_ops(register):\n    pass\n"),
        Package("no-hook", "no_hook", "x = 1"),
        Package(
            "other-api",
            "other_api",
            _HEAD
            + """
@hookimpl
def torchlike_info():
    return Info("other", "1.0", api=(7, 8))

@hookimpl
def torchlike_register_ops(register):
    raise AssertionError("must not be asked")
""",
        ),
        Package("twin-one", "twin", _HEAD + "raise AssertionError('must not be imported')"),
        Package("twin-two", "twin", _HEAD + "raise AssertionError('must not be imported')", version="2.0"),
        *(
            Package(
                name,
                name.replace("-", "_"),
                _HEAD
                + f"""
@hookimpl
def torchlike_register_ops(register):
    @register.op("clash::same(Tensor x) -> Tensor")
    def same(x):
        return x

    @register.op("clash::{own}(Tensor x) -> Tensor")
    def own(x):
        return x + 1
""",
            )
            for name, own in (("clash-one", "mine"), ("clash-two", "yours"))
        ),
        Package(
            "claims-built-in",
            "claims_built_in",
            _HEAD
            + """
@hookimpl
def torchlike_register_ops(register):
    @register.op("aten::relu(Tensor self) -> Tensor")
    def relu(x):
        return x * 0
""",
        ),
        Package(
            "overrides-built-in",
            "overrides_built_in",
            """
import torchlike as torch
from torchlike.plugin import Info, hookimpl

class Identity(torch.nn.Identity):
    pass

@hookimpl
def torchlike_register_ops(register):
    @register.op("aten::erf(Tensor self) -> Tensor", override=True)
    def erf(x):
        return x + 100

@hookimpl
def torchlike_register_layers(register):
    register.layer("nn", Identity, override=True)

@hookimpl
def torchlike_register_kernels(register):
    @register.kernel("aten::sigmoid", platform="cpu")
    def sigmoid(x):
        return x + 200
""",
            early=True,
        ),
    )
}
