"""The floors of the package: imports go down only, and a file has one subject."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "torchlike"

# A name missing here fails `test_every_module_has_a_floor`: give it one.
FLOORS = {
    "errors": 0,
    "dtypes": 0,
    "devices": 0,
    "sizes": 0,
    "names": 0,
    "version": 0,
    "registries": 0,
    "plugin_metadata": 0,
    "engine": 1,
    "operators": 2,
    "autograd": 3,
    "tensors": 4,
    "nn": 5,
    "random": 5,
    "optim": 6,
    "serialization": 6,
    "utils": 6,
    "func": 6,
    "amp": 6,
    "jit": 6,
    "compiling": 6,
    "linalg": 6,
    "special": 6,
    "fft": 6,
    "distributions": 6,
    "multiprocessing": 6,
    "accelerator": 7,
    "cuda": 6,
    "backends": 6,
    "testing": 6,
    "library": 6,
    "plugin": 7,
    "cli": 8,
    "__main__": 9,
}
# The public face, `torchlike/__init__.py`, stands above all of them.
TOP = 10
# What the public face loads when it is asked for, and who else may import it.
SIDE = {"plugin": ("plugin", "cli"), "cli": ("cli", "__main__")}
JAX = ("jax", "jaxlib")
MAY_IMPORT_JAX = ("engine", "operators")
# Names that say nothing, and names of public objects of PyTorch's that are something else than a module.
NO_MODULE_NAMES = {"utils.py", "helpers.py", "common.py", "misc.py"}
TAKEN = {"tensor", "device", "dtype", "ops"}
MAX_LINES = 650


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = ("torchlike", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit(module: str) -> str | None:
    """The folder or file on a floor that a module belongs to; None for the public face."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def floor(module: str) -> int:
    name = unit(module)
    return TOP if name is None else FLOORS[name]


def exists(module: str) -> bool:
    path = PACKAGE.parent.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def imports(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield (line, module) for each import, inside functions too, except those for type checkers only."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for inner in node.body:
                for child in ast.walk(inner):
                    child.for_the_checker = True
    for node in ast.walk(tree):
        if getattr(node, "for_the_checker", False):
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = module.split(".")
                base = parts[: len(parts) - node.level + (1 if is_package else 0)]
                origin = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield node.lineno, inner if inner.startswith("torchlike.") and exists(inner) else origin
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "__import__",
            "importlib.import_module",
        ):
            if node.args and isinstance(node.args[0], ast.Constant):
                yield node.lineno, str(node.args[0].value)


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """Return a line for each import of a module that its floor forbids."""
    found = []
    for line, imported in imports(source, module, is_package):
        root = imported.split(".")[0]
        said = f"{module}:{line} imports {imported}"
        if root == "torch":
            found.append(f"{said}: nothing here may need PyTorch")
        elif root in JAX and unit(module) not in MAY_IMPORT_JAX:
            found.append(f"{said}: only {' and '.join(MAY_IMPORT_JAX)} know JAX")
        elif root == "torchlike" and module != "torchlike":
            if unit(module) not in SIDE.get(unit(imported), (unit(module),)):
                found.append(f"{said}: the side floors are loaded by the public face only")
            elif not is_downward(module, imported):
                found.append(f"{said}: that is not down")
    return found


def is_downward(module: str, imported: str) -> bool:
    if unit(module) == unit(imported):
        return True
    if unit(imported) is None:
        return floor(module) >= FLOORS["plugin"]
    # The lowest floor is single files that know one another.
    return floor(imported) < floor(module) or floor(imported) == floor(module) == 0


def test_every_module_has_a_floor():
    units = {unit(module_name(path)) for path in modules()} - {None}
    assert units <= FLOORS.keys()


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_imports_go_down(path):
    found = violations(path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_a_file_has_one_subject(path):
    assert path.name not in NO_MODULE_NAMES
    assert path.stem not in TAKEN or path.parent != PACKAGE
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_LINES, f"{module_name(path)} has {lines} lines"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("torchlike.engine.values", "import torch"),
        ("torchlike.serialization", "def load():\n    from torch.serialization import load"),
        ("torchlike.serialization", "import importlib\nimportlib.import_module('torch')"),
        ("torchlike.nn.linear", "import jax.numpy as jnp"),
        ("torchlike.tensors.tensor", "from jax import Array"),
        ("torchlike.errors", "import jax"),
        ("torchlike.engine.trace", "from torchlike.operators import declaration"),
        ("torchlike.engine.trace", "from torchlike import tensors"),
        ("torchlike.nn.module", "from ..optim import sgd"),
        ("torchlike.nn.module", "from torchlike import manual_seed"),
        ("torchlike.nn.module", "import torchlike"),
        ("torchlike.tensors.tensor", "def f():\n    import torchlike.nn.functional"),
        ("torchlike.optim.sgd", "import torchlike.plugin.host"),
        ("torchlike.plugin.host", "from torchlike.cli import main"),
        ("torchlike.amp", "from torchlike.func import vmap"),
    ],
)
def test_the_check_sees_a_violation(module, source):
    assert len(violations(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("torchlike.engine.values", "import jax\nfrom torchlike import dtypes"),
        (
            "torchlike.nn.linear",
            "from torchlike.nn import init\nfrom ..tensors import Tensor\nfrom . import module",
        ),
        ("torchlike.optim.sgd", "import numpy as np\nfrom torchlike import nn"),
        ("torchlike.devices", "from torchlike.errors import missing"),
        ("torchlike.cli.listing", "import torchlike\nfrom torchlike.plugin import Plugin"),
        ("torchlike.nn.linear", "if TYPE_CHECKING:\n    import jax"),
    ],
)
def test_the_check_lets_the_rest_pass(module, source):
    assert violations(source, module) == []
