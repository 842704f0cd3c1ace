"""Tensors: storages and views, the dispatch path, and the functions and methods made from the declarations."""

from importlib import import_module
from pathlib import Path

__all__ = ["import_families"]


def import_families() -> None:
    """Import every module of this folder, so that all composites are declared."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem != "__init__":
            import_module(f"torchlike.tensors.{path.stem}")
