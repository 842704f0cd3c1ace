"""Drafts that make new tensors, copies of tensors and Python values."""

from __future__ import annotations

import math
from typing import Any

from .generator import Draft, Generator, family, has_dims, is_float, not_empty

# Few shapes, so that kernels compiled for one program serve many.
SHAPES = (
    (),
    (3,),
    (3,),
    (2, 3),
    (2, 3),
    (2, 3),
    (3, 2),
    (2, 2),
    (1, 3),
    (2, 1),
    (2, 3, 2),
    (0,),
    (0, 3),
    (2, 0),
)
DTYPES = ("float32",) * 9 + ("float64",) * 3 + ("int64",) * 3 + ("int32", "bool")


def in_range(t: Any) -> bool:
    """Whether every value can be cast to an integer type without leaving C's rules."""
    values = t.detach().reshape(-1).tolist()
    return all(math.isfinite(v) and abs(v) < 1e6 for v in values)


def literal_values(g: Generator, dtype: str, count: int) -> list[Any]:
    """``count`` short numbers of that dtype, mostly distinct."""
    if dtype == "bool":
        return [g.chance(0.5) for _ in range(count)]
    if not dtype.startswith("float"):
        return [g.random.randint(-4, 5) for _ in range(count)]
    pool = [k / 4 for k in range(-10, 11)]
    values = g.random.sample(pool, min(count, len(pool)))
    values += [g.random.choice(pool) for _ in range(count - len(values))]
    if count and g.chance(0.04):
        values[g.random.randrange(count)] = g.choose(math.inf, -math.inf, math.nan, -0.0)
    return values


def nested(values: list[Any], shape: tuple[int, ...]) -> Any:
    """The values as nested lists of that shape."""
    if not shape:
        return values[0]
    step = math.prod(shape[1:])
    return [nested(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def literal(g: Generator, shape: tuple[int, ...], dtype: str, options: str = "") -> str:
    """A ``torch.tensor`` call that makes a tensor of that shape and dtype."""
    values = nested(literal_values(g, dtype, math.prod(shape)), shape)
    if 0 in shape:
        return f"torch.zeros({shape}, dtype=torch.{dtype}{options})"
    return f"torch.tensor({values}, dtype=torch.{dtype}{options})"


@family(9)
def from_literal(g: Generator) -> Draft | None:
    dtype = g.choose(*DTYPES)
    shape = g.choose(*SHAPES)
    leaf = dtype.startswith("float") and g.chance(0.75)
    return Draft(literal(g, shape, dtype, ", requires_grad=True" if leaf else ""), "tensor")


@family(1.5)
def filled(g: Generator) -> Draft | None:
    shape = g.choose(*SHAPES)
    dtype = g.choose(*DTYPES)
    leaf = ", requires_grad=True" if dtype.startswith("float") and g.chance(0.4) else ""
    call = g.choose(
        f"torch.zeros({shape}, dtype=torch.{dtype}{leaf})",
        f"torch.ones({shape}, dtype=torch.{dtype}{leaf})",
        f"torch.full({shape}, {g.choose(2, -1, 0)}, dtype=torch.{dtype}{leaf})",
        f"torch.full({shape}, {g.choose(2, 1.5, True)})",
        f"torch.arange({g.choose(3, 4, 6)})",
        f"torch.arange({g.choose(1, 0.5)}, {g.choose(4, 3.0)}, {g.choose(1, 0.5)})",
        f"torch.linspace({g.choose(0, -1)}, {g.choose(1, 2)}, {g.choose(3, 2, 1)})",
        f"torch.eye({g.choose(2, 3)}{g.choose('', ', 3')})",
    )
    return Draft(call, call.partition("(")[0].removeprefix("torch."))


@family(1.5)
def like(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    dtype = g.choose("", "", f", dtype=torch.{g.choose(*DTYPES)}")
    call = g.choose(
        f"torch.zeros_like({source}{dtype})",
        f"torch.ones_like({source}{dtype})",
        f"torch.full_like({source}, {g.choose(2, -1)}{dtype})",
        f"{source}.new_zeros({g.choose(*SHAPES)})",
        f"{source}.new_ones({g.choose(*SHAPES)}{dtype})",
        f"{source}.new_full({g.choose(*SHAPES)}, 2)",
        f"{source}.new_tensor([1, 2, 3])",
    )
    name = call.partition("(")[0]
    return Draft(call, name.rpartition(".")[2])


@family(4)
def converted(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    dtype = g.choose("float32", "float64", "int64", "int32", "bool")
    if not dtype.startswith("float") and not in_range(g.tensor(source)):
        return None
    shorthand = {"float32": "float", "float64": "double", "int64": "long", "int32": "int", "bool": "bool"}
    call = g.choose(
        f"{source}.to(torch.{dtype})",
        f"{source}.{shorthand[dtype]}()",
        f"{source}.type(torch.{dtype})",
        f"{source}.clone()",
        f"{source}.contiguous()",
        f"{source}.to(torch.{dtype}, copy=True)",
    )
    return Draft(call, call.partition(".")[2].partition("(")[0])


@family(1)
def converted_like(g: Generator) -> Draft | None:
    source, other = g.pick(), g.pick()
    if source is None or other is None:
        return None
    if is_float(g.tensor(source)) and not is_float(g.tensor(other)) and not in_range(g.tensor(source)):
        return None
    return Draft(g.choose(f"{source}.type_as({other})", f"{source}.to({other})"), "type_as")


@family(1.5)
def python_value(g: Generator) -> Draft | None:
    one = g.pick(lambda t: t.numel() == 1)
    if one is None:
        return None
    call = g.choose(f"{one}.item()", f"{one}.item()", f"float({one})", f"bool({one})")
    return Draft(call, call.partition("(")[0].rpartition(".")[2], prefix="n")


@family(1)
def python_facts(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    call = g.choose(
        f"list({source}.shape)",
        f"{source}.size({g.pick_dim(g.tensor(source))})",
        f"{source}.numel()",
        f"len({source})",
        f"{source}.dim()",
        f"{source}.is_contiguous()",
        f"{source}.element_size()",
    )
    return Draft(call, "facts", prefix="n")


@family(1.5)
def read(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    return Draft(f"{source}.tolist()", "read", results=0, reads=(source,))


@family(0.7)
def unpacked(g: Generator) -> Draft | None:
    source = g.pick(has_dims, not_empty, lambda t: 2 <= t.shape[0] <= 3)
    if source is None or g.tensor(source).dim() == 0:
        return None
    return Draft(f"{source}", "iterate", results=len(g.tensor(source)))
