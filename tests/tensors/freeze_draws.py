"""Freeze what PyTorch draws, and how it refuses to: `python -m tests.tensors.freeze_draws`.

A sequence is a seed and the draws made one after the other with it, so that the frozen generator states also
say whether each draw took as many words as PyTorch's.
"""

import hashlib
import json
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

FROZEN = Path(__file__).parent / "frozen"
HALVES = ("float16", "bfloat16")
FLOATS = ("float32", "float64", *HALVES)
INTEGERS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
EVERY = (*FLOATS, *INTEGERS, "bool", "complex64", "complex128")

Step = tuple[str, dict]


def tensor(given: dict) -> torch.Tensor:
    return torch.tensor(given["values"], dtype=torch.float64).to(getattr(torch, given["dtype"]))


def empty(shape: list[int], dtype: str) -> torch.Tensor:
    return torch.empty(shape, dtype=getattr(torch, dtype))


def uniform(shape: list[int], dtype: str, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    return empty(shape, dtype).uniform_(low, high)


def normal(
    shape: list[int], dtype: str, mean: float = 0.0, std: float = 1.0, contiguous: bool = True
) -> torch.Tensor:
    if contiguous:
        return empty(shape, dtype).normal_(mean, std)
    # A transposed tensor is filled in its memory order.
    return empty(shape, dtype).t().normal_(mean, std).t()


def normal_from_arrays(mean: dict | float, std: dict | float) -> torch.Tensor:
    return torch.normal(*(tensor(a) if isinstance(a, dict) else a for a in (mean, std)))


def bernoulli_from_array(p: dict, dtype: str, shape: list[int] | None = None) -> torch.Tensor:
    p = tensor(p)
    return empty(p.shape if shape is None else shape, dtype).bernoulli_(p)


DRAWS: dict[str, Callable[..., torch.Tensor]] = {
    "uniform": uniform,
    "exponential": lambda shape, dtype, rate=1.0: empty(shape, dtype).exponential_(rate),
    "cauchy": lambda shape, dtype, median=0.0, sigma=1.0: empty(shape, dtype).cauchy_(median, sigma),
    "normal": normal,
    "normal_from_arrays": normal_from_arrays,
    "log_normal": lambda shape, dtype, mean=1.0, std=2.0: empty(shape, dtype).log_normal_(mean, std),
    "integers": lambda shape, dtype, low=None, high=None: (
        empty(shape, dtype).random_() if low is None else empty(shape, dtype).random_(low, high)
    ),
    "permutation": lambda n, dtype="int64": torch.randperm(n, dtype=getattr(torch, dtype)),
    "loader_seed": lambda: empty([], "int64").random_(),
    "bernoulli": lambda shape, dtype, p: empty(shape, dtype).bernoulli_(p),
    "bernoulli_from_array": bernoulli_from_array,
    "dropout_mask": lambda shape, p: torch.nn.functional.dropout(torch.ones(shape), p) != 0,
    "geometric": lambda shape, dtype, p: empty(shape, dtype).geometric_(p),
    "multinomial": lambda weights, num_samples, replacement=False: torch.multinomial(
        tensor(weights), num_samples, replacement
    ),
    "poisson": lambda rate: torch.poisson(tensor(rate)),
    "standard_gamma": lambda alpha: torch._standard_gamma(tensor(alpha)),
    "dirichlet": lambda alpha: torch._sample_dirichlet(tensor(alpha)),
    "binomial": lambda count, probability: torch.binomial(tensor(count), tensor(probability)),
}


def array(values: object, dtype: str) -> dict:
    return {"values": np.asarray(values, np.float64).tolist(), "dtype": dtype}


def sequences() -> Iterator[tuple[str, int, list[Step]]]:
    rng = np.random.default_rng(20240607)
    for dtype in (*FLOATS, "complex64", "complex128"):
        bounds = [(0.0, 1.0), (-0.1, 0.1), (0.25, 3.0), (0.0, 7.5), (-1000.0, 0.001), (2.0, 2.0)]
        yield (
            f"uniform {dtype}",
            1,
            [
                ("uniform", {"shape": shape, "dtype": dtype, "low": low, "high": high})
                for low, high in bounds
                for shape in ([3], [4, 5])
            ],
        )
        moments = [(0.0, 1.0), (0.0, 0.02), (1.5, 1.0), (-0.3, 2.7), (3.0, 0.0)]
        sizes = [[1], [4], [3], [15], [16], [17], [2, 16], [33], [0], [5]]
        yield (
            f"normal {dtype}",
            2,
            [
                ("normal", {"shape": shape, "dtype": dtype, "mean": mean, "std": std})
                for mean, std in moments
                for shape in sizes
            ]
            + [
                ("normal", {"shape": [5, 7], "dtype": dtype, "contiguous": False}),
                ("uniform", {"shape": [1], "dtype": dtype}),
            ],
        )
    yield "normal long", 3, [("normal", {"shape": [70003], "dtype": "float32"})]
    for dtype in FLOATS:
        steps: list[Step] = []
        for shape in ([3], [2, 9]):
            for rate in (1.0, 0.3, 40.0):
                steps.append(("exponential", {"shape": shape, "dtype": dtype, "rate": rate}))
            for median, sigma in ((0.0, 1.0), (1.25, 0.7)):
                steps.append(("cauchy", {"shape": shape, "dtype": dtype, "median": median, "sigma": sigma}))
            for mean, std in ((1.0, 2.0), (0.0, 0.3)):
                steps.append(("log_normal", {"shape": shape, "dtype": dtype, "mean": mean, "std": std}))
        yield f"one uniform {dtype}", 4, steps
        mean, std = rng.standard_normal((4, 5)) * 3, rng.random((4, 5)) + 0.5
        steps = []
        for other in (*FLOATS, "int64"):
            whole = np.ceil(std)
            for a, b in ((mean, whole), (mean[0, :3], whole[0, :3]), (mean[0], whole), (mean, whole[0, 0])):
                given = {"mean": array(a, dtype), "std": array(b, other)}
                steps.append(("normal_from_arrays", given))
        steps.append(("normal_from_arrays", {"mean": array(mean, dtype), "std": 1.3}))
        steps.append(("normal_from_arrays", {"mean": 0.7, "std": array(std, dtype)}))
        yield f"normal from arrays {dtype}", 5, steps
        weights = rng.random((3, 7)) * 4
        sparse = weights * (rng.random((3, 7)) < 0.6)
        sparse[:, 2] = 1.0
        steps = []
        for given in (weights[0], weights, sparse):
            for count, replacement in ((1, False), (1, True), (9, True)):
                arguments = {"num_samples": count, "replacement": replacement}
                steps.append(("multinomial", {"weights": array(given, dtype), **arguments}))
        if dtype not in HALVES:
            steps += [("multinomial", {"weights": array(weights, dtype), "num_samples": n}) for n in (3, 7)]
        yield f"multinomial {dtype}", 6, steps
        rate = rng.random((2, 9)) * rng.choice([0.0, 1.0, 9.0, 12.0, 200.0], (2, 9))
        yield f"poisson {dtype}", 7, [("poisson", {"rate": array(rate, dtype)}), ("loader_seed", {})]
    for dtype in ("float32", "float64"):
        alpha = np.abs(rng.standard_normal((3, 5))) * rng.choice([0.1, 1.0, 20.0], (3, 5))
        count = rng.integers(0, 200, (4, 6))
        probability = rng.choice([0.0, 0.01, 0.3, 0.5, 0.8, 1.0], (4, 6))
        yield (
            f"rejection {dtype}",
            8,
            [
                ("standard_gamma", {"alpha": array(alpha, dtype)}),
                ("normal", {"shape": [3], "dtype": dtype}),
                ("dirichlet", {"alpha": array(alpha, dtype)}),
                ("binomial", {"count": array(count, dtype), "probability": array(probability, dtype)}),
                ("loader_seed", {}),
            ],
        )
    # Many of each, for the branches that are seldom taken.
    rates = np.tile([11.0, 30.0, 500.0], 400)
    shapes = np.tile([0.3, 1.0, 4.5], 400)
    trials = np.tile([25.0, 60.0, 900.0], 400)
    chances = np.full(1200, 0.45)
    yield (
        "rejection often",
        12,
        [
            ("poisson", {"rate": array(rates, "float32")}),
            ("standard_gamma", {"alpha": array(shapes, "float32")}),
            ("binomial", {"count": array(trials, "float32"), "probability": array(chances, "float32")}),
        ],
    )
    ranges = [
        (0, 1),
        (0, 2),
        (-3, 3),
        (0, 100),
        (-128, 127),
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**31), 2**31 - 1),
    ]
    ranges += [(0, 2**32), (0, 2**53), (-(2**53), 2**53 + 1), (-(2**63), 2**63 - 1), (0, 2**63 - 1)]
    ranges += [(0, 65504), (255, 259), (2**24 - 1, 2**24 + 5), (-259, -255), (2**60, 2**62)]
    opens = [0, 5, -3, 100, 2000, -(2**63), -(2**62), 2**62]
    for dtype in EVERY:
        steps = [("integers", {"shape": [4], "dtype": dtype})]
        steps += [("integers", {"shape": [4], "dtype": dtype, "low": a, "high": b}) for a, b in ranges]
        steps += [("integers", {"shape": [4], "dtype": dtype, "low": low}) for low in opens]
        steps += [("permutation", {"n": n, "dtype": dtype}) for n in (0, 1, 2, 9, 120)]
        steps += [
            ("permutation", {"n": n, "dtype": dtype}) for n in (130, 2050) if n == 2050 or dtype[0] != "f"
        ]
        for p in (0.0, 0.3, 0.5, 1.0, 1 / 3):
            steps.append(("bernoulli", {"shape": [3, 4], "dtype": dtype, "p": p}))
            steps.append(("geometric", {"shape": [3, 4], "dtype": dtype, "p": p}))
        probabilities = rng.random((3, 4))
        for other in ("float32", "float64", "float16", "bfloat16", "int64"):
            given = {"p": array(probabilities, other), "dtype": dtype}
            steps += [
                ("bernoulli_from_array", given),
                ("bernoulli_from_array", {**given, "shape": [2, 3, 4]}),
            ]
        yield f"discrete {dtype}", 9, steps
    yield "permutation long", 10, [("permutation", {"n": n}) for n in (1999, 2000, 2500, 20000)]
    yield (
        "dropout",
        11,
        [("dropout_mask", {"shape": s, "p": p}) for s in ([5], [2, 30]) for p in (0.0, 0.1, 0.5, 1.0)],
    )
    yield (
        "a training script",
        42,
        [
            ("uniform", {"shape": [8, 28], "dtype": "float32", "low": -1 / 28**0.5, "high": 1 / 28**0.5}),
            ("uniform", {"shape": [8], "dtype": "float32", "low": -1 / 28**0.5, "high": 1 / 28**0.5}),
            ("normal", {"shape": [10, 4], "dtype": "float32"}),
            ("loader_seed", {}),
            ("loader_seed", {}),
            ("dropout_mask", {"shape": [4, 8], "p": 0.2}),
            ("normal", {"shape": [5], "dtype": "float32"}),
            ("integers", {"shape": [4], "dtype": "int64", "low": 0, "high": 10}),
            ("normal", {"shape": [2], "dtype": "float32"}),
            ("permutation", {"n": 12}),
        ],
    )


