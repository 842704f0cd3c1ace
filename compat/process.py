"""Run one row and write its outcome to a file: `python -m compat.process LIBRARY ROW FILE`."""

import json
import sys
from pathlib import Path

from compat.rows import load, rows

if __name__ == "__main__":
    library, wanted, answer = sys.argv[1:]
    row = next(row for row in rows() if row.id == wanted)
    Path(answer).write_text(json.dumps(row.run_here(load(library))), encoding="utf-8")
