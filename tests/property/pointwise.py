"""Drafts of operators that work element by element, with broadcasting and Python scalars."""

from __future__ import annotations

from typing import Any

from .creation import literal
from .generator import Draft, Generator, family, is_bool, is_float, not_bool

UNARY = (
    "abs neg exp log sqrt rsqrt sin cos tan tanh sigmoid relu reciprocal square floor ceil round trunc sign "
    "erf expm1 log1p log2 log10 exp2 atan sinh cosh frac positive"
).split()
TESTS = "isnan isfinite isinf logical_not signbit".split()
ACTIVATIONS = (
    "F.relu({}) F.leaky_relu({}) F.leaky_relu({},0.2) F.elu({}) F.gelu({}) F.gelu({},approximate='tanh') "
    "F.silu({}) F.softplus({}) F.hardtanh({}) F.logsigmoid({}) F.softsign({}) F.relu6({}) F.hardswish({}) "
    "F.mish({}) F.selu({}) F.tanh({}) F.sigmoid({}) F.hardsigmoid({}) F.celu({}) F.softshrink({}) "
    "F.threshold({},0.5,-1.0)"
).split()
BINARY = "add sub mul div maximum minimum fmod remainder floor_divide atan2 pow true_divide".split()
SMOOTH = "add sub mul div add mul sub".split()
COMPARISONS = "eq ne lt le gt ge".split()
LOGICAL = "logical_and logical_or logical_xor".split()
BITWISE = "bitwise_and bitwise_or bitwise_xor".split()
SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "floor_divide": "//", "remainder": "%", "pow": "**"}
SIGNS |= {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
SIGNS |= {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}


def broadcasts(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether the two shapes broadcast."""
    return all(a == b or 1 in (a, b) for a, b in zip(reversed(left), reversed(right), strict=False))


def broadcasts_to(source: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether ``source`` broadcasts to ``target`` without changing it."""
    if len(source) > len(target):
        return False
    return all(a in (b, 1) for a, b in zip(reversed(source), reversed(target), strict=False))


def scalar(g: Generator, whole: bool = False) -> str:
    """A Python number or an earlier ``item()``."""
    if g.scalars and g.chance(0.3):
        return g.choose(*g.scalars)
    if whole:
        return str(g.choose(2, 3, -1, 1))
    return str(g.choose(2, 3, 0.5, -1.5, 1, 0.25, -2, True, 1.0))


def partner(g: Generator, source: str, *predicates: Any) -> str | None:
    """A tensor that broadcasts with ``source``: a live one, else a new literal in place."""
    shape = tuple(g.tensor(source).shape)
    found = g.pick(lambda t: broadcasts(shape, tuple(t.shape)), *predicates)
    if found is None or g.chance(0.1):
        return literal(g, shape, g.choose("float32", "float32", "int64"))
    return found


@family(8)
def unary(g: Generator) -> Draft | None:
    source = g.pick(is_float) if g.chance(0.85) else g.pick()
    if source is None:
        return None
    name = g.choose(*UNARY) if g.chance(0.9) else g.choose(*TESTS)
    code = f"torch.{name}({source})" if g.chance(0.5) else f"{source}.{name}()"
    if name == "neg" and g.chance(0.5):
        code = f"-{source}"
    if name == "abs" and g.chance(0.3):
        code = f"abs({source})"
    return Draft(code, name)


@family(3)
def activation(g: Generator) -> Draft | None:
    source = g.pick(is_float)
    if source is None:
        return None
    form = g.choose(*ACTIVATIONS)
    return Draft(form.format(source), form.partition("(")[0])


@family(2)
def bounded(g: Generator) -> Draft | None:
    source = g.pick(not_bool)
    if source is None:
        return None
    low, high = g.choose("-1", "-0.5", "0"), g.choose("1", "1.5", "0.5")
    code = g.choose(
        f"{source}.clamp({low}, {high})",
        f"torch.clamp({source}, min={low})",
        f"{source}.clamp(max={high})",
        f"torch.clip({source}, {low}, {high})",
        f"{source}.clamp_min({low})",
        f"torch.nan_to_num({source})",
        f"torch.nan_to_num({source}, nan=1.0, posinf=2.0, neginf=-2.0)",
    )
    name = "nan_to_num" if "nan_to_num" in code else "clamp"
    return Draft(code, name)


@family(12)
def binary(g: Generator) -> Draft | None:
    left = g.pick()
    if left is None:
        return None
    name = g.choose(*SMOOTH) if g.chance(0.65) else g.choose(*BINARY)
    right = partner(g, left) if g.chance(0.7) else scalar(g)
    if right is None:
        return None
    if name == "pow" and right in g.live and is_bool(g.tensor(right)) and g.tensor(left).requires_grad:
        # PyTorch subtracts 1 from the exponent and fails, in the backward pass alone.
        return None
    form = g.random.random()
    if form < 0.45 and name in SIGNS:
        ends = (left, right) if g.chance(0.8) else (right, left)
        return Draft(f"{ends[0]} {SIGNS[name]} {ends[1]}", name)
    options = ""
    if name in ("add", "sub") and g.chance(0.25):
        options = f", alpha={g.choose(2, 3, -1, 0.5)}"
    elif name == "div" and g.chance(0.3):
        options = f", rounding_mode={g.choose('floor', 'trunc')!r}"
    if form < 0.75 or right in g.scalars:
        return Draft(f"torch.{name}({left}, {right}{options})", name)
    return Draft(f"{left}.{name}({right}{options})", name)


@family(3)
def comparison(g: Generator) -> Draft | None:
    left = g.pick()
    if left is None:
        return None
    name = g.choose(*COMPARISONS)
    right = partner(g, left) if g.chance(0.6) else scalar(g)
    if g.chance(0.5):
        return Draft(f"{left} {SIGNS[name]} {right}", name)
    return Draft(f"torch.{name}({left}, {right})", name)


@family(2)
def logic(g: Generator) -> Draft | None:
    name = g.choose(*LOGICAL, *BITWISE)
    whole = (lambda t: not is_float(t)) if name in BITWISE else (lambda t: True)
    left = g.pick(whole)
    if left is None:
        return None
    right = partner(g, left, whole)
    if name in SIGNS and g.chance(0.5):
        return Draft(f"{left} {SIGNS[name]} {right}", name)
    if is_bool(g.tensor(left)) and g.chance(0.3):
        return Draft(f"~{left}", "bitwise_not")
    return Draft(f"torch.{name}({left}, {right})", name)


@family(3)
def ternary(g: Generator) -> Draft | None:
    left = g.pick(is_float)
    if left is None:
        return None
    same = g.tensor(left).dtype

    def alike(t: Any) -> bool:
        return t.dtype == same

    second, third = partner(g, left, alike), partner(g, left, alike)
    condition = f"({left} > {g.choose(0, 0.5, second)})"
    masks = g.pick(is_bool)
    if masks is not None and broadcasts(tuple(g.tensor(masks).shape), tuple(g.tensor(left).shape)):
        condition = masks
    divided = f"torch.addcdiv({left}, {second}, {third})"
    code = g.choose(
        f"torch.where({condition}, {left}, {second})",
        f"torch.where({condition}, {left}, {scalar(g)})",
        f"{left}.where({condition}, {second})",
        f"torch.addcmul({left}, {second}, {third}, value={g.choose(1, 0.5, 2)})",
        divided,
        f"torch.lerp({left}, {second}, {g.choose(0.25, 0.5, third)})",
        f"{left}.masked_fill({condition}, {scalar(g)})",
    )
    if code == divided and not eval(str(third), g.names).is_floating_point():
        # PyTorch writes `value / tensor2` into a tensor of integers and fails, in the backward pass alone.
        return None
    return Draft(code)


@family(1.5)
def loss(g: Generator) -> Draft | None:
    source = g.pick(is_float)
    if source is None:
        return None
    dtype, shape = g.tensor(source).dtype, g.tensor(source).shape
    target = g.pick(lambda t: t.dtype == dtype and t.shape == shape)
    if target is None:
        return None
    reduction = g.choose("", "", ", reduction='sum'", ", reduction='none'")
    name = g.choose("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits")
    return Draft(f"F.{name}({source}, {target}{reduction})", name)