def refused() -> Iterator[Step]:
    """Draws that PyTorch refuses whatever the type."""
    nan = float("nan")
    shape = {"shape": [3], "dtype": "float32"}
    for low, high in ((3.0, 1.0), (-3e38, 3e38), (0.0, 1e39), (nan, 1.0)):
        yield "uniform", {**shape, "low": low, "high": high}
    yield "uniform", {"shape": [3], "dtype": "float16", "low": 0.0, "high": 7e4}
    yield "uniform", {"shape": [3], "dtype": "complex64", "low": 3.0, "high": 1.0}
    for std in (-1.0, nan):
        yield "normal", {**shape, "std": std}
    yield "normal_from_arrays", {"mean": array([0, 0], "float32"), "std": -1.0}
    yield "normal_from_arrays", {"mean": array([0, 0], "float32"), "std": array([1, -1], "float32")}
    yield "normal_from_arrays", {"mean": array([[0, 0]], "float32"), "std": array([1, 1, 1], "float32")}
    yield "log_normal", {**shape, "std": 0.0}
    yield "exponential", {**shape, "rate": 0.0}
    yield "cauchy", {**shape, "sigma": -2.5}
    for p in (0.0, 1.0, 1.5, nan):
        yield "geometric", {**shape, "p": p}
    for p in (-0.1, 1.5, nan):
        yield "bernoulli", {**shape, "p": p}
        for dtype in FLOATS:
            yield "bernoulli_from_array", {"p": array([0.5, 0.25, p, 0.5], dtype), "dtype": "float32"}
    for low, high in ((5, 5), (5, 3), (2**24, 2**24 + 1), (-(2**63), -(2**63) + 1)):
        yield "integers", {**shape, "low": low, "high": high}
    yield "integers", {"shape": [0], "dtype": "int8", "low": 0, "high": 300}
    yield "permutation", {"n": -1}
    yield "permutation", {"n": 2**24 + 2, "dtype": "float32"}
    yield "multinomial", {"weights": array(1.0, "float32"), "num_samples": 1}
    yield "multinomial", {"weights": array(np.ones((2, 2, 2)), "float32"), "num_samples": 1}
    for weights in ([-1, 1], [np.inf, 1], [np.nan, 1], [0, 0], []):
        for count, replacement in ((1, False), (1, True), (2, True), (3, False), (0, True)):
            yield (
                "multinomial",
                {"weights": array(weights, "float32"), "num_samples": count, "replacement": replacement},
            )
    for row in ([-1, 1], [np.inf, 1], [np.nan, -1], [0, 0]):
        given = array([[1, 1], row, [-1, np.nan]], "float32")
        yield "multinomial", {"weights": given, "num_samples": 4, "replacement": True}
        yield "multinomial", {"weights": given, "num_samples": 1}
    for rate in (-1.0, nan):
        yield "poisson", {"rate": array([2, 30, rate, 2], "float64")}
    ones = {dtype: array([1, 1], dtype) for dtype in (*FLOATS, "int64")}
    for first, second in (
        ("float32", "int64"),
        ("int64", "float32"),
        ("float32", "float64"),
        ("float16",) * 2,
    ):
        yield "binomial", {"count": ones[first], "probability": ones[second]}
    for name in ("standard_gamma", "dirichlet"):
        yield name, {"alpha": ones["float16"]}
        yield name, {"alpha": ones["int64"]}
    for dtype in EVERY:
        for name in ("uniform", "normal", "exponential", "cauchy", "log_normal"):
            for size in ([2], [0]):
                yield name, {"shape": size, "dtype": dtype}
        yield "multinomial", {"weights": array([1, 1], dtype), "num_samples": 1}
        yield "poisson", {"rate": array([1, 1], dtype)}
        yield "bernoulli_from_array", {"p": array([1, 1], dtype), "dtype": "float32"}


