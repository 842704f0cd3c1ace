"""Writes random programs: the oracle runs each statement as it is drafted, so shapes and values are known."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .interpreter import namespace
from .programs import NAME, Program, Statement

Predicate = Callable[[Any], bool]

MAX_NUMEL = 36
MAX_DIM = 4
MAX_MAGNITUDE = 2000.0
"""Larger values make float32's rounding larger than the absolute tolerance."""
FLOATS = ("float32", "float64")
INTEGERS = ("int64", "int32")


@dataclass
class Draft:
    """A statement before it has targets.

    Args:
        code: an expression, or with ``results=0`` a statement.
        label: the operator; the name of the function or method called where not given.
        results: how many tensors the expression gives; their names are put before it.
        writes: names that it changes in place.
        prefix: letter of the names it binds: ``t`` tensors, ``g`` gradients, ``n`` Python values.
    """

    code: str
    label: str = ""
    results: int = 1
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    prefix: str = "t"

    def __post_init__(self) -> None:
        self.label = self.label or self.code.partition("(")[0].rpartition(".")[2]


Family = Callable[["Generator"], Draft | None]
FAMILIES: list[tuple[float, Family]] = []


def family(weight: float) -> Callable[[Family], Family]:
    """Registers a function that drafts one kind of statement, drawn in proportion to ``weight``."""

    def register(function: Family) -> Family:
        FAMILIES.append((weight, function))
        return function

    return register


def is_float(t: Any) -> bool:
    """Whether the tensor has a floating dtype."""
    return t.is_floating_point()


def is_bool(t: Any) -> bool:
    """Whether the tensor has dtype bool."""
    return str(t.dtype) == "torch.bool"


def is_integer(t: Any) -> bool:
    """Whether the tensor has an integer dtype."""
    return not is_float(t) and not is_bool(t)


def not_bool(t: Any) -> bool:
    """Whether the tensor can be subtracted and negated."""
    return not is_bool(t)


def has_dims(t: Any) -> bool:
    """Whether the tensor has at least one dimension."""
    return t.dim() > 0


def not_empty(t: Any) -> bool:
    """Whether the tensor has elements."""
    return t.numel() > 0


def distinct(t: Any) -> bool:
    """Whether no value occurs twice and none is NaN, so that an order is unique."""
    values = t.detach().reshape(-1).tolist()
    return len(set(values)) == len(values) and not any(v != v for v in values)


def _holds(t: Any, predicates: tuple[Predicate, ...]) -> bool:
    """Whether all predicates hold; a view that was made stale under ``no_grad`` raises when asked."""
    try:
        return all(predicate(t) for predicate in predicates)
    except RuntimeError:
        return False


