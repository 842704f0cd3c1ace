"""Freeze the text that PyTorch gives tensors: `python -m tests.tensors.freeze_printing`."""

import json
import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")
NAN, INF = math.nan, math.inf


class Subclass(torch.Tensor):
    """A tensor subclass, whose name is in its text."""


class ParameterSubclass(torch.nn.Parameter):
    """A parameter subclass."""


def built(case: dict) -> torch.Tensor:
    """The tensor that a case describes, as `test_printing.py` builds its array."""
    dtype = getattr(torch, case["dtype"])
    if "steps" in case:
        count = math.prod(case["shape"]) * (2 if dtype.is_complex else 1)
        values = np.arange(count) * case["steps"] + case.get("start", 0)
    else:
        values = np.array(case["values"], np.uint64 if case["dtype"] == "uint64" else None)
    shape = case["shape"]
    if dtype.is_complex:
        pairs = torch.from_numpy(np.asarray(values, np.float64).reshape(*shape, 2))
        return torch.view_as_complex(pairs).to(dtype)
    if dtype.is_floating_point:
        return torch.from_numpy(np.asarray(values, np.float64).reshape(shape)).to(dtype)
    if case["dtype"] == "uint64":
        return torch.from_numpy(values.astype(np.uint64).reshape(shape))
    return torch.from_numpy(values.astype(np.int64).reshape(shape)).to(dtype)


def shown(case: dict) -> str:
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**case.get("options", {}))
    torch.set_default_dtype(getattr(torch, case.get("default", "float32")))
    try:
        tensor = built(case)
        role = case.get("role")
        if role == "leaf":
            tensor.requires_grad_()
        elif role == "result":
            tensor = tensor.requires_grad_().clone()
        elif role == "parameter":
            tensor = torch.nn.Parameter(tensor)
        elif role == "frozen parameter":
            tensor = torch.nn.Parameter(tensor, requires_grad=False)
        elif role == "subclass":
            tensor = tensor.as_subclass(Subclass)
        elif role == "parameter subclass":
            tensor = ParameterSubclass(tensor)
        elif role == "meta":
            tensor = tensor.to("meta")
        elif role == "dual":
            with torch.autograd.forward_ad.dual_level():
                dual = torch.autograd.forward_ad.make_dual(tensor, torch.full_like(tensor, 0.5))
                return repr(dual)
        elif role in ("sparse_coo", "sparse_csr", "sparse_csc"):
            tensor = (
                tensor.to_sparse() if role == "sparse_coo" else tensor.to_sparse(layout=getattr(torch, role))
            )
            case["indices"], case["stored"] = parts(tensor)
        return repr(tensor)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_printoptions(profile="default")


def parts(tensor: torch.Tensor) -> tuple[dict, list]:
    """The index arrays of a sparse tensor, by name, and its values."""
    if tensor.layout == torch.sparse_coo:
        return {"indices": tensor._indices().tolist()}, tensor._values().tolist()
    names = ("crow", "col") if tensor.layout == torch.sparse_csr else ("ccol", "row")
    indices = {f"{name}_indices": getattr(tensor, f"{name}_indices")().tolist() for name in names}
    return indices, tensor.values().tolist()


