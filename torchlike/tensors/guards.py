"""Errors that depend on the data: raised at once if the data is there, at the next sync if it is pending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchlike.engine import Entry, Value, checks, record
from torchlike.engine.values import is_traced
from torchlike.operators.declaration import Operator
from torchlike.operators.ranges import Outside
from torchlike.tensors import bounds
from torchlike.tensors.host_memory import settled

__all__ = ["verify"]

# Per guarded entry: None where it cannot fail, else what tests the deciding operand and what makes the error.
_rules: dict[Entry, tuple | None] = {}


def verify(op: Operator, key: tuple, entry: Entry, inputs: Sequence, owners: Sequence) -> None:
    """Raise an operator's data-dependent error, now or at the next sync.

    Args:
        op: an operator with a guard.
        key, entry, inputs: the call.
        owners: per input, the tensor that it came from.
    """
    guard = op.guard
    assert guard is not None
    if entry in _rules:
        rule = _rules[entry]
    else:
        found = guard.rule(*key)
        if len(_rules) > 4096:
            _rules.clear()
        rule = _rules[entry] = found
    if rule is None:
        return
    fails, error = rule
    operand = inputs[guard.operand]
    if isinstance(fails, Outside) and isinstance(operand, Value):
        known = operand.bounds
        if known is not None and known[0] >= fails.low and known[1] < fails.high:
            return
        bounds.verify(
            owners[guard.operand], fails.low, fails.high, lambda i: error(np.asarray(i)), fails.ignored
        )
        return
    if not isinstance(operand, Value):
        if fails(np.asarray(operand)):
            raise error(np.asarray(operand))
    elif settled(operand).array is None:
        flag = record(_flag_entry(entry, guard.operand, fails), (operand,))[0]
        checks.add(flag, lambda: error(np.asarray(operand.get())))
    elif not is_traced(operand.array):
        array = np.asarray(operand.array)
        if fails(array):
            raise error(array)


_flags: dict[Entry, Entry] = {}


def _flag_entry(entry: Entry, operand: int, fails: Any) -> Entry:
    """What computes the test of a pending operand inside the program."""
    found = _flags.get(entry)
    if found is None:
        if len(_flags) > 4096:
            _flags.clear()
        found = _flags[entry] = Entry(f"{entry.name}_guard", lambda x: (fails(x),), [entry.in_avals[operand]])
    return found