class Generator:
    """Drafts statements until a program has its length.

    Args:
        seed: the program is a function of it and of the oracle.
        oracle: the module that runs the statements; PyTorch.
        length: how many statements, drawn from the seed where not given.
    """

    def __init__(self, seed: int, oracle: Any, length: int | None = None) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.oracle = oracle
        self.length = length or self.random.randint(5, 16)
        self.names = namespace(oracle)
        self.statements: list[Statement] = []
        self.live: list[str] = []
        self.scalars: list[str] = []
        self.count = 0
        self.errors_left = self.random.choice((0, 1, 1, 2))
        self.region = ""

    def tensor(self, name: str) -> Any:
        """The oracle's tensor of that name."""
        return self.names[name]

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.random.random() < probability

    def mistake(self) -> bool:
        """Whether to draft something that may be wrong here."""
        return self.errors_left > 0 and self.chance(0.04)

    def choose(self, *options: Any) -> Any:
        """One of ``options``."""
        return self.random.choice(options)

    def pick(self, *predicates: Predicate) -> str | None:
        """A live tensor for which all predicates hold, recent ones more often; sometimes any, by mistake."""
        fitting = self.live
        if not self.mistake():
            fitting = [n for n in self.live if _holds(self.names[n], predicates)]
        if not fitting:
            return None
        weights = [1.0 + 2.0 * index / len(fitting) for index in range(len(fitting))]
        return self.random.choices(fitting, weights)[0]

    def pick_dim(self, t: Any) -> int:
        """A dimension of ``t``, also counted from the end; sometimes out of range, by mistake."""
        n = max(t.dim(), 1)
        if self.mistake():
            return self.choose(n, n + 1, -n - 1)
        return self.random.randint(-n, n - 1)

    def fresh(self, prefix: str) -> str:
        """An unused name."""
        self.count += 1
        return f"{prefix}{self.count}"

    def program(self, families: list[tuple[float, Family]], first: Family, last: Family) -> Program:
        """The whole program.

        Args:
            families: what to draw from, with weights.
            first: the family drawn from until there are three tensors.
            last: the family drawn from at the end of half of the programs.
        """
        weights = [weight for weight, _ in families]
        attempts = 0
        while len(self.statements) < self.length and attempts < 40 * self.length:
            attempts += 1
            self._draft(first if len(self.live) < 3 else self.random.choices(families, weights)[0][1])
        self.region = ""
        if self.chance(0.5):
            self._draft(last)
        return Program(tuple(self.statements), self.seed)

    def _draft(self, drawn: Family) -> None:
        try:
            drafted = drawn(self)
        except (RuntimeError, IndexError, ValueError):
            # A tensor picked by mistake has not what the draft asks of it.
            return
        if drafted is not None:
            self._add(drafted)

    def _complete(self, draft: Draft) -> Statement:
        binds = tuple(self.fresh(draft.prefix) for _ in range(draft.results))
        code = f"{', '.join(binds)} = {draft.code}" if binds else draft.code
        if self.chance(0.4 if self.region else 0.03):
            self.region = "" if self.region else "with torch.no_grad(): "
        return Statement(self.region + code, draft.label, binds, draft.writes, draft.reads)

    def _add(self, draft: Draft) -> None:
        statement = self._complete(draft)
        if self._hazardous(statement):
            return
        try:
            self._execute(statement)
        except Exception:
            if self.errors_left > 0 and self.statements:
                self.errors_left -= 1
                self.statements.append(statement)
            return
        if self._acceptable(statement):
            self.statements.append(statement)
            for name in statement.binds:
                value = self.names[name]
                if isinstance(value, self.oracle.Tensor):
                    self.live.append(name)
                elif isinstance(value, int | float):
                    self.scalars.append(name)
        elif statement.writes or "backward" in statement.code:
            self._replay()

    def _execute(self, statement: Statement) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(statement.code, self.names)

    def _replay(self) -> None:
        self.names = namespace(self.oracle)
        for statement in self.statements:
            try:
                self._execute(statement)
            except Exception:
                continue

    def _acceptable(self, statement: Statement) -> bool:
        for name in (*statement.binds, *statement.writes):
            value = self.names[name]
            if isinstance(value, self.oracle.Tensor) and not self._tame(value):
                return False
            if isinstance(value, float) and not abs(value) <= MAX_MAGNITUDE:
                return False
        return all(self._tame(t.grad) for t in self._leaves() if t.grad is not None)

    def _leaves(self) -> list[Any]:
        return [t for t in (self.names[n] for n in self.live) if _holds(t, (lambda t: t.is_leaf,))]

    def _tame(self, value: Any) -> bool:
        if value.numel() > MAX_NUMEL or value.dim() > MAX_DIM:
            return False
        if not is_float(value) or value.numel() == 0:
            return True
        values = value.detach().reshape(-1).tolist()
        finite = [abs(v) for v in values if math.isfinite(v)]
        if not finite:
            return self.chance(0.1)
        return max(finite) <= MAX_MAGNITUDE and (len(finite) == len(values) or self.chance(0.3))

    def _hazardous(self, statement: Statement) -> bool:
        """Whether PyTorch leaves the result open: a write whose outcome depends on the order of elements."""
        used = [self.names[n] for n in NAME.findall(statement.code) if n in self.live]
        for written in statement.writes:
            target = self.names[written]
            if _overlaps_itself(target):
                return not self.chance(0.05) or _overlaps_partly(target)
            if any(_shares_part(target, other) for other in used):
                return True
        return False


def offsets(t: Any) -> list[int]:
    """The storage offset of every element."""
    found = [t.storage_offset()]
    for size, stride in zip(t.shape, t.stride(), strict=True):
        found = [base + index * stride for base in found for index in range(size)]
    return found


def _overlaps_itself(t: Any) -> bool:
    found = offsets(t)
    return len(set(found)) < len(found)


def _overlaps_partly(t: Any) -> bool:
    """Overlap that PyTorch does not look for: other than through a stride of zero."""
    return not any(size > 1 and stride == 0 for size, stride in zip(t.shape, t.stride(), strict=True))


def _shares_part(target: Any, other: Any) -> bool:
    """Whether ``other`` shares some but not all elements in order, and PyTorch would not notice."""
    if target.untyped_storage().data_ptr() != other.untyped_storage().data_ptr() or other is target:
        return False
    ours, theirs = offsets(target), offsets(other)
    return bool(set(ours) & set(theirs)) and ours != theirs