def state() -> dict:
    """The generator's state: a digest of seed, position and words, and the kept normal."""
    raw = torch.get_rng_state().numpy().tobytes()
    kept, valid = struct.unpack_from("<dxxxxxxxxi", raw, len(raw) - 32)
    digest = hashlib.sha256(raw[:-40]).hexdigest()[:16]
    return {"digest": digest, "kept": kept if valid else None}


def bits(result: torch.Tensor) -> np.ndarray:
    """The result as an array, bfloat16 as uint16."""
    if result.dtype == torch.bfloat16:
        return result.contiguous().view(torch.uint16).numpy()
    return result.contiguous().numpy()


if __name__ == "__main__":
    assert torch.__version__.partition("+")[0] == "2.13.0", torch.__version__
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    frozen, arrays = [], {}
    for name, seed, steps in sequences():
        torch.manual_seed(seed)
        kept_steps = []
        for draw, arguments in steps:
            record: dict = {"draw": draw, "arguments": arguments}
            try:
                result = DRAWS[draw](**arguments)
            except (RuntimeError, NotImplementedError, ValueError) as error:
                record["error"] = [type(error).__name__, str(error)]
            else:
                record["dtype"] = str(result.dtype).removeprefix("torch.")
                arrays[f"{name}/{len(kept_steps)}"] = bits(result)
            kept_steps.append({**record, **state()})
        frozen.append({"name": name, "seed": seed, "steps": kept_steps})
    refusals = []
    for draw, arguments in refused():
        torch.manual_seed(0)
        try:
            DRAWS[draw](**arguments)
        except (RuntimeError, NotImplementedError, ValueError) as error:
            record = {"draw": draw, "arguments": arguments, "error": [type(error).__name__, str(error)]}
            refusals.append({**record, **state()})
    FROZEN.mkdir(exist_ok=True)
    text = json.dumps({"sequences": frozen, "refusals": refusals}, separators=(",", ":"))
    (FROZEN / "draws.json").write_text(text + "\n", encoding="utf-8")
    np.savez_compressed(FROZEN / "draws.npz", **arrays)
