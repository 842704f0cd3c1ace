"""Programs around one call of any operator: the operators' sample calls, with other layouts, dtypes, sizes and values.

Each takes a sample of `tests/operators`, writes out its tensors, makes them what the sample does not have (views,
permuted, expanded, empty, of another dtype, with infinities and zeros of both signs), calls the function, its method,
its in-place or its `out=` form, and writes to what it read or gave before it goes backward, once or twice.
"""

from __future__ import annotations

import math
import random
import warnings
from functools import cache
from typing import Any

from tests.operators.samples import FAMILIES, D, Sample, T, load, tensors_of

from .interpreter import namespace
from .programs import Program, Statement

OTHER_DTYPES = ("float64", "float16", "bfloat16", "complex64", "int64", "int32", "uint8", "int8", "bool")
SPECIAL = (math.inf, -math.inf, math.nan, -0.0, 0.0)
LAYOUTS = ("permuted", "sliced", "shifted", "channels_last", "expanded", "reversed")
# Not a function of its arguments, or of what the memory happened to hold.
UNDEFINED = {"empty_like", "Tensor.new_empty", "nn.functional.rrelu", "nn.functional.gumbel_softmax"}


@cache
def calls() -> tuple[tuple[str, tuple[Sample, ...]], ...]:
    """Every public name with its samples."""
    tables = [load(family) for family in FAMILIES]
    return tuple((name, tuple(s)) for t in tables for name, s in t.items() if name not in UNDEFINED)


class _Draft:
    """The statements written so far, and the names in use."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.statements: list[Statement] = []
        self.count = 0

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def add(self, code: str, label: str, prefix: str = "t", results: int = 1, writes: tuple = ()) -> str:
        binds = tuple(f"{prefix}{self.count + i + 1}" for i in range(results))
        self.count += results
        line = f"{', '.join(binds)} = {code}" if binds else code
        self.statements.append(Statement(line, label, binds, tuple(w for w in writes if w)))
        return binds[0] if binds else ""


def _literal(value: Any) -> Any:
    if isinstance(value, list):
        return [_literal(x) for x in value]
    return round(value, 2) if isinstance(value, float) else value


def _put(nested: Any, value: Any, draw: random.Random) -> None:
    """Put a value somewhere into nested lists."""
    while isinstance(nested, list) and nested and isinstance(nested[0], list):
        nested = draw.choice(nested)
    if isinstance(nested, list) and nested:
        nested[draw.randrange(len(nested))] = value


def _resized(sample: Sample, old: int, new: int) -> Sample:
    """The sample whose tensors have another size wherever they have `old`."""

    def change(x: Any) -> Any:
        if isinstance(x, T) and x.values is None:
            shape = tuple(new if n == old else n for n in x.shape)
            return T(*shape, dtype=x.dtype, low=x.low, high=x.high, order=x.order, grad=x.grad)
        if isinstance(x, list | tuple):
            return type(x)(change(y) for y in x)
        return x

    made = Sample(change(sample.args), {k: change(v) for k, v in sample.kwargs.items()})
    made.seed = sample.seed
    return made


def _tensor(d: _Draft, t: T, seed: int, dtype: str) -> tuple[str, bool]:
    """Statements that make a tensor argument; its name, and whether it requires grad."""
    floating = dtype.startswith(("float", "bfloat"))
    whole = dtype != t.dtype and not floating and not dtype.startswith("complex")
    drawn = T(*t.shape, dtype=dtype, low=0, high=4) if whole else t
    values = _literal(drawn.array(seed, dtype).tolist())
    if floating and d.chance(0.12) and t.low is None:
        _put(values, d.random.choice(SPECIAL), d.random)
    shape = t.shape
    made = f"torch.tensor({values}, dtype=torch.{dtype})"
    if 0 in shape:
        made = f"torch.zeros({tuple(shape)}, dtype=torch.{dtype})"
    # The gradient formulas of half types round after each step in PyTorch and once here (`tests/operators/answers.py`).
    differentiable = t.differentiable and dtype.startswith(("float32", "float64", "complex"))
    grad = differentiable and d.chance(0.7)
    name = d.add(made, "tensor")
    if grad:
        name = d.add(f"{name}.requires_grad_()", "requires_grad_")
    layout = d.random.choice(LAYOUTS) if d.chance(0.45) else ""
    n = len(shape)
    if layout == "permuted" and n > 1:
        order = list(range(n))
        d.random.shuffle(order)
        back = sorted(range(n), key=order.__getitem__)
        name = d.add(f"{name}.permute({order}).contiguous().permute({back})", "permute")
    elif layout == "sliced" and n:
        dim = d.random.randrange(n)
        key = ":, " * dim + "::2"
        name = d.add(f"torch.repeat_interleave({name}, 2, dim={dim})[{key}]", "slice")
    elif layout == "shifted" and n:
        name = d.add(f"torch.cat([{name}[:1], {name}])[{min(1, shape[0])}:]", "slice")
    elif layout == "channels_last" and n in (4, 5):
        form = "channels_last" if n == 4 else "channels_last_3d"
        name = d.add(f"{name}.contiguous(memory_format=torch.{form})", "contiguous")
    elif layout == "expanded" and n and 1 not in shape and 0 not in shape:
        dim = d.random.randrange(n)
        key = ":, " * dim + ":1"
        name = d.add(f"{name}[{key}].expand({tuple(shape)})", "expand")
    elif layout == "reversed" and n > 1:
        turned = tuple(range(n - 1, -1, -1))
        name = d.add(f"{name}.permute({turned}).clone().permute({turned})", "permute")
    elif grad:
        name = d.add(f"{name} * 1", "mul")
    return name, grad


def _shown(x: Any, names: Any) -> str:
    """An argument as Python."""
    if isinstance(x, T):
        return next(names)
    if isinstance(x, D):
        return f"torch.{x.name}"
    if isinstance(x, list | tuple):
        inside = ", ".join(_shown(y, names) for y in x)
        if isinstance(x, list):
            return f"[{inside}]"
        return f"({inside},)" if x else "()"
    return repr(x)


def sampled(seed: int, oracle: Any) -> Program:
    """The program of that seed; `oracle` tells how many tensors the call gives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _sampled(_Draft(seed), seed, oracle)


