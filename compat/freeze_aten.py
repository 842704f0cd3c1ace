"""Write torchlike/aten_schemas.json: PyTorch's overloads of the operators that are here under the same name.

Run with PyTorch installed: `python -m compat.freeze_aten`.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from torchlike.operators.declaration import OPERATORS


def main() -> None:
    importlib.import_module("torchlike")
    torch = importlib.import_module("torch")
    ours = {name.partition(".")[0] for name in OPERATORS.builtin}
    wanted = {*ours, *(f"{name}_" for name in ours)}
    found: dict[str, list[str]] = {}
    for base in sorted(wanted):
        schemas = torch._C._jit_get_schemas_for_operator(f"aten::{base}")
        if schemas:
            # Without the namespace, in the order in which a call tries them.
            found[base] = [str(s).removeprefix("aten::") for s in schemas]
    target = Path(__file__).parent.parent / "torchlike" / "aten_schemas.json"
    target.write_text(json.dumps(found, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
