"""The rows of the suite: which programs there are, what each is expected to do, and whether it does."""

import hashlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import types
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from compat.imports import to_torch
from compat.outcome import Program, differences, run

DOCUMENTS = Path(__file__).parent / "documents"
ROOT = Path(__file__).parent.parent
PROCESS_SECONDS = 120


class StaleOutcome(Exception):
    """The frozen outcome was taken from another text than the program's."""


@dataclass(frozen=True)
class Row:
    """One program of one document, with PyTorch's frozen outcome beside it.

    Attributes:
        document: the document's number, `"003"`.
        name: `block_3` is the document's own text with nothing changed but the imports, `block_3_as_meant` is
            what the text around it says that it does, `names_cuda` is a thing that the document names outside
            its blocks.
        about: what it is, in a line.
        program: the name of the file, without its ending; usually the row's.
        expected: the name of the row whose frozen outcome this one must have; usually its own.
        why: why that is another row's.
        not_yet: the PyTorch API for want of which the row cannot pass yet.
        process: whether it needs a process of its own.
        environment: what that process finds in its environment.
    """

    document: str
    name: str
    about: str
    program: str
    expected: str
    why: str = ""
    not_yet: str = ""
    process: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.document}/{self.name}"

    @property
    def path(self) -> Path:
        return DOCUMENTS / f"d{self.document}" / f"{self.program}.py"

    @property
    def frozen_path(self) -> Path:
        return self.path.with_suffix(".json")

    @property
    def chain(self) -> list[Path]:
        """The files to run in one namespace, this row's last: a block runs after the blocks above it."""
        if not self.name.startswith("block_"):
            return [self.path]
        ending = "_as_meant" if self.name.endswith("_as_meant") else ""
        last = int(self.name.removeprefix("block_").removesuffix("_as_meant"))
        return [self.path.with_name(f"block_{index}{ending}.py") for index in range(last + 1)]

    def expected_outcome(self) -> dict[str, Any]:
        """Return PyTorch's frozen outcome for this row.

        Raises:
            StaleOutcome: if the program has changed since it was frozen.
        """
        source = replace(self, name=self.expected, program=self.expected)
        frozen = json.loads(source.frozen_path.read_text(encoding="utf-8"))
        if frozen["source_sha256"] != source.digest():
            raise StaleOutcome(f"{source.id} has changed since its outcome was frozen: freeze it again")
        return frozen["outcome"]

    def digest(self) -> str:
        """Return the SHA-256 of the chain's text with its imports mapped back to PyTorch's."""
        text = "".join(to_torch(path.read_text(encoding="utf-8")) for path in self.chain)
        return hashlib.sha256(text.encode()).hexdigest()

    def run(self, library: types.ModuleType, *, own_process: bool = False) -> dict[str, Any]:
        """Run the row and return its outcome.

        Args:
            library: the imported `torchlike`, or `torch` (the imports are then mapped back).
            own_process: run it in a new process, whatever the row says.
        """
        if self.process or own_process:
            return self._run_in_new_process(library.__name__)
        return self.run_here(library)

    def run_here(self, library: types.ModuleType) -> dict[str, Any]:
        """Run the row in this process and return its outcome."""
        if library.__name__ == "torchlike":
            return run([Program(path.read_text(encoding="utf-8"), path) for path in self.chain], library)
        with tempfile.TemporaryDirectory() as folder:
            programs = []
            for path in self.chain:
                copy = Path(folder) / path.name
                copy.write_text(to_torch(path.read_text(encoding="utf-8")), encoding="utf-8")
                programs.append(Program(copy.read_text(encoding="utf-8"), copy))
            return run(programs, library)

    def _run_in_new_process(self, library: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder) / "outcome.json"
            command = [sys.executable, "-m", "compat.process", library, self.id, str(answer)]
            environment = {**os.environ, **self.environment}
            try:
                done = subprocess.run(
                    command,
                    cwd=ROOT,
                    env=environment,
                    capture_output=True,
                    text=True,
                    timeout=PROCESS_SECONDS,
                )
            except subprocess.TimeoutExpired:
                return no_outcome(f"still running after {PROCESS_SECONDS} s")
            if not answer.exists():
                return no_outcome(f"ended with {done.returncode}: {done.stderr[-4000:]}")
            return json.loads(answer.read_text(encoding="utf-8"))


def no_outcome(why: str) -> dict[str, Any]:
    """Return the outcome of a process that gave none; it equals no frozen one."""
    error = {"type": "no outcome", "builtin": "no outcome", "message": why}
    return {"kind": "no outcome", "error": error, "text": "", "warnings": [], "names": {}}


@dataclass(frozen=True)
class Result:
    """What a row did beside what it was expected to do.

    Attributes:
        status: `same`, `differs`, `not yet` (it stopped for want of the API that its row names) or `works
            now` (it is marked as not yet and is the same: the mark must go).
        differences: a line for each difference.
    """

    row: Row
    expected: dict[str, Any]
    got: dict[str, Any]
    status: str
    differences: list[str]

    @property
    def acceptable(self) -> bool:
        return self.status in ("same", "not yet")


def judge(row: Row, expected: dict[str, Any], got: dict[str, Any]) -> Result:
    """Return whether `got` is what `row` must do.

    Args:
        row: the row that was run.
        expected: PyTorch's outcome.
        got: the outcome at hand, as it comes out of JSON.
    """
    found = differences(expected, got)
    if not found:
        status = "works now" if row.not_yet else "same"
    else:
        status = "not yet" if row.not_yet and _stopped_for_want_of(row.not_yet, got["error"]) else "differs"
    return Result(row, expected, got, status, found)


def _stopped_for_want_of(api: str, error: dict[str, str] | None) -> bool:
    wanting = ("NotImplementedError", "AttributeError", "ImportError", "ModuleNotFoundError")
    return error is not None and error["builtin"] in wanting and api.rpartition(".")[2] in error["message"]


def check(row: Row, library: types.ModuleType) -> Result:
    """Run a row and return the result."""
    # Through JSON, as the frozen one came: tuples and integer keys look alike on both sides.
    return judge(row, row.expected_outcome(), json.loads(json.dumps(row.run(library))))


def load(library: str) -> types.ModuleType:
    """Import `torchlike` or `torch` for the rows, on the CPU, which is where the outcomes were frozen."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    return importlib.import_module(library)


def rows() -> list[Row]:
    """Return all rows, document by document, in the order of `rows.toml`."""
    tables = tomllib.loads((DOCUMENTS / "rows.toml").read_text(encoding="utf-8"))
    found = []
    for document, table in tables.items():
        for name, entry in table.items():
            options = {"about": entry} if isinstance(entry, str) else entry
            names = {"name": name, "program": name, "expected": name}
            found.append(Row(document=document.removeprefix("d"), **(names | options)))
    return found
