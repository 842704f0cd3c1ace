"""Print the suite as a table: `python -m compat [--json] [--document 003] [--library torch]`."""

import argparse
import json
import sys
from typing import Any

from compat.rows import Result, check, load, rows

WIDTHS = (26, 40, 40)
MOST_LINES = 6


def main(arguments: list[str] | None = None) -> int:
    """Run the rows, print them and return 0 if each does what PyTorch does, 1 if not.

    Args:
        arguments: the command line without the program's name.
    """
    parser = argparse.ArgumentParser(prog="python -m compat", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--document", action="append", help="only this document (may be given again)")
    parser.add_argument("--library", default="torchlike", choices=("torchlike", "torch"), help="what to run")
    options = parser.parse_args(arguments)

    chosen = [row for row in rows() if not options.document or row.document in options.document]
    if not chosen:
        parser.error(f"no such document: {', '.join(options.document)}")
    library = load(options.library)
    results = [check(row, library) for row in chosen]
    if options.json:
        answer = {"rows": [as_json(result) for result in results], "counts": counts(results)}
        print(json.dumps(answer, indent=1))
    else:
        print_table(results)
    return 0 if all(result.acceptable for result in results) else 1


def counts(results: list[Result]) -> dict[str, int]:
    """Return how many rows have each status."""
    statuses = [result.status for result in results]
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def as_json(result: Result) -> dict[str, Any]:
    """Return a result as plain data."""
    return {
        "document": result.row.document,
        "row": result.row.name,
        "about": result.row.about,
        "why": result.row.why,
        "expected": result.expected,
        "got": result.got,
        "status": result.status,
        "differences": result.differences,
    }


def print_table(results: list[Result]) -> None:
    """Print the results document by document, and under each row that differs, how."""
    document = None
    for result in results:
        if result.row.document != document:
            document = result.row.document
            print(f"\nDocument {document}")
            heads = ("row", "expected", "got")
            print(
                "  ".join(clip(head, width) for head, width in zip(heads, WIDTHS, strict=True)),
                "same?",
                sep="  ",
            )
        cells = (result.row.name, summary(result.expected), summary(result.got))
        same = "yes" if result.status == "same" else "NO" if result.status == "differs" else result.status
        print("  ".join(clip(cell, width) for cell, width in zip(cells, WIDTHS, strict=True)), same, sep="  ")
        if result.row.why:
            print(f"    expected is {result.row.expected}'s: {' '.join(result.row.why.split())}")
        if result.status == "differs":
            # Where it stopped elsewhere than PyTorch does, that is why the rest differs.
            lines = [line for line in result.differences if line.startswith("error")] or result.differences
            for line in lines[:MOST_LINES]:
                print(f"    {line}")
            if len(result.differences) > len(lines[:MOST_LINES]):
                print(f"    and {len(result.differences) - len(lines[:MOST_LINES])} more")
    print("\n" + ", ".join(f"{number} {status}" for status, number in counts(results).items()))


def summary(outcome: dict[str, Any]) -> str:
    """Return an outcome in a few words."""
    if outcome["error"]:
        return f"{outcome['error']['type']}: {outcome['error']['message']}"
    return outcome["text"] if outcome["text"] else f"names {', '.join(outcome['names'])}"


def clip(text: str, width: int) -> str:
    """Return `text` on one line of exactly `width` characters."""
    line = " ".join(text.split())
    return (line if len(line) <= width else line[: width - 1] + "…").ljust(width)


if __name__ == "__main__":
    sys.exit(main())
