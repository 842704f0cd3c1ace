"""Every declared operator against PyTorch's frozen answers, numeric differences, and its own other forms."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import torchlike as torch
import torchlike.nn  # noqa: F401 - the samples name functions of torch.nn.functional
from torchlike import engine
from torchlike.engine import rhythm, settings, trace
from torchlike.operators import declaration

from .answers import DTYPES, answer_in, compare, described, dtype_name, frozen, held
from .running import call, inplace_outcome, inputs, leaf_of, out_outcome, outcome, results
from .samples import FAMILIES, Sample, load, tensors_of

TABLES = {family: load(family) for family in FAMILIES}
NAMES = [(family, name) for family, table in TABLES.items() for name in table]
each_name = pytest.mark.parametrize(
    ("family", "name"), NAMES, ids=[name for _, name in NAMES], scope="module"
)


def answered(family: str, name: str) -> Iterator[tuple[str, Sample, dict[str, Any], dict[str, np.ndarray]]]:
    """The samples of a name, with PyTorch's answers: label, sample, what is said of it, its numbers."""
    report, numbers = frozen(family)
    entry = report.get(name, {"samples": []})["samples"]
    samples = TABLES[family][name]
    known = [said["call"] for said in entry]
    assert known == [repr(x) for x in samples], f"run `python -m tests.operators.freeze {family}`"
    for i, (sample, said) in enumerate(zip(samples, entry, strict=True)):
        prefix = f"{name}/{i}/"
        own = {k.removeprefix(prefix): v for k, v in numbers.items() if k.startswith(prefix)}
        yield f"{name}{sample!r}", sample, said, own


def differences(
    sample: Sample, found: dict[str, Any], said: dict[str, Any], numbers: dict[str, np.ndarray]
) -> Iterator[str]:
    """How an outcome differs from PyTorch's."""
    if "raises" in found or "raises" in said:
        if found.get("raises") != said.get("raises"):
            yield f"raised {found.get('raises')} instead of {said.get('raises')}"
        return
    shown = [described(x, sample.packed) for x in found["results"]]
    if shown != said["results"]:
        yield f"gave {shown} instead of {said['results']}"
        return
    for k, x in enumerate(found["results"]):
        difference = compare(numbers[f"r{k}"], held(x), dtype_name(x))
        if difference:
            yield f"result {k}: {difference}"
    if found.get("gradient_error") != said.get("gradient_error"):
        yield f"gradients: {found.get('gradient_error')} instead of {said.get('gradient_error')}"
    elif "gradients" in said:
        flows = [g is not None for g in found["gradients"]]
        if flows != said["gradients"]:
            yield f"gradients flow {flows} instead of {said['gradients']}"
        for k, g in enumerate(found["gradients"]):
            if g is not None and f"g{k}" in numbers:
                difference = compare(numbers[f"g{k}"], held(g), dtype_name(g))
                if difference:
                    yield f"gradient {k}: {difference}"


@pytest.fixture
def as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded and read only at the end is one program, however many backward passes it holds."""
    monkeypatch.setattr(rhythm, "_MAX_PASSES", sys.maxsize)
    trace.dispatch()
    monkeypatch.setattr(trace._local, "rhythm", rhythm.Rhythm(settings.eager))


def report(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)


@each_name
def test_values_and_gradients(family: str, name: str, as_one: None) -> None:
    pending = [
        (label, x, outcome(torch, name, x), said, own) for label, x, said, own in answered(family, name)
    ]
    # Read only now.
    report(
        [f"{label}: {d}" for label, x, found, said, own in pending for d in differences(x, found, said, own)]
    )


@each_name
def test_every_overload_has_a_sample(family: str, name: str, as_one: None) -> None:
    space, _, base = name.rpartition(".")
    space = space or "torch"
    overloads = [
        op
        for op in declaration.operators()
        if base in (op.schema.base, *op.aliases)
        and (space in op.namespaces or (space == "Tensor" and op.method and not op.namespaces))
    ]
    if any(not op.entries for op in overloads):
        for sample in TABLES[family][name]:
            outcome(torch, name, sample)
    unused = [op.schema.text for op in overloads if not op.entries]
    assert not unused, f"no sample of {name} reaches {unused}"


@each_name
def test_inplace_and_out(family: str, name: str) -> None:
    pending = []
    for label, sample, said, _ in answered(family, name):
        for form, run in (("inplace", inplace_outcome), ("out", out_outcome)):
            # Where PyTorch has no such form, having one does no harm.
            if said.get(form, ["no such form"]) != ["no such form"]:
                pending.append((f"{label}: {form}", run(torch, name, sample), said[form]))
    found = [(label, ours(), expected) for label, ours, expected in pending]
    report([f"{label}: {ours} instead of {expected}" for label, ours, expected in found if ours != expected])


@each_name
def test_dtypes(family: str, name: str) -> None:
    expected = frozen(family)[0][name].get("dtypes", {})
    first = next((x for x in TABLES[family][name] if not x.raises), None)
    found = []
    for d in DTYPES:
        if d in expected:
            assert first is not None
            ours = answer_in(torch, name, first, d)
            if expected[d] == ["complex32"] and ours[0] == "NotImplementedError":
                continue
            if ours != expected[d]:
                found.append(f"{name} of {d}: {ours} instead of {expected[d]}")
    report(found)


@dataclass(frozen=True)
class Difference:
    """A derivative along a direction, analytic and by differences.

    Only the sample's own operators are recorded for it; the sums are NumPy's, once all samples are recorded.

    Attributes:
        label: what is said of it.
        gradients: by the gradient, None where nothing flows.
        along: the direction in which they are taken.
        ends: what is differentiated, a step above and a step below.
        weights: of its parts.
    """

    label: str
    gradients: list[Any]
    along: list[np.ndarray]
    ends: list[list[Any]]
    weights: list[np.ndarray]

    def complaint(self, step: float) -> str | None:
        above, below = (dot(end, self.weights) for end in self.ends)
        numeric = (above - below) / (2 * step)
        analytic = dot(self.gradients, self.along)
        if abs(numeric - analytic) <= 1e-6 + 1e-5 * max(abs(numeric), abs(above)):
            return None
        return f"{self.label}: {analytic} by the gradient, {numeric} by differences"


STEP = 1e-5


def dot(tensors: list[Any], arrays: list[np.ndarray]) -> float:
    """The real inner product of some tensors, None counting as zero, with as many arrays."""
    return sum(float(np.vdot(held(x), a).real) for x, a in zip(tensors, arrays, strict=True) if x is not None)


def leaves(made: list[Any]) -> list[Any]:
    return [leaf_of(x) for x in made if x.requires_grad]


def directions_like(made: list[Any], draw: np.random.RandomState) -> list[np.ndarray]:
    found = []
    for x in leaves(made):
        d = np.asarray(draw.uniform(-1, 1, tuple(x.shape)))
        found.append(d + 1j * draw.uniform(-1, 1, tuple(x.shape)) if x.is_complex() else d)
    return found


def moved(made: list[Any], directions: list[np.ndarray], step: float) -> list[Any]:
    out = []
    rest = iter(directions)
    for x in made:
        if x.requires_grad:
            base = leaf_of(x)
            elements = np.reshape(base.tolist(), tuple(base.shape)) + step * next(rest)
            y = torch.tensor(elements, dtype=base.dtype, requires_grad=True)
            out.append(y if base is x else y.permute(_order(x, base)))
        else:
            out.append(x)
    return out


def _order(x: Any, base: Any) -> list[int]:
    strides = base.stride()
    return [strides.index(st) for st in x.stride()]


def differentiable(name: str, sample: Sample, made: list[Any]) -> tuple[list[Any], list[np.ndarray]]:
    """The call's differentiable results, with fixed weights."""
    draw = np.random.RandomState(sample.seed)
    found, weights = [], []
    for out in results(call(torch, name, sample, made)):
        if not hasattr(out, "requires_grad"):
            continue
        w = np.asarray(draw.uniform(0.5, 1.5, tuple(out.shape)))
        if out.requires_grad:
            found.append(out)
            weights.append(w * (1 + 0.7j) if out.is_complex() else w)
    return found, weights


