"""Drafts that change tensors in place, also through views, and the ``out=`` forms."""

from __future__ import annotations

from typing import Any

from .creation import literal
from .generator import Draft, Generator, family, has_dims, is_bool, is_float
from .pointwise import broadcasts_to, scalar

UNARY_IN_PLACE = (
    "relu_ exp_ neg_ sigmoid_ tanh_ abs_ square_ sqrt_ sin_ floor_ reciprocal_ zero_ log1p_ sign_".split()
)
BINARY_IN_PLACE = "add_ sub_ mul_ div_ copy_ add_ mul_ copy_ pow_ fmod_ remainder_".split()


def writable(g: Generator) -> Any:
    """Predicate: writing would not raise, unless by mistake: no leaf that requires a gradient."""
    if g.region and not g.chance(0.1):
        return lambda t: True
    return lambda t: not (t.requires_grad and t.is_leaf)


def _target(g: Generator, *predicates: Any) -> str | None:
    views = g.pick(writable(g), lambda t: t._is_view(), *predicates) if g.chance(0.4) else None
    return views or g.pick(writable(g), *predicates)


def _source(g: Generator, target: str) -> str:
    shape, dtype = tuple(g.tensor(target).shape), g.tensor(target).dtype

    def fits(t: Any) -> bool:
        if not broadcasts_to(tuple(t.shape), shape):
            return False
        return t.dtype == dtype or (is_float(g.tensor(target)) and g.chance(0.3))

    found = g.pick(fits)
    if found is None or found == target or (is_float(g.tensor(found)) and not is_float(g.tensor(target))):
        return literal(g, shape, str(dtype).removeprefix("torch."))
    return found


def _result(g: Generator, code: str, label: str, target: str) -> Draft:
    """The call as a statement, or with its result bound to a new name."""
    return Draft(code, label, results=int(g.chance(0.12)), writes=(target,))


@family(5)
def unary_write(g: Generator) -> Draft | None:
    target = _target(g, is_float)
    if target is None:
        return None
    name = g.choose(*UNARY_IN_PLACE)
    return _result(g, f"{target}.{name}()", name, target)


@family(9)
def binary_write(g: Generator) -> Draft | None:
    target = _target(g)
    if target is None:
        return None
    name = g.choose(*BINARY_IN_PLACE)
    whole = not is_float(g.tensor(target))
    if whole and not is_bool(g.tensor(target)) and name == "div_" and not g.mistake():
        name = "mul_"
    if name == "copy_" or g.chance(0.6):
        value = _source(g, target)
    else:
        value = scalar(g, whole)
    if whole and name in ("fmod_", "remainder_") and _has_zero(g, value):
        # PyTorch raises when it comes to the zero, and leaves the tensor half written.
        return None
    signs = {"add_": "+=", "sub_": "-=", "mul_": "*=", "div_": "/="}
    if name in signs and g.chance(0.35):
        return Draft(f"{target} {signs[name]} {value}", name, results=0, writes=(target,))
    extra = f", alpha={g.choose(2, -1)}" if name in ("add_", "sub_") and g.chance(0.15) else ""
    return _result(g, f"{target}.{name}({value}{extra})", name, target)


def _has_zero(g: Generator, value: str) -> bool:
    """Whether an expression is, or has among its elements, a zero."""
    return not g.oracle.as_tensor(eval(value, g.names)).all()


@family(3)
def fill(g: Generator) -> Draft | None:
    target = _target(g)
    if target is None:
        return None
    code = g.choose(
        f"{target}.fill_({scalar(g)})",
        f"{target}.zero_()",
        f"{target}.clamp_({g.choose(-1, 0)}, {g.choose(1, 2)})",
        f"{target}.masked_fill_({target} > {g.choose(0, 1)}, {g.choose(2, 0, -1)})",
        f"{target}.fill_diagonal_(2)" if g.tensor(target).dim() == 2 else f"{target}.fill_(1)",
    )
    return _result(g, code, "", target)


@family(8)
def set_item(g: Generator) -> Draft | None:
    target = _target(g, has_dims, lambda t: all(t.shape))
    if target is None or g.tensor(target).dim() == 0:
        return None
    t = g.tensor(target)
    n = t.shape[0]
    row = g.random.randint(-n, n - 1) if not g.mistake() else n + 2
    rows = g.random.sample(range(n), min(n, 2))
    key, shape = g.choose(
        (f"{row}", t.shape[1:]),
        (f"..., {g.random.randrange(t.shape[-1])}", t.shape[:-1]),
        (f"{rows[0]}:", t[rows[0] :].shape),
        ("::2", t[::2].shape),
        (":", t.shape),
        ("...", t.shape),
        (f"torch.tensor({rows})", (len(rows), *t.shape[1:])),
        (f"{target} > {g.choose(0, 1)}", ()),
        (f"torch.tensor({[g.chance(0.5) for _ in range(n)]})", ()),
        (f"{rows}", (len(rows), *t.shape[1:])),
    )
    value = str(g.choose(2, 0, -1)) if g.chance(0.45) or not shape else _fitting(g, target, tuple(shape))
    operator = g.choose("=", "=", "=", "+=", "*=")
    return Draft(f"{target}[{key}] {operator} {value}", "setitem", results=0, writes=(target,))