def _sampled(d: _Draft, seed: int, oracle: Any) -> Program:
    name, samples = d.random.choice(calls())
    sample = d.random.choice(samples)
    sizes = {n for _, t in tensors_of(sample) for n in t.shape}
    if sizes and d.chance(0.12):
        sample = _resized(sample, d.random.choice(sorted(sizes)), d.random.choice((0, 1)))
    other = d.random.choice(OTHER_DTYPES) if d.chance(0.25) else None
    made = []
    for k, t in tensors_of(sample):
        dtype = other if other is not None and t.dtype == "float32" and d.chance(0.9) else t.dtype
        if (
            other is not None
            and not dtype.startswith(("float", "bfloat", "complex"))
            and t.values is not None
        ):
            dtype = t.dtype
        made.append(_tensor(d, t, k, dtype))
    names = [n for n, _ in made]
    rest = iter(names)
    arguments = [_shown(a, rest) for a in sample.args]
    arguments += [f"{k}={_shown(v, rest)}" for k, v in sample.kwargs.items()]
    _call(d, name, sample, arguments, names, oracle)
    return Program(tuple(d.statements), seed)


def _run(d: _Draft, oracle: Any) -> dict[str, Any]:
    names = namespace(oracle)
    for s in d.statements:
        try:
            exec(s.code, names)
        except Exception:
            break
    return names


