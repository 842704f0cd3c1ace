"""``python -m tests.property``: random programs under PyTorch and a subject; what differs, shrunk."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

MODES = {
    "trace": {"TORCHLIKE_TIER": "trace"},
    "ops": {"TORCHLIKE_TIER": "ops"},
    "auto": {},
    "eager": {"TORCHLIKE_EAGER": "1"},
    "stress": {},
}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.property", description=__doc__)
    parser.add_argument("--programs", type=int, default=2000, help="how many programs, one a seed")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--mode", choices=MODES, default="trace", help="how torchlike runs what was recorded")
    parser.add_argument(
        "--kind",
        choices=("drawn", "sampled"),
        default="drawn",
        help="statements drawn, or one operator's call",
    )
    parser.add_argument("--subject", default="torchlike", help="the module under test")
    parser.add_argument(
        "--show", type=int, metavar="SEED", help="print one seed's program as a script and stop"
    )
    parser.add_argument(
        "--minimise", type=int, default=0, metavar="N", help="shrink the first N groups' first finding"
    )
    parser.add_argument(
        "--messages", type=int, default=0, metavar="N", help="show N texts of errors that differ"
    )
    parser.add_argument("--json", type=Path, help="write outcomes and seeds of findings there")
    return parser.parse_args()


def main() -> int:
    """Runs what the command line asks for; returns 1 if anything differed."""
    options = arguments()
    os.environ.update(MODES[options.mode])
    oracle = importlib.import_module("torch")
    oracle.set_num_threads(1)
    from .differential import Differential
    from .generation import generate
    from .sampled import sampled
    from .stress import ITERATIONS, REPEATS, shrink_limits

    make = sampled if options.kind == "sampled" else generate
    if options.show is not None:
        print(make(options.show, oracle).script())
        return 0
    subject = importlib.import_module(options.subject)
    differential = Differential(oracle, subject)
    if options.mode == "stress":
        differential = Differential(oracle, subject, REPEATS, shrink_limits)
    seeds = range(options.seed, options.seed + options.programs)
    programs = (make(seed, oracle) for seed in seeds)
    if options.mode == "stress":
        programs = (program.repeated(ITERATIONS) for program in programs)
    summary = differential.check(programs)
    print(f"mode {options.mode}: {summary.text()}")
    for (label, expected, actual), count in summary.messages.most_common(options.messages):
        print(f"  {count:4d} {label}:\n       expected {expected!r}\n       got      {actual!r}")
    for group, members in list(summary.groups().items())[: options.minimise]:
        smallest = differential.minimised(min(members, key=lambda f: len(f.program.statements)))
        print(f"\n=== {group}, seed {smallest.program.seed}\n{smallest.difference}")
        print(smallest.program.listing())
    if options.json:
        findings = [[f.program.seed, f.outcome, str(f.difference)] for f in summary.findings]
        options.json.write_text(json.dumps({"outcomes": dict(summary.outcomes), "findings": findings}))
    return int(bool(summary.findings))


if __name__ == "__main__":
    sys.exit(main())
