"""Runs a program with a module that stands for ``torch`` and writes down everything that can be seen."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .programs import Program, Statement

Entry = dict[str, Any]
Transcript = dict[str, Any]


def _field(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # the difference is reported as this field's value
        return f"<{type(error).__name__}: {error}>"


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it; what JSON has no form for becomes its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value)


def _node_name(tensor: Any) -> str | None:
    return None if tensor.grad_fn is None else type(tensor.grad_fn).__name__


def describe(tensor: Any, with_value: bool) -> Entry:
    """What can be seen of a tensor: layout, autograd state, version and, if asked for, its values."""
    entry: Entry = {
        "dtype": _field(lambda: str(tensor.dtype).rpartition(".")[2]),
        "shape": _field(lambda: [int(n) for n in tensor.shape]),
        "stride": _field(lambda: [int(n) for n in tensor.stride()]),
        "offset": _field(lambda: int(tensor.storage_offset())),
        "contiguous": _field(lambda: tensor.is_contiguous()),
        "requires_grad": _field(lambda: tensor.requires_grad),
        "is_leaf": _field(lambda: tensor.is_leaf),
        "grad_fn": _field(lambda: _node_name(tensor)),
        "version": _field(lambda: int(tensor._version)),
    }
    if with_value:
        entry["value"] = _field(lambda: tensor.tolist())
    return entry


class JitteredModule:
    """``torch`` with every literal float moved by a few units in the last place.

    A program whose result moves as much under this as two libraries differ is ill-conditioned: the
    difference says nothing about either library.
    """

    def __init__(self, module: ModuleType, seed: int) -> None:
        self._module = module
        self._random = random.Random(seed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def _moved(self, data: Any, step: float) -> Any:
        if isinstance(data, list):
            return [self._moved(item, step) for item in data]
        if isinstance(data, float) and math.isfinite(data):
            return data * (1 + step * self._random.choice((-1, 1)))
        return data

    def tensor(self, data: Any, **keywords: Any) -> Any:
        """``torch.tensor`` of moved data."""
        double = keywords.get("dtype") is self._module.float64
        return self._module.tensor(self._moved(data, 4e-16 if double else 2.4e-7), **keywords)


def namespace(torch: Any) -> dict[str, Any]:
    """The names that a program may use."""
    return {"torch": torch, "F": torch.nn.functional, "inf": math.inf, "nan": math.nan}


def run_statement(statement: Statement, names: dict[str, Any], tensor_type: type) -> Entry:
    """Runs one statement in ``names`` and describes what it bound, wrote, read or raised."""
    try:
        exec(statement.code, names)
        values = {name: names[name].tolist() for name in statement.reads}
    except Exception as error:
        return {"raises": [type(error).__name__, str(error)]}
    entry: Entry = {}
    for name in (*statement.binds, *statement.writes):
        value = names[name]
        entry[name] = describe(value, False) if isinstance(value, tensor_type) else {"python": _plain(value)}
    for name in statement.reads:
        entry[name] = {**describe(names[name], False), "value": values[name]}
    return entry


def run(program: Program, torch: Any) -> Transcript:
    """The transcript of ``program`` under the module ``torch``.

    Returns:
        ``{"statements": [entry, ...], "end": {name: entry, "name.grad": entry, ...}}``. Values are in the
        entries of statements that read, and at the end.
    """
    names = namespace(torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries = [run_statement(s, names, torch.Tensor) for s in program.statements]
        end: dict[str, Entry] = {}
        for name in program.names:
            value = names.get(name)
            if isinstance(value, torch.Tensor):
                end[name] = describe(value, True)
                grad = _field(lambda value=value: value.grad)
                if isinstance(grad, torch.Tensor):
                    end[f"{name}.grad"] = describe(grad, True)
                else:
                    end[f"{name}.grad"] = {"python": _plain(grad)}
    return {"statements": entries, "end": end}