def _call(d: _Draft, name: str, sample: Sample, arguments: list[str], names: list[str], oracle: Any) -> None:
    label = name
    base = name.rpartition(".")[2]
    is_method = bool(arguments) and bool(sample.args) and isinstance(sample.args[0], T)
    found = _run(d, oracle)
    kind = "function"
    if is_method and d.chance(0.2) and hasattr(oracle.Tensor, base + "_"):
        kind = "inplace"
    elif d.chance(0.12) and not name.startswith(("Tensor.", "nn.functional")):
        kind = "out"
    code = f"torch.{name}({', '.join(arguments)})"
    before = "with torch.no_grad(): " if d.chance(0.04) else ""
    if kind == "inplace":
        code = f"{arguments[0]}.{base}_({', '.join(arguments[1:])})"
        d.statements.append(Statement(before + code, label + "_", (), (arguments[0],)))
        results = [arguments[0]]
    else:
        try:
            exec(f"found = {code}", found)
            value = found["found"]
        except Exception:
            value = None
        count = len(value) if isinstance(value, tuple | list) else 1
        if kind == "out" and isinstance(value, oracle.Tensor):
            dtype = str(value.dtype) if d.chance(0.8) else "torch.float64"
            shape = tuple(value.shape) if d.chance(0.7) else (0,)
            out = f"torch.zeros({shape}, dtype={dtype})"
            if len(shape) > 1 and d.chance(0.5):
                out = f"torch.zeros({shape[::-1]}, dtype={dtype}).permute({tuple(range(len(shape)))[::-1]})"
            target = d.add(out, "zeros")
            d.statements.append(Statement(f"{code[:-1]}, out={target})", label + " out=", (), (target,)))
            results = [target]
        else:
            first = d.count + 1
            if value is None or not all(
                isinstance(v, oracle.Tensor) for v in (value if isinstance(value, tuple | list) else [value])
            ):
                d.add(code, label, prefix="n")
                return
            if isinstance(value, tuple | list) and not count:
                return
            binds = tuple(f"t{first + i}" for i in range(count))
            d.count += count
            target = f"{', '.join(binds)}{',' if isinstance(value, tuple | list) else ''} = "
            d.statements.append(Statement(before + target + code, label, binds))
            results = list(binds)
    _afterwards(d, label, results, names, oracle)


def _afterwards(d: _Draft, label: str, results: list[str], names: list[str], oracle: Any) -> None:
    hidden = False
    # PyTorch's `kron` saves its operands under other version counters, and differentiates with what was written since.
    if d.chance(0.35) and label != "kron":
        target = d.random.choice([*results, *names])
        write = d.random.choice(("add_(1)", "mul_(2)", "zero_()", "add_(1)"))
        place = d.random.choice(
            (target, target, f"{target}.data", f"{target}.detach()", f"{target}[..., :1]")
        )
        hidden = place != target
        if place.endswith("]"):
            d.statements.append(Statement(f"{target}[..., :1] = 1", "setitem", (), (target,)))
        else:
            d.statements.append(Statement(f"{place}.{write}", write.partition("(")[0], (), (target,)))
    found = _run(d, oracle)
    tracked = []
    for r in results:
        t = found.get(r)
        try:
            if isinstance(t, oracle.Tensor) and t.requires_grad and t.grad_fn is not None:
                tracked.append((r, t.is_complex()))
        except RuntimeError:
            pass
    leaves = [
        s.binds[0] for s in d.statements if s.label == "requires_grad_" and s.binds and s.binds[0] in found
    ]
    if not tracked or not leaves:
        return
    terms = [
        f"{r}.abs().sum()" if c else d.random.choice((f"{r}.sum()", f"({r} * {r}).sum()")) for r, c in tracked
    ]
    total = " + ".join(terms)
    # A recorded pass keeps the values of its time, also those changed through `.data` (docs/design.md).
    form = d.random.random() * (0.45 if hidden else 1)
    if form < 0.45:
        keep = d.chance(0.3)
        d.statements.append(
            Statement(f"({total}).backward({'retain_graph=True' if keep else ''})", "backward")
        )
        if d.chance(0.3):
            d.statements.append(Statement(f"({total}).backward()", "backward"))
    elif form < 0.75:
        options = "allow_unused=True" + d.random.choice(
            ("", ", create_graph=True", ", materialize_grads=True")
        )
        d.add(f"torch.autograd.grad({total}, [{leaves[0]}], {options})[0]", "autograd.grad", "g")
    else:
        first = d.add(
            f"torch.autograd.grad({total}, [{leaves[0]}], allow_unused=True, create_graph=True)[0]",
            "autograd.grad",
            "g",
        )
        d.add(
            f"torch.autograd.grad(({first} * {first}).abs().sum(), [{d.random.choice(leaves)}], allow_unused=True)[0]",
            "double backward",
            "g",
        )
