"""Errors that depend on the data: raised at once if the data is there, at the next sync if it is pending."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from torchlike.engine import Entry, Value, checks, record
from torchlike.engine.values import is_traced
from torchlike.operators.declaration import Operator
from torchlike.operators.ranges import Outside
from torchlike.tensors import bounds
from torchlike.tensors.host_memory import settled

__all__ = ["verify"]

# Per guarded entry, for each way in which it can fail: the deciding operand, what tests it and what makes the error.
_rules: dict[Entry, tuple[tuple, ...]] = {}


def verify(op: Operator, key: tuple, entry: Entry, inputs: Sequence, owners: Sequence) -> None:
    """Raise an operator's data-dependent error, now or at the next sync.

    Args:
        op: an operator with a guard.
        key, entry, inputs: the call.
        owners: per input, the tensor that it came from.
    """
    rules = _rules.get(entry)
    if rules is None:
        found = []
        guard = op.guard
        while guard is not None:
            rule = guard.rule(*key)
            if rule is not None:
                found.append((guard.operand, *rule))
            guard = guard.also
        if len(_rules) > 4096:
            _rules.clear()
        rules = _rules[entry] = tuple(found)
    if len(rules) > 1:
        rules = _first_of(rules)
    for position, fails, error in rules:
        _verify(entry, position, fails, error, inputs, owners)


def _first_of(rules: tuple[tuple, ...]) -> tuple[tuple, ...]:
    """The rules of one call, of which the first that fails is the error."""
    raised: list[bool] = []

    def first(error: Any, array: np.ndarray) -> Exception | None:
        if raised:
            return None
        raised.append(True)
        return error(array)

    return tuple((position, fails, partial(first, error)) for position, fails, error in rules)


def _verify(entry: Entry, position: int, fails: Any, error: Any, inputs: Sequence, owners: Sequence) -> None:
    operand = inputs[position]
    if isinstance(fails, Outside) and isinstance(operand, Value):
        known = operand.bounds
        if known is not None and known[0] >= fails.low and known[1] < fails.high:
            return
        bounds.verify(owners[position], fails.low, fails.high, lambda i: error(np.asarray(i)), fails.ignored)
        return
    if not isinstance(operand, Value):
        if fails(np.asarray(operand)):
            raise error(np.asarray(operand))
    elif settled(operand).array is None:
        flag = record(_flag_entry(entry, position, fails), (operand,))[0]
        checks.add(flag, lambda: error(np.asarray(operand.get())))
    elif not is_traced(operand.array):
        array = np.asarray(operand.array)
        if fails(array):
            raise error(array)


_flags: dict[tuple[Entry, int], Entry] = {}


def _flag_entry(entry: Entry, operand: int, fails: Any) -> Entry:
    """What computes the test of a pending operand inside the program."""
    found = _flags.get((entry, operand))
    if found is None:
        if len(_flags) > 4096:
            _flags.clear()
        name, avals = f"{entry.name}_guard", [entry.in_avals[operand]]
        found = _flags[entry, operand] = Entry(name, lambda x: (fails(x),), avals)
    return found
