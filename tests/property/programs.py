"""Programs as data: a list of Python statements over a module named ``torch``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

NAME = re.compile(r"\b[a-z]\d+\b")

SCRIPT_HEAD = """\
import importlib
import sys
import warnings
from math import inf, nan

warnings.simplefilter("ignore")
torch = importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "torchlike")
F = torch.nn.functional


def show(name):
    t = globals().get(name)
    if isinstance(t, torch.Tensor):
        node = type(t.grad_fn).__name__ if t.grad_fn is not None else None
        print(f"{name}: {t.tolist()} {t.dtype} shape={tuple(t.shape)} stride={t.stride()} "
              f"offset={t.storage_offset()} requires_grad={t.requires_grad} leaf={t.is_leaf} "
              f"grad_fn={node} version={t._version}")
        if t.is_leaf and t.grad is not None:
            print(f"{name}.grad: {t.grad.tolist()} {t.grad.dtype} stride={t.grad.stride()}")
    elif name in globals():
        print(f"{name}: {t!r}")


"""


@dataclass(frozen=True)
class Statement:
    """One line of a program.

    Args:
        code: a Python statement on one line that uses ``torch``, ``F``, ``inf``, ``nan`` and earlier names.
        label: the operator it is about; differences are grouped by it.
        binds: names it assigns.
        writes: names of tensors that it changes in place.
        reads: names whose values are read here, which forces pending work to run.
    """

    code: str
    label: str
    binds: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def uses(self) -> set[str]:
        """Names that occur in the statement, without those that only occur as assignment targets."""
        names = set(NAME.findall(self.code))
        for target in self.binds:
            if len(re.findall(rf"\b{target}\b", self.code)) == 1:
                names.discard(target)
        return names


@dataclass(frozen=True)
class Program:
    """A list of statements and the seed that they came from (-1 for one written by hand)."""

    statements: tuple[Statement, ...]
    seed: int = -1
    names: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        ordered = dict.fromkeys(name for s in self.statements for name in s.binds)
        object.__setattr__(self, "names", tuple(ordered))

    def keep(self, indices: Iterable[int]) -> Program:
        """The program that has only the statements at ``indices``."""
        return Program(tuple(self.statements[i] for i in indices), self.seed)

    def repeated(self, times: int) -> Program:
        """The program with its statements several times over: the body of a loop."""
        return Program(self.statements * times, self.seed)

    def script(self) -> str:
        """A stand-alone script: ``python script.py torch`` or ``python script.py torchlike``."""
        lines = [SCRIPT_HEAD]
        for statement in self.statements:
            lines.append(f"try:\n    {statement.code}\nexcept Exception as error:\n")
            lines.append('    print(type(error).__name__, error, sep=": ")\n')
        shown = ", ".join(f'"{name}"' for name in self.names)
        if shown:
            lines.append(f"for name in [{shown}]:\n    show(name)\n")
        return "".join(lines)

    def listing(self) -> str:
        """The bare statements, one a line."""
        return "\n".join(s.code for s in self.statements)

    def to_json(self) -> str:
        """The program as JSON; ``from_json`` reads it back."""
        return json.dumps({"seed": self.seed, "statements": [asdict(s) for s in self.statements]})

    @staticmethod
    def from_json(text: str) -> Program:
        """The program that ``to_json`` wrote."""
        data = json.loads(text)
        statements = []
        for s in data["statements"]:
            names = (tuple(s[key]) for key in ("binds", "writes", "reads"))
            statements.append(Statement(s["code"], s["label"], *names))
        return Program(tuple(statements), data["seed"])
