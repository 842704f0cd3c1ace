"""Operators: one declaration each above one pure function of JAX arrays, a file a family.

Importing this package imports every family, so that all operators are declared.
"""

from importlib import import_module
from pathlib import Path

_MECHANISM = {
    "__init__",
    "accepted",
    "declaration",
    "dimensions",
    "division",
    "kernels",
    "promotion",
    "schema",
}
FAMILIES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in _MECHANISM)

for _family in FAMILIES:
    import_module(f"torchlike.operators.{_family}")
