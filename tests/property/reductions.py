"""Drafts of reductions, scans, orders and matrix products."""

from __future__ import annotations

from typing import Any

from .generator import Draft, Generator, distinct, family, has_dims, is_float, not_empty

OVER_DIMS = ("sum", "mean", "amax", "amin", "logsumexp", "var", "std", "norm", "nansum", "any", "all")
WHOLE = (
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "any",
    "all",
    "argmax",
    "argmin",
    "count_nonzero",
    "median",
    "norm",
)
SCANS = ("cumsum", "cumprod", "softmax", "log_softmax", "logcumsumexp")
ORDERS = ("max", "min", "sort", "argsort", "argmax", "argmin", "topk", "kthvalue", "cummax", "median")


def _dims(g: Generator, t: Any) -> str:
    if t.dim() > 1 and g.chance(0.35):
        pair = g.random.sample(range(t.dim()), 2)
        return str(tuple(pair)) if g.chance(0.7) else str(list(pair))
    return str(g.pick_dim(t))


@family(4)
def whole(g: Generator) -> Draft | None:
    name = g.choose(*WHOLE)
    source = g.pick(is_float) if name in ("mean", "norm") else g.pick()
    if source is None:
        return None
    if name in ("median", "argmax", "argmin") and not distinct(g.tensor(source)):
        return None
    options = g.choose("", "", "dtype=torch.float64") if name in ("sum", "mean", "prod") else ""
    if g.chance(0.5):
        return Draft(f"{source}.{name}({options})", name)
    return Draft(f"torch.{name}({source}{options and ', ' + options})", name)


@family(5)
def over_dims(g: Generator) -> Draft | None:
    name = g.choose(*OVER_DIMS, "sum", "mean", "sum")
    source = g.pick(has_dims, is_float) if g.chance(0.85) else g.pick(has_dims)
    if source is None:
        return None
    dims = _dims(g, g.tensor(source))
    keep = g.choose("", "", ", keepdim=True", ", keepdim=False")
    extra = g.choose("", "", ", correction=0", ", unbiased=False") if name in ("var", "std") else ""
    if name == "norm":
        return Draft(f"torch.norm({source}, p={g.choose(1, 2, 2)}, dim={dims}{keep})", name)
    if g.chance(0.5):
        return Draft(f"{source}.{name}({dims}{keep})", name)
    return Draft(f"torch.{name}({source}, dim={dims}{extra}{keep})", name)


@family(3)
def scan(g: Generator) -> Draft | None:
    name = g.choose(*SCANS, "softmax")
    source = g.pick(is_float) if g.chance(0.9) else g.pick()
    if source is None:
        return None
    dim = g.pick_dim(g.tensor(source))
    if name in ("softmax", "log_softmax") and g.chance(0.5):
        return Draft(f"F.{name}({source}, dim={dim})", name)
    return Draft(g.choose(f"torch.{name}({source}, {dim})", f"{source}.{name}(dim={dim})"), name)


@family(4)
def order(g: Generator) -> Draft | None:
    name = g.choose(*ORDERS)
    source = g.pick(has_dims, not_empty, distinct)
    if source is None:
        return None
    t = g.tensor(source)
    dim = g.pick_dim(t)
    if not -t.dim() <= dim < t.dim() and not g.errors_left:
        return None
    size = t.shape[dim] if -t.dim() <= dim < t.dim() else 1
    if name in ("argsort", "argmax", "argmin"):
        extra = g.choose("", ", descending=True") if name == "argsort" else g.choose("", ", keepdim=True")
        return Draft(f"torch.{name}({source}, dim={dim}{extra})", name)
    arguments = {
        "sort": f"dim={dim}{g.choose('', ', descending=True', ', stable=True')}",
        "topk": f"{g.random.randint(1, size)}, dim={dim}{g.choose('', ', largest=False')}",
        "kthvalue": f"{g.random.randint(1, size)}, dim={dim}",
        "cummax": f"dim={dim}",
    }.get(name, f"dim={dim}{g.choose('', ', keepdim=True')}")
    return Draft(f"{source}.{name}({arguments})", name, results=2)


@family(0.8)
def data_dependent(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    code = g.choose(
        f"torch.unique({source})",
        f"torch.nonzero({source})",
        f"{source}.nonzero()",
        f"torch.masked_select({source}, {source} > 0)",
        f"{source}[{source} > 0]",
        f"torch.bincount({source})",
        f"torch.equal({source}, {source})",
        f"torch.allclose({source}, {source})",
    )
    prefix = "n" if "equal" in code or "allclose" in code else "t"
    return Draft(code, "mask index" if "[" in code else "", prefix=prefix)


@family(7)
def product(g: Generator) -> Draft | None:
    left = g.pick(has_dims, is_float)
    if left is None:
        return None
    t = g.tensor(left)

    def fits(other: Any) -> bool:
        if other.dtype != t.dtype or other.dim() == 0 or t.dim() == 0:
            return False
        inner = other.shape[-2] if other.dim() > 1 else other.shape[0]
        batch = (t.shape[:-2], other.shape[:-2])
        return t.shape[-1] == inner and (batch[0] == batch[1] or not batch[0] or not batch[1])

    right = g.pick(fits)
    if right is None:
        return _product_of_one(g, left)
    u = g.tensor(right)
    options = [f"{left} @ {right}", f"torch.matmul({left}, {right})", f"{left}.matmul({right})"]
    if (t.dim(), u.dim()) == (2, 2):
        options += [f"torch.mm({left}, {right})", f"{left}.mm({right})"]
        options += [f"torch.einsum('ij,jk->ik', {left}, {right})"]
    elif (t.dim(), u.dim()) == (2, 1):
        options += [f"torch.mv({left}, {right})"]
    elif (t.dim(), u.dim()) == (1, 1):
        options += [f"torch.dot({left}, {right})"]
    elif (t.dim(), u.dim()) == (3, 3):
        options += [f"torch.bmm({left}, {right})"]
    code = g.choose(*options)
    return Draft(code, "matmul" if "@" in code else "")


def _product_of_one(g: Generator, left: str) -> Draft | None:
    t = g.tensor(left)
    if t.dim() == 1:
        code = g.choose(f"torch.dot({left}, {left})", f"torch.outer({left}, {left})", f"{left} @ {left}")
    elif t.dim() == 2:
        code = g.choose(
            f"{left} @ {left}.t()",
            f"torch.mm({left}.T, {left})",
            f"F.linear({left}, {left})",
            f"torch.addmm(torch.eye({t.shape[0]}, dtype={left}.dtype), {left}, {left}.t(), alpha=0.5)",
            f"torch.einsum('ij,kj->ik', {left}, {left})",
        )
    elif t.dim() == 3:
        code = g.choose(f"torch.bmm({left}, {left}.transpose(1, 2))", f"{left} @ {left}.mT")
    else:
        return None
    return Draft(code, "matmul" if "@" in code else "")
