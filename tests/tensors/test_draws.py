"""Random draws against PyTorch's, frozen by `freeze_draws.py`."""

import hashlib
import json
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest

from torchlike import dtypes
from torchlike.tensors import (
    draw_discrete,
    draw_integers,
    draw_normal,
    draw_rejection,
    draw_uniform,
    fused_arithmetic,
)
from torchlike.tensors.generator import Generator

FROZEN = Path(__file__).parent / "frozen"
RECORD = json.loads((FROZEN / "draws.json").read_text(encoding="utf-8"))
MODULES = (draw_uniform, draw_normal, draw_integers, draw_discrete, draw_rejection)
ARRAYS = ("mean", "std", "p", "weights", "rate", "alpha", "count", "probability")
# Float64 results of the C library's functions, which may be another library where the tests run. Everything
# else is whole numbers, IEEE arithmetic, or rounded to half the digits afterwards.
LIBRARY = {name: 2 for name in ("normal", "normal_from_arrays", "exponential", "cauchy", "log_normal")}
LIBRARY |= {"standard_gamma": 4, "dirichlet": 8}


def named(name: str) -> dtypes.dtype:
    return next(d for d in dtypes.ALL_DTYPES if d.name == name)


def drawn(generator: Generator, draw: str, arguments: dict) -> np.ndarray:
    given = dict(arguments)
    for name in ARRAYS:
        if isinstance(given.get(name), dict):
            value = given[name]
            given[name] = np.asarray(value["values"], np.float64).astype(named(value["dtype"]).np)
    if "dtype" in given:
        given["type"] = named(given.pop("dtype"))
    if given.get("shape") is not None:
        given["shape"] = tuple(given["shape"])
    if draw == "normal_from_arrays":
        first = given["mean"] if isinstance(given["mean"], np.ndarray) else given["std"]
        given["type"] = dtypes.from_numpy(first.dtype)
    function = next(getattr(m, draw) for m in MODULES if draw in m.__all__)
    return function(generator, **given)


def check_state(generator: Generator, record: dict) -> None:
    raw = generator.state_array().tobytes()
    assert hashlib.sha256(raw[:-40]).hexdigest()[:16] == record["digest"]
    kept, valid = struct.unpack_from("<dxxxxxxxxi", raw, len(raw) - 32)
    assert bool(valid) == (record["kept"] is not None)
    if valid:
        assert kept == pytest.approx(record["kept"], rel=1e-15, abs=0)


def ordered(values: np.ndarray) -> np.ndarray:
    """Floats as whole numbers whose differences count units in the last place."""
    flat = np.ascontiguousarray(values)
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    bits = flat.view(f"i{flat.dtype.itemsize}").astype(np.int64)
    lowest = np.int64(-(2 ** (8 * flat.dtype.itemsize - 1)))
    return np.where(bits < 0, lowest - bits, bits)


@pytest.fixture(scope="module")
def arrays():
    with np.load(FROZEN / "draws.npz") as stored:
        return {name: stored[name] for name in stored.files}


@pytest.mark.parametrize("sequence", RECORD["sequences"], ids=lambda s: s["name"])
def test_sequence_of_draws(sequence: dict, arrays: dict) -> None:
    generator = Generator().manual_seed(sequence["seed"])
    for number, step in enumerate(sequence["steps"]):
        shown = f"step {number}: {step['draw']} {step['arguments']}"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(from|to - 1) is out of bounds")
            if "error" in step:
                with pytest.raises((RuntimeError, ValueError)) as caught:
                    drawn(generator, step["draw"], step["arguments"])
                assert [type(caught.value).__name__, str(caught.value)] == step["error"], shown
                check_state(generator, step)
                continue
            got = np.asarray(drawn(generator, step["draw"], step["arguments"]))
        want = arrays[f"{sequence['name']}/{number}"]
        if step["dtype"] == "bfloat16":
            want = want.view(dtypes.bfloat16.np)
        assert got.dtype == want.dtype, shown
        assert got.shape == want.shape, shown
        if want.dtype in (np.float64, np.complex128) and step["draw"] in LIBRARY:
            apart = np.abs(ordered(got) - ordered(want))
            assert apart.max(initial=0) <= LIBRARY[step["draw"]], shown
        else:
            assert got.tobytes() == want.tobytes(), shown
        check_state(generator, step)


