"""What a program did: what it printed, what it raised, what its names hold afterwards.

An outcome is plain data (it goes into a JSON file and comes back equal), taken through the public API only,
so that the same code reads it from PyTorch and from torchlike.
"""

import contextlib
import io
import math
import sys
import types
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# A tensor with more elements than this is recorded by its norm, its sum and this many elements of it.
SAMPLE = 64

Tolerance = tuple[float, float]

# (relative, absolute), as torch.testing.assert_close has them; the texts are compared to the character.
TOLERANCES = {
    "torch.float16": (1e-3, 1e-5),
    "torch.bfloat16": (1.6e-2, 1e-5),
    "torch.float32": (1.3e-6, 1e-5),
    "torch.float64": (1e-7, 1e-7),
    "torch.complex64": (1.3e-6, 1e-5),
    "torch.complex128": (1e-7, 1e-7),
}
# Python numbers come out of float32 tensors here, and are not close to zero.
NUMBER_TOLERANCE = (1.3e-6, 1e-7)


@dataclass(frozen=True)
class Program:
    """A program to run: its text, and the file that the interpreter is to take it from."""

    source: str
    path: Path


def run(programs: Sequence[Program], library: types.ModuleType) -> dict[str, Any]:
    """Run programs one after the other in one fresh `__main__` and return the outcome of the last.

    The earlier ones may raise, as cells of a notebook may. Before each, the generator is seeded with 0.

    Args:
        programs: the last one is the one whose outcome is wanted.
        library: the imported `torch` or `torchlike`.
    """
    main = types.ModuleType("__main__")
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = main
    try:
        for program in programs:
            main.__file__ = str(program.path)
            printed = io.StringIO()
            error: dict[str, str] | None = None
            with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
                warnings.simplefilter("always")
                try:
                    library.manual_seed(0)
                    exec(compile(program.source, str(program.path), "exec"), main.__dict__)
                except Exception as raised:
                    error = _describe_error(raised)
        names = {
            name: _describe_name(value, library)
            for name, value in sorted(vars(main).items())
            if not name.startswith("_") and not isinstance(value, types.ModuleType)
        }
    finally:
        sys.modules["__main__"] = ours
    text = printed.getvalue()
    return {
        "kind": "error" if error else "text" if text else "value",
        "error": error,
        "text": text,
        "warnings": _describe_warnings(caught),
        "names": names,
    }


def _describe_error(raised: Exception) -> dict[str, str]:
    base = next(cls for cls in type(raised).__mro__ if cls.__module__ == "builtins")
    return {"type": type(raised).__name__, "builtin": base.__name__, "message": str(raised)}


def _describe_warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    # A deprecation announces its own library's plans, and PyTorch's C++ warns once a process and adds its own
    # source line: neither can be asked of another library.
    wanted = (entry for entry in caught if not issubclass(entry.category, DeprecationWarning))
    said = (f"{entry.category.__name__}: {entry.message}".splitlines()[0] for entry in wanted)
    return [line for line in said if "Triggered internally" not in line]


def _describe_name(value: Any, library: types.ModuleType) -> Any:
    # A library that cannot show what it made is one that differs, and no reason to stop.
    try:
        return describe(value, library)
    except Exception as raised:
        return {"is": "unreadable", "why": f"{type(raised).__name__}: {raised}"}


