"""``python -m benchmarks``: the table of workloads; ``overhead``, ``memory``, ``plugins`` are subjects of their own."""

from __future__ import annotations

import argparse

from . import memory, overhead, plugins, speed
from .results import write_section
from .workloads import WORKLOADS

SUBJECTS = {
    "overhead": ("What recording an operator costs", overhead.table),
    "memory": ("Memory over many steps", memory.table),
    "plugins": ("What plugins cost", plugins.table),
}


def main() -> None:
    """Runs what the command line names; the whole table of workloads where it names nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join([*WORKLOADS, *SUBJECTS])}")
    parser.add_argument(
        "--write", action="store_true", help="write RESULTS.md also where only some are named"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(WORKLOADS) - set(SUBJECTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join([*WORKLOADS, *SUBJECTS])}")
    workloads = [name for name in options.names if name in WORKLOADS]
    if workloads or not options.names:
        text = speed.table(workloads or list(WORKLOADS))
        if options.write or not options.names:
            write_section("Training and inference loops", text)
    for name in options.names:
        if name in SUBJECTS:
            heading, table = SUBJECTS[name]
            text = table()
            print(text)
            write_section(heading, text)


if __name__ == "__main__":
    main()
