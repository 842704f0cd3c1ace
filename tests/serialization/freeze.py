"""Writes PyTorch's outcomes and files to `tests/serialization/frozen`.

Run `python -m tests.serialization.freeze` with PyTorch 2.13.0.
"""

from __future__ import annotations

import base64
import io
import json

import torch

from tests.autograd.outcomes import outcomes
from tests.serialization import archive_cases
from tests.serialization.files import FROZEN, objects, shown


def files() -> dict[str, dict[str, str]]:
    """Each object as PyTorch saves it in its two formats, and how it prints."""
    found = {}
    for name, obj in objects(torch).items():
        for kind, options in (("archive", {}), ("old", {"_use_new_zipfile_serialization": False})):
            f = io.BytesIO()
            torch.save(obj, f, **options)
            data = base64.b64encode(f.getvalue()).decode()
            found[f"{name}, {kind}"] = {"data": data, "shown": shown(obj)}
    return found


def main() -> None:
    FROZEN.mkdir(exist_ok=True)
    for name, found in (("archive_cases", outcomes(archive_cases, torch)), ("files", files())):
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (FROZEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(found)}")


if __name__ == "__main__":
    main()