@pytest.mark.parametrize("record", RECORD["refusals"], ids=lambda r: f"{r['draw']}")
def test_refusal(record: dict) -> None:
    generator = Generator().manual_seed(0)
    with pytest.raises((RuntimeError, ValueError)) as caught:
        drawn(generator, record["draw"], record["arguments"])
    assert [type(caught.value).__name__, str(caught.value)] == record["error"]
    check_state(generator, record)


def test_range_beyond_a_float_type_warns() -> None:
    generator = Generator()
    with pytest.warns(UserWarning, match=r"^to - 1 is out of bounds \[-\(2\^24\), 2\^24\]. Due to precision"):
        draw_integers.integers(generator, (1,), dtypes.float32, 0, 2**25)


def test_shuffle_at_once_is_the_shuffle_in_turn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        n = int(rng.integers(2, 60))
        reach = rng.integers(1, n + 1)
        targets = np.array([rng.integers(i, min(n, i + reach)) for i in range(n - 1)])
        assert np.array_equal(draw_integers._swapped_at_once(targets), draw_integers._swapped(targets))


def test_shuffle_of_more_numbers_than_a_word_reaches() -> None:
    # PyTorch takes this path from 214748364 numbers on, so its answers are not frozen.
    generator, other = Generator().manual_seed(4), Generator().manual_seed(4)
    order = [0]
    for i, word in enumerate(other.words64(300).tolist()):
        if i:
            order.append(i)
            target = word % (i + 1)
            order[i], order[target] = order[target], i
    assert draw_integers._inside_out(generator, 300).tolist() == order
    assert sorted(order) == list(range(300))
    assert np.array_equal(generator.state_array(), other.state_array())


def test_fused_multiply_add_rounds_once() -> None:
    from fractions import Fraction

    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 500))
    near = -a * b * (1 + rng.integers(-3, 4, 500) * 2.0**-52)
    # Sums that lie midway between two floats but for a last bit far below.
    half_way = (1 + rng.integers(0, 2**20, 500) * 2.0**-52, np.full(500, 1 + 2.0**-52), np.full(500, 2.0**53))
    for x, y, z in ((a, b, near), (a, b, rng.standard_normal(500) * 1e-16), half_way):
        exact = [
            float(Fraction(p) * Fraction(q) + Fraction(r))
            for p, q, r in zip(x.tolist(), y.tolist(), z.tolist(), strict=True)
        ]
        assert fused_arithmetic.fma64(x, y, z).tolist() == exact
    assert fused_arithmetic.fma64(1e300, 1e300, -1.0) == np.inf


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(40))
def test_mixed_draws_stay_in_step_with_pytorch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    from tests.tensors import freeze_draws

    rng = np.random.default_rng(seed)
    generator = Generator().manual_seed(seed)
    torch.manual_seed(seed)
    for _ in range(60):
        dtype = str(rng.choice(freeze_draws.FLOATS))
        shape = rng.integers(1, 9, int(rng.integers(1, 4))).tolist()
        filled = {"shape": shape, "dtype": dtype}
        low = int(rng.integers(-(2**40), 2**40)) >> int(rng.integers(38))
        whole = {"shape": shape, "dtype": "int64", "low": low, "high": low + int(rng.integers(1, 2**36))}
        weights = freeze_draws.array(rng.random((int(rng.integers(1, 4)), 9)) + 0.1, "float64")
        replacement = bool(rng.integers(2))
        steps: list[freeze_draws.Step] = [
            ("uniform", {**filled, "low": float(rng.normal()) - 3, "high": float(rng.normal()) + 3}),
            ("normal", {**filled, "mean": float(rng.normal()), "std": float(rng.random())}),
            ("normal", {"shape": [int(rng.integers(1, 200))], "dtype": dtype}),
            ("exponential", {**filled, "rate": float(rng.random()) + 0.1}),
            ("log_normal", {**filled, "mean": 0.5, "std": 0.5}),
            ("integers", whole),
            ("permutation", {"n": int(rng.integers(0, 5000))}),
            ("dropout_mask", {"shape": shape, "p": float(rng.random())}),
            ("geometric", {**filled, "p": float(rng.random())}),
            ("multinomial", {"weights": weights, "num_samples": 4, "replacement": replacement}),
            ("poisson", {"rate": freeze_draws.array(rng.random(9) * 30, dtype)}),
        ]
        draw, arguments = steps[int(rng.integers(len(steps)))]
        want = freeze_draws.bits(freeze_draws.DRAWS[draw](**arguments))
        got = np.asarray(drawn(generator, draw, arguments))
        assert got.tobytes() == want.tobytes(), (draw, arguments)
        assert np.array_equal(generator.state_array(), torch.get_rng_state().numpy())
