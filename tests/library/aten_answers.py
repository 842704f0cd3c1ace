"""What PyTorch's overloads in `torch.ops.aten` give for simple arguments, under one library or the other."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from pathlib import Path
from typing import Any

import torchlike
from torchlike.library import aten_overloads

FROZEN = Path(__file__).parent / "frozen" / "aten.json"
# Random, or about what lies in memory that nobody wrote to; `_conj` fails an assertion of PyTorch's for real numbers.
UNDEFINED = (
    "_conj",
    "rand",
    "bernoulli",
    "dropout",
    "empty",
    "poisson",
    "multinomial",
    "binomial",
    "normal",
    "rrelu",
)
# Another value for an argument than that of its type.
VALUES = {
    "dim": 0,
    "dim0": 0,
    "dim1": 1,
    "size": [9],
    "shape": [9],
    "repeats": [2, 1],
    "dims": [0, 1],
    "n": 2,
    "k": 1,
}


def overloads() -> list[tuple[str, str]]:
    """The overloads to call, as name and overload."""
    return [
        (base, name)
        for base in aten_overloads.names()
        if not any(word in base for word in UNDEFINED)
        for name, schema in aten_overloads.schemas(base).items()
        if schema is not None
        and any(a.type.kind == "Tensor" for a in schema.arguments)
        and not any(a.is_mutated and a.kwarg_only for a in schema.arguments)
    ]


def arguments(torch: Any, schema: Any, integers: bool) -> list:
    made: list = []
    for a in schema.arguments:
        if a.has_default_value() or a.kwarg_only:
            break
        kind = a.type.kind
        if kind == "Tensor":
            t = torch.arange(9).reshape(3, 3) + len(made) + 1
            made.append(t if integers else t / 10)
        elif a.name in VALUES:
            made.append(VALUES[a.name])
        elif kind == "Optional":
            made.append(None)
        elif kind == "List":
            made.append(arguments(torch, SingleTensor, integers) * 2 if a.type.holds("Tensor") else [1, 1])
        else:
            made.append({"Scalar": 2, "float": 0.5, "bool": True, "str": "none"}.get(kind, 1))
    return made


SingleTensor = aten_overloads.schemas("sin")["default"]


def shown(value: Any) -> str:
    """A result to five digits of the sum of what it holds, each element weighed with its place."""
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(shown, value))})"
    if not hasattr(value, "dtype"):
        return repr(value)
    numbers = value.detach().to(dtype=_double(value)).reshape(-1).tolist()
    total = sum(v * (i % 7 + 1) for i, v in enumerate(numbers) if not (v != v or abs(v) == math.inf))
    text = f"{total.real:.5g}+{total.imag:.5g}j" if isinstance(total, complex) else f"{total:.5g}"
    return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)} {text.replace('-0', '0')}"


def _double(value: Any) -> Any:
    library: Any = torchlike if isinstance(value, torchlike.Tensor) else sys.modules["torch"]
    return library.complex128 if value.dtype.is_complex else library.float64


def answer(torch: Any, base: str, name: str) -> list[str]:
    """What an overload gives for floating numbers and for integers."""
    schema = aten_overloads.schemas(base)[name]
    found = []
    for integers in (False, True):
        op = getattr(getattr(torch.ops.aten, base), name)
        try:
            found.append(shown(op(*arguments(torch, schema, integers))))
        except NotImplementedError as error:
            if "torchlike does not implement" in str(error):
                raise
            found.append("raises")
        except Exception:
            found.append("raises")
            with contextlib.suppress(IndexError):
                # An index that is out of range may be complained of once more, when next something is read.
                torch.ones(1).add(1).item()
    return found


def main() -> None:
    """Write PyTorch's: `python -m tests.library.aten_answers`."""
    import torch

    found = {f"{base}.{name}": answer(torch, base, name) for base, name in overloads()}
    FROZEN.write_text(json.dumps(found, indent=0) + "\n")
    print(len(found))


if __name__ == "__main__":
    main()