def chosen() -> Iterator[dict]:
    """Cases chosen for what they show."""
    vectors = [
        [1.0, 2.0, 3.0],
        [1.5, 2.0, -3.25],
        [0.1, 0.2],
        [1e-4, 1.0],
        [1e-4],
        [1.0, 1000.0],
        [0.5, 500.0],
        [9.99e-5, 0.01],
        [1.0, 1001.0],
        [1.5, 1501.0],
        [1e8],
        [1.0001e8],
        [123456.0, 1.0],
        [0.0, -0.0],
        [NAN, INF, -INF],
        [1.0, NAN],
        [1.5, INF, -INF, NAN],
        [1e10, NAN, 0.0],
        [1e-10, -1e-10, 0.0],
        [3.0e38, 1e-38],
        [65504.0, 0.5],
        [],
    ]
    for dtype in FLOATS:
        for values in vectors:
            if dtype == "float16":
                values = [v for v in values if math.isnan(v) or math.isinf(v) or abs(v) < 65505]
            yield {"dtype": dtype, "shape": [len(values)], "values": values}
        for value in (0.0, 1.0, -2.5, NAN, INF, 1e-7, 12345.678, 3.0):
            yield {"dtype": dtype, "shape": [], "values": value}
    for dtype in INTEGERS:
        yield {"dtype": dtype, "shape": [4], "values": [0, 1, 100, 7]}
        yield {"dtype": dtype, "shape": [], "values": 5}
        yield {"dtype": dtype, "shape": [2, 3], "steps": 9}
    yield {"dtype": "int64", "shape": [2], "values": [-(2**63), 2**63 - 1]}
    yield {"dtype": "uint64", "shape": [2], "values": [0, 2**64 - 1]}
    for shape, values in (([3], [1, 0, 1]), ([], 1), ([2, 2], [1, 1, 1, 1]), ([0], [])):
        yield {"dtype": "bool", "shape": shape, "values": values}
    for dtype in COMPLEX:
        yield {"dtype": dtype, "shape": [2], "values": [1.0, 2.0, -3.5, -0.5]}
        yield {"dtype": dtype, "shape": [3], "values": [1.0, 0.0, -2.0, -0.0, NAN, -INF]}
        yield {"dtype": dtype, "shape": [2], "values": [1e-9, 1.0, 1e9, 1e-3]}
        yield {"dtype": dtype, "shape": [], "values": [3.0, -4.5]}
        yield {"dtype": dtype, "shape": [4, 7], "steps": 0.5, "start": -7}
        yield {"dtype": dtype, "shape": [20, 40], "steps": 0.01}
        yield {"dtype": dtype, "shape": [0], "values": []}
    for shape in ([0], [0, 3], [2, 0], [1, 0, 2], [0, 0]):
        for dtype in ("float32", "float64", "int64", "bool", "complex64"):
            yield {"dtype": dtype, "shape": shape, "values": []}
            yield {"dtype": dtype, "shape": shape, "values": [], "default": "float64", "role": "meta"}
    for shape in ([30], [5, 4], [2, 3, 4], [2, 1, 2, 3], [3, 30], [2, 2, 40], [1, 1, 1, 1, 2]):
        for steps in (1, 0.37, -1234.5):
            yield {"dtype": "float32", "shape": shape, "steps": steps}
            yield {"dtype": "float64", "shape": shape, "steps": steps, "role": "result"}
    for shape in (
        [1001],
        [1000],
        [40, 40],
        [7, 200],
        [200, 7],
        [3, 3, 200],
        [12, 12, 12],
        [2, 600],
        [7, 7, 7, 7],
    ):
        for dtype, steps in (("float32", 0.25), ("int64", 1), ("float16", 0.5)):
            yield {"dtype": dtype, "shape": shape, "steps": steps, "start": -5}
    many = {"dtype": "float32", "shape": [9, 9], "steps": 0.125}
    for name, values in (
        ("precision", (0, 1, 2, 8)),
        ("threshold", (0, 1, 80, 81, INF)),
        ("edgeitems", (0, 1, 2, 10)),
        ("linewidth", (1, 20, 40, 79, 200)),
        ("profile", ("default", "short", "full", "no such")),
        ("sci_mode", (True, False)),
    ):
        for value in values:
            for case in (many, {**many, "shape": [3, 400]}, {**many, "dtype": "complex64", "shape": [3, 2]}):
                yield {**case, "options": {name: value}}
            yield {**many, "shape": [], "steps": 1, "start": 2.5, "options": {name: value, "threshold": 0}}
            yield {**many, "shape": [12], "options": {name: value, "threshold": 3}}
    for values in ([1.0, 2.0], [1.5, NAN, INF], [0.0], [1e-9, 1.0]):
        for mode in (True, False):
            case = {"dtype": "float32", "shape": [len(values)], "values": values}
            yield {**case, "options": {"sci_mode": mode, "precision": 3}}
    for default in FLOATS:
        for dtype in (*FLOATS, *COMPLEX, "int64", "int32", "bool"):
            yield {"dtype": dtype, "shape": [2], "steps": 1, "default": default}
    for role in (
        "leaf",
        "result",
        "parameter",
        "frozen parameter",
        "subclass",
        "parameter subclass",
        "meta",
        "dual",
    ):
        for shape, steps in (([2], 1), ([2, 3], 0.1), ([12], 0.123), ([0], 1), ([50, 50], 1)):
            for dtype in ("float32", "float64"):
                if role != "dual" or shape != [50, 50]:
                    yield {"dtype": dtype, "shape": shape, "steps": steps, "role": role}
    for length in range(6, 14):
        for role in ("leaf", "result"):
            yield {"dtype": "float64", "shape": [length], "steps": 0.5, "role": role}
    for role in ("sparse_coo", "sparse_csr", "sparse_csc"):
        for dtype in ("float32", "float64", "int64"):
            yield {"dtype": dtype, "shape": [2, 3], "values": [0, 1, 0, 2, 0, 3], "role": role}
            yield {"dtype": dtype, "shape": [2, 2], "values": [0, 0, 0, 0], "role": role}


