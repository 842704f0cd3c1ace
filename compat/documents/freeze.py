"""Freeze what PyTorch 2.13.0 does: `python -m compat.documents.freeze [--documents DIR] [ROW ...]`.

Each row runs in a process of its own with its imports mapped back to PyTorch's. With `--documents`, the
folder of the documents' texts, it first checks that the blocks are the documents' own text.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from compat.imports import to_torchlike
from compat.rows import Row, load, rows

ORACLE = "2.13.0"


def main() -> int:
    """Write the frozen outcomes and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m compat.documents.freeze", description=__doc__)
    parser.add_argument("--documents", type=Path, help="folder of the documents' texts, 003*.txt and so on")
    parser.add_argument("rows", nargs="*", help="rows to freeze, 003/block_3; all if none is given")
    options = parser.parse_args()
    chosen = [
        row for row in rows() if row.program == row.name and (not options.rows or row.id in options.rows)
    ]
    if len(chosen) < len(options.rows):
        parser.error("no such row: " + ", ".join(sorted(set(options.rows) - {row.id for row in chosen})))
    if options.documents:
        numbers = sorted({row.document for row in rows()})
        wrong = [line for number in numbers for line in unlike(number, options.documents)]
        if wrong:
            print("\n".join(wrong))
            return 1
    torch = load("torch")
    if torch.__version__.partition("+")[0] != ORACLE:
        parser.error(f"the oracle is PyTorch {ORACLE}, not {torch.__version__}")
    for row in chosen:
        freeze(row, torch)
    return 0


def unlike(document: str, folder: Path) -> list[str]:
    """Return a line for each fenced Python block of the document that is not its file."""
    (text,) = folder.glob(f"{document}*.txt")
    blocks = re.findall(r"^```python\n(.*?)^```$", text.read_text(encoding="utf-8"), re.M | re.S)
    files = {
        row.name: row.path
        for row in rows()
        if row.document == document and re.fullmatch(r"block_\d+", row.name)
    }
    found = [] if len(files) == len(blocks) else [f"{document}: {len(blocks)} blocks, {len(files)} files"]
    for index, block in enumerate(blocks):
        if files[f"block_{index}"].read_text(encoding="utf-8") != to_torchlike(block):
            found.append(f"{document}/block_{index} is not the document's text")
    return found


def freeze(row: Row, torch) -> None:
    """Run a row on PyTorch and write its outcome beside it."""
    outcome = row.run(torch, own_process=True)
    if outcome["kind"] == "no outcome":
        raise RuntimeError(f"{row.id}: {outcome['error']['message']}")
    frozen = {"pytorch": ORACLE, "source_sha256": row.digest(), "outcome": outcome}
    text = json.dumps(frozen, indent=1, ensure_ascii=False)
    on_one_line = re.sub(r"\[\n([-+\w.,\s]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    row.frozen_path.write_text(on_one_line + "\n", encoding="utf-8")
    print(f"{row.id}: {outcome['kind']} {outcome['error'] or ''} {outcome['warnings'] or ''}")


if __name__ == "__main__":
    sys.exit(main())