def _fitting(g: Generator, target: str, shape: tuple[int, ...]) -> str:
    dtype = g.tensor(target).dtype
    found = g.pick(lambda t: broadcasts_to(tuple(t.shape), shape) and t.dtype == dtype)
    if found is None or (is_float(g.tensor(found)) and not is_float(g.tensor(target))):
        return literal(g, shape, str(dtype).removeprefix("torch."))
    return found


@family(4)
def indexed_write(g: Generator) -> Draft | None:
    target = _target(g, has_dims, lambda t: all(t.shape) and t.shape[0] >= 1)
    if target is None or g.tensor(target).dim() == 0 or not all(g.tensor(target).shape):
        return None
    t = g.tensor(target)
    n = t.shape[0]
    dtype = str(t.dtype).removeprefix("torch.")
    rows = g.random.sample(range(n), min(n, 2))
    if g.mistake():
        rows[0] = n
    index = f"torch.tensor({rows})"
    source = literal(g, (len(rows), *t.shape[1:]), dtype)
    spread = f"{index}.view({(-1, *[1] * (t.dim() - 1))}).expand({(len(rows), *t.shape[1:])})"
    code = g.choose(
        f"{target}.index_add_(0, torch.tensor({[rows[0]] * len(rows)}), {source})",
        f"{target}.index_add_(0, {index}, {source}, alpha=2)",
        f"{target}.index_fill_(0, {index}, {g.choose(1, 2)})",
        f"{target}.index_copy_(0, {index}, {source})",
        f"{target}.scatter_(0, {spread}, {source})",
        f"{target}.scatter_(0, {spread}, 2)",
        f"{target}.scatter_add_(0, {spread}, {source})",
        f"{target}.index_put_(({index},), {source})",
        f"{target}.index_put_(({index},), {source}, accumulate=True)",
        f"{target}.masked_scatter_({target} > 0, {literal(g, tuple(t.shape), dtype)})",
    )
    return _result(g, code, "", target)


@family(1.5)
def three_part_write(g: Generator) -> Draft | None:
    target = _target(g, is_float)
    if target is None:
        return None
    a, b = _source(g, target), _source(g, target)
    code = g.choose(
        f"{target}.addcmul_({a}, {b}, value={g.choose(1, 0.5)})",
        f"{target}.lerp_({a}, 0.5)",
        f"{target}.mul_(2).add_({a})",
        f"{target}.copy_({a} + {b})",
    )
    return _result(g, code, "", target)


@family(1.5)
def metadata_write(g: Generator) -> Draft | None:
    target = _target(g)
    if target is None:
        return None
    t = g.tensor(target)
    options = [
        f"{target}.squeeze_()",
        f"{target}.unsqueeze_(0)",
        f"{target}.requires_grad_()",
        f"{target}.detach_()",
    ]
    if t.dim() == 2:
        options += [f"{target}.t_()", f"{target}.transpose_(0, 1)"]
    code = g.choose(*options)
    return Draft(code, results=0, writes=(target,))


@family(0.8)
def data_assignment(g: Generator) -> Draft | None:
    target = g.pick(is_float)
    if target is None:
        return None
    dtype, shape = g.tensor(target).dtype, g.tensor(target).shape
    other = g.pick(lambda t: t.dtype == dtype and t.shape == shape)
    if other is None:
        return None
    value = g.choose(other, f"{target}.data * 2", f"{other} + 1")
    return Draft(f"{target}.data = {value}", "data=", results=0, writes=(target,))


@family(3)
def out_form(g: Generator) -> Draft | None:
    left = g.pick(is_float, lambda t: not t.requires_grad)
    if left is None:
        return None
    dtype, shape = g.tensor(left).dtype, tuple(g.tensor(left).shape)

    def fits(t: Any) -> bool:
        return t.dtype == dtype and tuple(t.shape) == shape and not t.requires_grad

    right = g.pick(fits) or left
    given = g.pick(fits)
    out = given if given not in (None, left, right) else f"torch.empty({shape}, dtype={dtype})"
    code = g.choose(
        f"torch.add({left}, {right}, out={out})",
        f"torch.mul({left}, {right}, out={out})",
        f"torch.exp({left}, out={out})",
        f"torch.sub({left}, {right}, alpha=2, out={out})",
        f"torch.clamp({left}, -1, 1, out={out})",
        f"torch.cumsum({left}, 0, out={out})",
        f"torch.maximum({left}, {right}, out={out})",
        f"torch.sum({left}, 0, out=torch.empty(0, dtype={dtype}))",
        f"torch.cat([{left}, {right}], out=torch.empty(0, dtype={dtype}))",
        f"torch.matmul({left}, {right}, out=torch.empty(0, dtype={dtype}))",
        f"torch.where({left} > 0, {left}, {right}, out={out})",
    )
    writes = (given,) if f"out={given}" in code else ()
    return Draft(code, f"{code.partition('(')[0].removeprefix('torch.')} out=", writes=writes)
