"""The text of tensors against PyTorch's, frozen by `freeze_printing.py`."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from torchlike import dtypes
from torchlike.tensors import printing

CASES = json.loads((Path(__file__).parent / "frozen" / "printing.json").read_text(encoding="utf-8"))


def named(name: str) -> dtypes.dtype:
    return next(d for d in dtypes.ALL_DTYPES if d.name == name)


def built(case: dict) -> np.ndarray:
    dtype = named(case["dtype"])
    if "steps" in case:
        count = math.prod(case["shape"]) * (2 if dtype.is_complex else 1)
        values = np.arange(count) * case["steps"] + case.get("start", 0)
    else:
        values = np.array(case["values"], np.uint64 if dtype is dtypes.uint64 else None)
    if dtype.is_complex:
        pairs = np.asarray(values, np.float64).reshape(*case["shape"], 2)
        return pairs.view(np.complex128)[..., 0].astype(dtype.np)
    if dtype.is_floating_point:
        with np.errstate(over="ignore"):
            return np.asarray(values, np.float64).reshape(case["shape"]).astype(dtype.np)
    if dtype is dtypes.uint64:
        return values.astype(np.uint64).reshape(case["shape"])
    return values.astype(np.int64).reshape(case["shape"]).astype(dtype.np)


def shown(case: dict) -> str:
    data, role = built(case), case.get("role")
    types = {"dtype": named(case["dtype"]), "default_dtype": named(case.get("default", "float32"))}
    if role == "meta":
        return printing.format_meta_tensor(data.shape, **types)
    if role is not None and role.startswith("sparse"):
        stored = np.array(case["stored"], data.dtype)
        indices = {name: np.array(index, np.int64) for name, index in case["indices"].items()}
        if role == "sparse_coo":
            indices["indices"] = indices["indices"].reshape(data.ndim, -1)
        return printing.format_sparse_tensor(
            indices, stored, shape=data.shape, nnz=len(stored), layout=role, **types
        )
    given: dict = {}
    if role in ("leaf", "parameter", "parameter subclass"):
        given["requires_grad"] = True
    elif role == "result":
        given |= {"requires_grad": True, "grad_fn_name": "CloneBackward0"}
    elif role == "dual":
        given["tangent"] = printing.format_tensor(np.full_like(data, 0.5), **types)
    if role == "subclass":
        given["class_name"] = "Subclass"
    elif role == "parameter subclass":
        given |= {"class_name": "ParameterSubclass", "parameter_subclass": True}
    text = printing.format_tensor(data, **types, **given)
    return printing.parameter_text(text) if role is not None and "parameter" in role else text


@pytest.fixture(autouse=True)
def default_options() -> Iterator[None]:
    printing.set_printoptions(profile="default")
    yield
    printing.set_printoptions(profile="default")


@pytest.mark.parametrize("number", range(len(CASES)))
def test_text(number: int) -> None:
    case = CASES[number]
    printing.set_printoptions(**case.get("options", {}))
    assert shown(case) == case["text"]


def vector(values: list[float]) -> str:
    return printing.format_tensor(np.array(values), dtype=dtypes.float64, default_dtype=dtypes.float64)


def test_options_stay_but_sci_mode_does_not() -> None:
    printing.set_printoptions(precision=2, sci_mode=True)
    assert vector([1.5]) == "tensor([1.50e+00])"
    printing.set_printoptions(linewidth=60)
    assert vector([1.5]) == "tensor([1.50])"
    assert printing.get_printoptions() == {
        "precision": 2,
        "threshold": 1000,
        "edgeitems": 3,
        "linewidth": 60,
        "sci_mode": None,
    }


def test_profile_comes_before_the_other_options() -> None:
    printing.set_printoptions(profile="short", precision=3)
    assert (printing.OPTIONS.precision, printing.OPTIONS.edgeitems) == (3, 2)


def test_printoptions_restores_what_was() -> None:
    printing.set_printoptions(sci_mode=True)
    with pytest.raises(ZeroDivisionError), printing.printoptions(precision=1):
        assert vector([1.25]) == "tensor([1.2])"
        raise ZeroDivisionError
    assert vector([1.25]) == "tensor([1.2500e+00])"


@pytest.mark.parametrize("place", ["cuda:0", "cuda", "mps:0"])
def test_device_is_said_unless_it_is_the_cpu(place: str) -> None:
    types = {"dtype": dtypes.float32, "default_dtype": dtypes.float32}
    data = np.ones(1, np.float32)
    assert printing.format_tensor(data, device=place, **types) == f"tensor([1.], device='{place}')"
    assert printing.format_tensor(data, device="cpu", **types) == "tensor([1.])"


@pytest.mark.oracle
def test_random_tensors_print_as_pytorch_does() -> None:
    pytest.importorskip("torch")
    from tests.tensors import freeze_printing

    for case in freeze_printing.random(3000, seed=None):
        want = freeze_printing.shown(case)
        printing.set_printoptions(profile="default")
        printing.set_printoptions(**case.get("options", {}))
        assert shown(case) == want, case
