"""PyTorch's frozen answers: what came out in `frozen/<family>.json`, the numbers in `frozen/<family>.npz`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .running import inplace_outcome, out_outcome, outcome
from .samples import FAMILIES, Sample, T, load, tensors_of

__all__ = ["DTYPES", "compare", "freeze", "frozen", "held", "tolerance"]

FROZEN = Path(__file__).parent / "frozen"
# The dtypes in which every operator is asked.
DTYPES = (
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
)
# torch.testing.assert_close's own: (relative, absolute).
_TOLERANCES = {
    "float64": (1e-7, 1e-7),
    "complex128": (1e-7, 1e-7),
    "float32": (1.3e-6, 1e-5),
    "complex64": (1.3e-6, 1e-5),
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
}


def tolerance(dtype: str) -> tuple[float, float]:
    """The tolerances in which a dtype's results are compared."""
    return _TOLERANCES.get(dtype, (0.0, 0.0))


def dtype_name(x: Any) -> str:
    return str(x.dtype).removeprefix("torch.") if hasattr(x, "dtype") else type(x).__name__


def held(x: Any) -> np.ndarray:
    """A result's elements as NumPy holds them."""
    if not hasattr(x, "dtype"):
        return np.asarray(x)
    x = x.detach()
    if hasattr(x, "_is_zerotensor") and x._is_zerotensor():
        return np.zeros(tuple(x.shape), str(x.dtype).removeprefix("torch."))
    return np.asarray((x.float() if dtype_name(x) == "bfloat16" else x.resolve_conj()).numpy())


def described(x: Any, packed: bool = True) -> dict[str, Any]:
    """What is compared of a result besides its elements."""
    if not hasattr(x, "dtype"):
        return {"dtype": type(x).__name__}
    node = x.grad_fn
    found = {"dtype": dtype_name(x), "shape": list(x.shape), "requires_grad": x.requires_grad}
    if x.numel() > 1 and packed:
        found["stride"] = [st for n, st in zip(x.shape, x.stride(), strict=True) if n != 1]
    if node is not None:
        found["grad_fn"] = type(node).__name__
    return found


def probe(sample: Sample, dtype: str) -> Sample:
    """The sample with its float32 tensors in another dtype."""

    def change(x: Any) -> Any:
        if isinstance(x, T) and x.dtype == "float32":
            values = x.values
            if values is not None and not dtype.startswith(("float", "complex", "bfloat")):
                values = np.clip(np.nan_to_num(np.abs(np.asarray(values))), 0, 3).astype(int).tolist()
            low, high = (x.low, x.high) if dtype.startswith(("float", "complex", "bfloat")) else (0, 4)
            return T(*x.shape, dtype=dtype, low=low, high=high, values=values, order=x.order, grad=False)
        if isinstance(x, list | tuple):
            return type(x)(change(y) for y in x)
        return x

    changed = Sample(change(sample.args), {k: change(v) for k, v in sample.kwargs.items()})
    changed.seed = sample.seed
    return changed


def answer_in(torch: Any, name: str, sample: Sample, dtype: str) -> list[str]:
    """The dtypes of the results of a sample whose float32 tensors are in another dtype, or the error."""
    found = outcome(torch, name, probe(sample, dtype))
    return found.get("raises") or [dtype_name(x) for x in found["results"]]


HALF = ("float16", "bfloat16")


def is_half(sample: Sample) -> bool:
    """Whether the sample is differentiated in a half type."""
    return not sample.raises and any(t.dtype in HALF and t.differentiable for _, t in tensors_of(sample))


def in_float32(torch: Any, name: str, sample: Sample, given: list[Any]) -> dict[str, Any]:
    """What PyTorch gives for the half types' values in float32.

    Its gradient formulas round after each of their steps, here a gradient is rounded once: so gradients of
    half types are compared with those of float32.
    """

    def change(x: Any) -> Any:
        if isinstance(x, T) and x.dtype in HALF:
            seed = next(k for k, t in tensors_of(sample) if t is x)
            rounded = torch.tensor(x.array(seed, x.dtype)).to(getattr(torch, x.dtype)).float().tolist()
            return T(dtype="float32", values=rounded, order=x.order, grad=x.grad)
        if isinstance(x, list | tuple):
            return type(x)(change(y) for y in x)
        return x

    changed = Sample(change(sample.args), {k: change(v) for k, v in sample.kwargs.items()}, seed=sample.seed)
    return outcome(torch, name, changed, rounded=[dtype_name(x) for x in given])


def freeze(torch: Any, family: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A family's answers under PyTorch."""
    report: dict[str, Any] = {}
    numbers: dict[str, np.ndarray] = {}
    surprises: list[str] = []
    for name, samples in load(family).items():
        entry: dict[str, Any] = {"samples": []}
        for i, sample in enumerate(samples):
            found = outcome(torch, name, sample)
            exact = in_float32(torch, name, sample, found["results"]) if is_half(sample) else found
            if ("raises" in found) != sample.raises:
                surprises.append(f"{name}{sample!r}: {found.get('raises', 'did not fail')}")
                continue
            said: dict[str, Any] = {"call": repr(sample)}
            if sample.raises:
                said["raises"] = found["raises"]
            else:
                said["results"] = [described(x, sample.packed) for x in found["results"]]
                for k, x in enumerate(found["results"]):
                    numbers[f"{name}/{i}/r{k}"] = held(x)
                if "gradient_error" in found:
                    said["gradient_error"] = found["gradient_error"]
                else:
                    said["gradients"] = [g is not None for g in found["gradients"]]
                    for k, (g, precise) in enumerate(
                        zip(found["gradients"], exact["gradients"], strict=True)
                    ):
                        if g is not None:
                            numbers[f"{name}/{i}/g{k}"] = held(precise.to(g.dtype))
                if sample.forms and not name.startswith("Tensor."):
                    said["inplace"] = inplace_outcome(torch, name, sample)()
                    said["out"] = out_outcome(torch, name, sample)()
            entry["samples"].append(said)
        first = next((x for x in samples if not x.raises), None)
        if first is not None:
            entry["dtypes"] = {d: answer_in(torch, name, first, d) for d in DTYPES}
        report[name] = entry
    if surprises:
        raise ValueError("PyTorch does otherwise:\n" + "\n".join(surprises))
    return report, numbers


@cache
def frozen(family: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A family's frozen answers."""
    report = json.loads((FROZEN / f"{family}.json").read_text(encoding="utf-8"))
    with np.load(FROZEN / f"{family}.npz") as stored:
        return report, dict(stored.items())


def compare(expected: np.ndarray, actual: np.ndarray, dtype: str) -> str | None:
    """How two results differ, or None."""
    if expected.shape != actual.shape:
        return f"shape {actual.shape} instead of {expected.shape}"
    rtol, atol = tolerance(dtype)
    close = np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return None
    at = tuple(int(k) for k in np.argwhere(~close)[0])
    count = np.count_nonzero(~close)
    return f"at {at}: {actual[at]} instead of {expected[at]} ({count} of {close.size} elements)"


def main(arguments: list[str]) -> None:
    """Freeze the named families, or all."""
    import torch

    torch.set_num_threads(1)
    FROZEN.mkdir(exist_ok=True)
    for family in arguments or FAMILIES:
        report, numbers = freeze(torch, family)
        lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in report.items()]
        (FROZEN / f"{family}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        np.savez_compressed(FROZEN / f"{family}.npz", **numbers)
        print(f"{family}: {len(report)} names, {sum(len(e['samples']) for e in report.values())} samples")