def gradient(outs: list[Any], weights: list[np.ndarray], made: list[Any], create_graph: bool) -> list[Any]:
    """The gradients of the weighted sum of some tensors."""
    given = [torch.tensor(w, dtype=out.dtype) for w, out in zip(weights, outs, strict=True)]
    return list(torch.autograd.grad(outs, leaves(made), given, create_graph=create_graph, allow_unused=True))


def derivatives(label: str, name: str, sample: Sample) -> Iterator[Difference]:
    """First and second derivatives of a sample along random directions, in float64."""
    draw = np.random.RandomState(sample.seed)
    made = inputs(torch, sample, True, "float64")
    if not any(x.requires_grad for x in made) or any(
        str(x.dtype) not in ("torch.float64", "torch.complex128") for x in leaves(made)
    ):
        return
    along, other = directions_like(made, draw), directions_like(made, draw)
    outs, weights = differentiable(name, sample, made)
    if not outs:
        return
    first = gradient(outs, weights, made, sample.second)
    ends = [moved(made, along, step) for step in (STEP, -STEP)]
    values = [differentiable(name, sample, end)[0] for end in ends]
    yield Difference(f"{label}: first derivative", first, along, values, weights)
    if not sample.second or all(g is None for g in first):
        return
    flowing = [(g, o) for g, o in zip(first, other, strict=True) if g is not None and g.requires_grad]
    second: list[Any] = [None] * len(along)
    if flowing:
        second = gradient([g for g, _ in flowing], [o for _, o in flowing], made, False)
    slopes = [gradient(value, weights, end, False) for value, end in zip(values, ends, strict=True)]
    yield Difference(f"{label}: second derivative", second, along, slopes, other)


@pytest.fixture
def restored() -> Iterator[None]:
    before = settings.tier
    yield
    settings.tier = before


@each_name
def test_derivatives_agree_with_differences(family: str, name: str, as_one: None) -> None:
    pending: list[Difference] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for label, sample, said, _ in answered(family, name):
            if (
                not sample.raises
                and sample.smooth
                and "gradient_error" not in said
                and any(said["gradients"])
            ):
                pending += derivatives(label, name, sample)
    report([c for d in pending if (c := d.complaint(STEP))])


@each_name
def test_tiers_agree(family: str, name: str, restored: None) -> None:
    first = next((x for x in TABLES[family][name] if not x.raises), None)
    if first is None or not any(True for _ in tensors_of(first)):
        return
    found: dict[str, list[np.ndarray]] = {}
    types: list[str] = []

    def run() -> list[np.ndarray]:
        ours = outcome(torch, name, first)
        everything = [*ours["results"], *[g for g in ours.get("gradients", []) if g is not None]]
        types[:] = [dtype_name(x) for x in everything]
        return [held(x) for x in everything]

    for tier in ("ops", "trace"):
        settings.tier = tier
        found[tier] = run()
    settings.tier = "auto"
    with engine.eager():
        found["eager"] = run()
    for tier in ("trace", "eager"):
        for k, (a, b) in enumerate(zip(found["ops"], found[tier], strict=True)):
            difference = compare(a, b, types[k])
            assert difference is None, f"{name}{first!r}, {tier} against ops, result {k}: {difference}"
