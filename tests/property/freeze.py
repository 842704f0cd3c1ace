"""``python -m tests.property.freeze``: write PyTorch's transcripts of the regression programs.

Without arguments it runs the programs already in ``frozen/regressions.json`` again. With ``--add NAME FILE``
it adds a program: a file of plain statements, one a line, over the names ``t1``, ``t2``, ... (``g1`` for
gradients and ``n1`` for Python values).
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import torch

from .generator import Draft
from .interpreter import run
from .programs import Program, Statement

FROZEN = Path(__file__).parent / "frozen" / "regressions.json"


def parsed(text: str) -> Program:
    """A program from plain statements."""
    statements = []
    for line in filter(None, map(str.strip, text.splitlines())):
        bare = line.removeprefix("with torch.no_grad(): ")
        match = re.match(r"((?:[tgn]\d+)(?:, [tgn]\d+)*) = ", bare)
        binds = tuple(match[1].split(", ")) if match else ()
        written = re.match(r"([tg]\d+)\.\w+_\(|([tg]\d+)(?:\[.*\])? [-+*/]?= ", bare) if not binds else None
        writes = tuple(filter(None, written.groups())) if written else ()
        reads = tuple(re.findall(r"^([tg]\d+)\.tolist\(\)$", bare))
        label = Draft(bare[match.end() :] if match else bare).label or "statement"
        statements.append(Statement(line, label, binds, writes, reads))
    return Program(tuple(statements))


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.property.freeze", description=__doc__)
    parser.add_argument("--add", nargs=2, action="append", default=[], metavar=("NAME", "FILE"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases = json.loads(FROZEN.read_text()) if FROZEN.exists() else []
    programs = {case["name"]: Program.from_json(json.dumps(case["program"])) for case in cases}
    programs |= {name: parsed(Path(path).read_text()) for name, path in options.add}
    frozen = [
        {"name": name, "program": json.loads(program.to_json()), "transcript": run(program, torch)}
        for name, program in sorted(programs.items())
    ]
    FROZEN.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(case) for case in frozen)
    FROZEN.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