def random(count: int, seed: int | None = 11) -> Iterator[dict]:
    """Cases drawn at random from all types, sizes, magnitudes and options."""
    rng = np.random.default_rng(seed)

    def one_of(*choices: object) -> object:
        return choices[int(rng.integers(len(choices)))]

    for _ in range(count):
        dtype = str(one_of(*FLOATS, *FLOATS, *INTEGERS, *COMPLEX, "bool"))
        shape = (
            rng.integers(1, (13, 9, 6, 4)[rank - 1], rank).tolist() if (rank := int(rng.integers(5))) else []
        )
        size = math.prod(shape) * (2 if dtype in COMPLEX else 1)
        scale = 10.0 ** int(one_of(-6, -3, 0, 0, 2, 4, 9))
        values = rng.standard_normal(size) * scale
        if one_of(True, False):
            values = np.round(values)
        if one_of(True, False, False):
            values = np.where(rng.random(size) < 0.3, one_of(NAN, INF, -INF, 0.0, -0.0), values)
        if dtype in INTEGERS:
            values = np.nan_to_num(values, posinf=0, neginf=0) % (100 if "8" in dtype else 30000)
        elif dtype == "float16":
            values = np.where(np.isfinite(values), np.clip(values, -65504, 65504), values)
        if dtype in FLOATS:
            # What is written down is what the type holds.
            values = torch.from_numpy(values).to(getattr(torch, dtype)).double().numpy()
        elif dtype in INTEGERS:
            values = values.astype(np.int64)
        elif dtype == "bool":
            values = (values > 0).astype(np.int64)
        options = {
            "precision": one_of(None, None, 0, 2, 6),
            "threshold": one_of(None, None, 10, 50),
            "edgeitems": one_of(None, None, 0, 1, 2),
            "linewidth": one_of(None, None, 30, 120),
            "sci_mode": one_of(None, None, True, False),
        }
        case = {
            "dtype": dtype,
            "shape": shape,
            "values": values.tolist() if shape else values.ravel().tolist(),
        }
        case["options"] = {name: value for name, value in options.items() if value is not None}
        case["default"] = str(one_of("float32", "float32", "float64"))
        if dtype in (*FLOATS, *COMPLEX):
            case["role"] = one_of(None, "leaf", "result", "parameter")
        yield case


if __name__ == "__main__":
    assert torch.__version__.partition("+")[0] == "2.13.0", torch.__version__
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    frozen = []
    for case in (*chosen(), *random(300)):
        text = shown(case)
        frozen.append({**case, "text": text})
    target = Path(__file__).parent / "frozen" / "printing.json"
    target.write_text("[\n" + ",\n".join(map(json.dumps, frozen)) + "\n]\n", encoding="utf-8")
