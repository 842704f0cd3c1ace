"""Tensors: storages and views, the dispatch path, and the functions and methods made from the declarations.

The package has the names of `torchlike` that need nothing above it, so that the floors above may write
`from torchlike import tensors as T` and `T.zeros(2)`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from torchlike import operators  # noqa: F401 - declares every operator


def _import_families() -> None:
    """Import every module of this folder, so that all composites are declared."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem != "__init__":
            import_module(f"torchlike.tensors.{path.stem}")


def _install() -> None:
    from torchlike.tensors import binding, public

    binding.install()
    globals().update(public.names())
    for space in ("linalg", "special", "fft"):
        globals()[space] = SimpleNamespace(**binding.namespace(space))


_import_families()
_install()