def describe(value: Any, library: types.ModuleType) -> Any:
    """Return plain data that says what `value` is.

    Args:
        value: anything that a program may leave in a name.
        library: the `torch` or `torchlike` whose tensors, modules and optimizers are read.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, library.Tensor):
        return _describe_tensor(value, library)
    if isinstance(value, library.nn.Module):
        return {
            "is": "module",
            "text": repr(value),
            "training": value.training,
            "state": {name: _describe_tensor(entry, library) for name, entry in value.state_dict().items()},
            "grads": {
                name: _describe_tensor(parameter.grad, library)
                for name, parameter in value.named_parameters()
                if parameter.grad is not None
            },
        }
    if isinstance(value, library.optim.Optimizer):
        return {
            "is": "optimizer",
            "text": repr(value),
            "state": describe(value.state_dict()["state"], library),
        }
    if isinstance(value, type):
        return {"is": "class", "name": value.__name__, "bases": [base.__name__ for base in value.__bases__]}
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        return {"is": "function", "name": value.__name__}
    if isinstance(value, dict):
        return {"is": "dict", "items": {str(key): describe(entry, library) for key, entry in value.items()}}
    if isinstance(value, list | tuple):
        return {"is": type(value).__name__, "items": [describe(entry, library) for entry in value]}
    return {"is": type(value).__name__}


def _describe_tensor(tensor: Any, library: types.ModuleType) -> dict[str, Any]:
    array = tensor.detach().numpy()
    described = {
        "is": type(tensor).__name__,
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype),
        "device": str(tensor.device),
        "requires_grad": tensor.requires_grad,
        "grad_fn": tensor.grad_fn and type(tensor.grad_fn).__name__,
        "values": _plain_numbers(array.ravel()),
    }
    if array.size > SAMPLE:
        picked = np.linspace(0, array.size - 1, SAMPLE).astype(int)
        wide = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
        described["values"] = _plain_numbers(array.ravel()[picked])
        described["norm"] = float(np.linalg.norm(wide))
    if tensor.is_leaf and tensor.grad is not None:
        described["grad"] = _describe_tensor(tensor.grad, library)
    return described


def _plain_numbers(flat: np.ndarray) -> list[Any]:
    if flat.dtype.kind == "c":
        return [[_short(entry.real), _short(entry.imag)] for entry in flat]
    if flat.dtype.kind == "f":
        return [_short(entry) for entry in flat]
    return flat.tolist()


def _short(number: np.floating) -> float:
    # Nine digits say which float32 it is; the digits after them are noise in the files.
    return float(f"{number:.9g}") if number.dtype != np.float64 else float(number)


def differences(expected: Any, got: Any, where: str = "") -> list[str]:
    """Return what differs between two outcomes, a line for each difference; none if they are the same.

    Floating point values may differ by `torch.testing.assert_close`'s tolerances for their dtype; all else,
    texts included, must be equal.

    Args:
        expected: the outcome that was frozen.
        got: the outcome at hand.
        where: what to put before each line.

    >>> differences({"text": "a"}, {"text": "b"})
    ["text: expected 'a', got 'b'"]
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        found = []
        for key in sorted(expected.keys() | got.keys()):
            inner = f"{where}.{key}" if where else str(key)
            if key not in got:
                found.append(f"{inner}: expected {_brief(expected[key])}, got nothing")
            elif key not in expected:
                found.append(f"{inner}: expected nothing, got {_brief(got[key])}")
            elif key == "values" and "dtype" in expected:
                tolerance = TOLERANCES.get(expected["dtype"], (0.0, 0.0))
                found += _differences_in_values(expected[key], got[key], tolerance, inner)
            else:
                found += differences(expected[key], got[key], inner)
        return found
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        return [line for index, (a, b) in pairs for line in differences(a, b, f"{where}[{index}]")]
    if type(expected) is type(got) is float:
        same = _close(expected, got, NUMBER_TOLERANCE)
    else:
        same = type(expected) is type(got) and expected == got
    return [] if same else [f"{where}: expected {_brief(expected)}, got {_brief(got)}"]


def _differences_in_values(expected: list, got: list, tolerance: Tolerance, where: str) -> list[str]:
    if np.shape(expected) != np.shape(got):
        return [f"{where}: expected {np.shape(expected)} numbers, got {np.shape(got)}"]
    a, b = np.ravel(expected).tolist(), np.ravel(got).tolist()
    wrong = [index for index, (x, y) in enumerate(zip(a, b, strict=True)) if not _close(x, y, tolerance)]
    if not wrong:
        return []
    first = wrong[0]
    return [
        f"{where}: {len(wrong)} of {len(a)} differ, the first at {first}: expected {a[first]}, got {b[first]}"
    ]


def _close(expected: float, got: float, tolerance: Tolerance) -> bool:
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if expected == got:
        return True
    relative, absolute = tolerance
    return math.isfinite(got - expected) and abs(got - expected) <= absolute + relative * abs(expected)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"
