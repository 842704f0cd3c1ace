"""Drafts that join, part, repeat and view tensors."""

from __future__ import annotations

from typing import Any

from .creation import in_range
from .generator import Draft, Generator, family, has_dims, is_float


def _same_but(t: Any, dim: int) -> Any:
    def fits(other: Any) -> bool:
        if other.dim() != t.dim():
            return False
        return all(a == b for i, (a, b) in enumerate(zip(t.shape, other.shape, strict=True)) if i != dim)

    return fits


@family(4)
def joined(g: Generator) -> Draft | None:
    first = g.pick(has_dims)
    if first is None or g.tensor(first).dim() == 0:
        return None
    t = g.tensor(first)
    dim = g.random.randrange(t.dim())
    second = g.pick(_same_but(t, dim)) or first
    names = [first, second] if g.chance(0.7) else [second, first, second]
    if g.chance(0.6) or g.tensor(second).shape != t.shape:
        word = g.choose("cat", "cat", "concat")
        shown = dim if g.chance(0.5) else dim - t.dim()
        return Draft(f"torch.{word}([{', '.join(names)}], dim={shown})", word)
    word = g.choose("stack", "stack", "hstack", "vstack")
    at = f", dim={g.random.randint(-t.dim() - 1, t.dim())}" if word == "stack" else ""
    return Draft(f"torch.{word}([{', '.join(names)}]{at})", word)


@family(3)
def parted(g: Generator) -> Draft | None:
    source = g.pick(has_dims, lambda t: 2 <= max(t.shape) <= 4)
    if source is None:
        return None
    t = g.tensor(source)
    dims = [i for i, n in enumerate(t.shape) if 2 <= n <= 4]
    if not dims:
        return None
    dim = g.choose(*dims)
    n = t.shape[dim]
    first = g.random.randint(1, n - 1)
    code, results, label = g.choose(
        (f"torch.chunk({source}, 2, dim={dim})", 2, "chunk"),
        (f"torch.split({source}, [{first}, {n - first}], dim={dim})", 2, "split"),
        (f"{source}.split({max(first, (n + 1) // 2)}, {dim})", 2, "split"),
        (f"torch.unbind({source}, {dim})", n, "unbind"),
        (f"torch.tensor_split({source}, 2, dim={dim})", 2, "tensor_split"),
    )
    return Draft(code, label, results=results)


@family(3)
def repeated(g: Generator) -> Draft | None:
    source = g.pick(lambda t: t.numel() <= 12)
    if source is None:
        return None
    t = g.tensor(source)
    flip_dim = g.pick_dim(t)
    code = g.choose(
        f"torch.flip({source}, [{flip_dim}])",
        f"torch.roll({source}, {g.choose(1, -1, 2)}, {flip_dim})",
        f"{source}.repeat({', '.join(['2'] + ['1'] * (t.dim() - 1))})" if t.dim() else f"{source}.repeat(2)",
        f"torch.tile({source}, ({g.choose('2,', '2, 1')}))",
        f"torch.repeat_interleave({source}, 2, dim={flip_dim})",
        f"torch.tril({source})" if t.dim() > 1 else f"torch.diag({source})",
        f"torch.triu({source}, 1)" if t.dim() > 1 else f"torch.diag({source}, 1)",
        f"F.pad({source}, (1, 1))",
        f"F.pad({source}, (1, 0), value=2)",
        f"torch.diff({source})",
        f"torch.rot90({source})" if t.dim() > 1 else f"torch.flip({source}, (0,))",
        f"torch.trace({source})" if t.dim() == 2 else f"torch.ravel({source})",
    )
    return Draft(code)


def _factored(g: Generator, numel: int) -> str:
    splits = [(numel,), (-1,), (1, numel), (numel, 1)]
    if numel == 0:
        splits = [(0,), (0, 2), (2, 0), (0, 3)]
    for a in (2, 3, 4):
        if numel and numel % a == 0:
            splits += [(a, numel // a), (-1, a), (a, -1), (numel // a, a)]
    if numel == 1:
        splits += [(), ()]
    if g.mistake():
        return g.choose("5", "(-1, -1)", "(7, 2)")
    shape = g.choose(*splits)
    return str(shape) if len(shape) != 1 or g.chance(0.5) else str(shape[0])


@family(6)
def reshaped(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    shape = _factored(g, g.tensor(source).numel())
    word = g.choose("view", "view", "reshape")
    return Draft(f"{source}.{word}({shape})", word)


@family(7)
def rearranged(g: Generator) -> Draft | None:
    source = g.pick(has_dims)
    if source is None:
        return None
    t = g.tensor(source)
    order = list(range(t.dim()))
    g.random.shuffle(order)
    options = [
        f"{source}.transpose({g.pick_dim(t)}, {g.pick_dim(t)})",
        f"{source}.permute({', '.join(map(str, order))})",
        f"torch.permute({source}, {tuple(order)})",
        f"{source}.movedim({g.pick_dim(t)}, {g.pick_dim(t)})",
        f"{source}.unsqueeze({g.random.randint(-t.dim() - 1, t.dim())})",
        f"{source}.squeeze()",
        f"{source}.squeeze({g.pick_dim(t)})",
        f"torch.unsqueeze({source}, {g.random.choice((0, -1))})",
        f"{source}.flatten()",
        f"torch.flatten({source}, {g.choose('0', '0, -1', '-1')})",
        f"{source}.swapaxes({g.pick_dim(t)}, {g.pick_dim(t)})",
        f"{source}.expand_as({source})",
    ]
    if t.dim() <= 2:
        options += [f"{source}.t()", f"{source}.t()", f"{source}.T"]
    if t.dim() >= 2:
        options += [f"{source}.mT", f"{source}.diagonal()", f"torch.diagonal({source}, {g.choose(1, -1)})"]
    code = g.choose(*options)
    return Draft(code)


@family(6)
def parts(g: Generator) -> Draft | None:
    source = g.pick(has_dims)
    if source is None:
        return None
    t = g.tensor(source)
    dim = g.pick_dim(t)
    inside = -t.dim() <= dim < t.dim()
    n = t.shape[dim] if inside else 2
    start = g.random.randint(0, max(n - 1, 0))
    length = g.random.randint(0 if g.chance(0.1) else min(1, n - start), n - start)
    code = g.choose(
        f"{source}.select({dim}, {start if not g.mistake() else n + 1})",
        f"{source}.narrow({dim}, {start}, {length})",
        f"torch.narrow({source}, {dim}, {start}, {length})",
        f"{source}[{start}]" if dim % max(t.dim(), 1) == 0 else f"{source}[..., {start}]",
        f"{source}[{start}:]",
        f"{source}[::2]",
        f"{source}[..., :{start + 1}]",
        f"{source}[..., None]",
        f"{source}[None]",
        f"{source}[-1]",
        f"{source}.unfold({dim}, {min(2, n)}, {g.choose(1, 2)})",
    )
    return Draft(code, "slice" if "[" in code else "")


@family(2)
def expanded(g: Generator) -> Draft | None:
    source = g.pick(lambda t: t.numel() <= 6)
    if source is None:
        return None
    shape = [g.choose(2, 3) if n == 1 else n for n in g.tensor(source).shape]
    if g.chance(0.4):
        shape = [2, *shape]
    if not shape:
        shape = [2]
    if g.mistake():
        shape[-1] += 1
    code = g.choose(
        f"{source}.expand({', '.join(map(str, shape))})", f"torch.broadcast_to({source}, {tuple(shape)})"
    )
    return Draft(code)


@family(1.5)
def strided(g: Generator) -> Draft | None:
    source = g.pick(lambda t: t.numel() >= 2)
    if source is None:
        return None
    t = g.tensor(source)
    room = t.untyped_storage().nbytes() // t.element_size()
    options = [
        ((2,), (1,), 0),
        ((2, 2), (1, 1), 0),
        ((3,), (2,), 1),
        ((2, 2), (2, 1), 0),
        ((2, 3), (0, 1), 0),
        ((2,), (3,), 1),
    ]
    size, stride, offset = g.choose(*options)
    end = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if end >= room and not g.errors_left:
        return None
    where = "" if offset == 0 and g.chance(0.5) else f", {offset}"
    return Draft(f"torch.as_strided({source}, {size}, {stride}{where})", "as_strided")


@family(3)
def shared(g: Generator) -> Draft | None:
    source = g.pick()
    if source is None:
        return None
    code = g.choose(
        f"{source}.detach()", f"{source}.detach()", f"{source}.data", f"{source}.view_as({source})"
    )
    return Draft(code)


@family(3)
def advanced_index(g: Generator) -> Draft | None:
    source = g.pick(has_dims, lambda t: all(t.shape))
    if source is None or g.tensor(source).dim() == 0:
        return None
    t = g.tensor(source)
    rows = [g.random.randint(-t.shape[0], t.shape[0] - 1) for _ in range(g.choose(1, 2, 3))]
    if g.mistake():
        rows[0] = t.shape[0] + 1
    last = [g.random.randrange(t.shape[-1]) for _ in rows]
    form = f"torch.tensor({rows})" if g.chance(0.7) else str(rows)
    columns = f"torch.tensor({last})"
    code = g.choose(
        f"{source}[{form}]",
        f"{source}[..., {columns}]",
        f"{source}[{source} > {g.choose(0, 0.5)}]",
        f"{source}[torch.tensor({[g.chance(0.6) for _ in range(t.shape[0])]})]",
        f"{source}[{form}, ..., {last[0]}]" if t.dim() > 1 else f"{source}[{form}]",
        f"{source}[torch.tensor({rows}), {columns}]" if t.dim() == 2 else f"{source}[None, {form}]",
        f"{source}[:, None, {columns}]" if t.dim() == 2 else f"{source}[torch.tensor([{rows}])]",
    )
    return Draft(code, "index")


@family(3)
def gathered(g: Generator) -> Draft | None:
    source = g.pick(has_dims, lambda t: all(t.shape))
    if source is None or g.tensor(source).dim() == 0:
        return None
    t = g.tensor(source)
    dim = g.random.randrange(t.dim())
    n = t.shape[dim]
    rows = [g.random.randrange(n) for _ in range(2)]
    if g.mistake():
        rows[0] = n
    shape = [1 if i != dim else 2 for i in range(t.dim())]
    index: Any = rows
    for size in reversed(shape[dim + 1 :]):
        index = [[v] * size for v in index] if index is rows else [v for v in index]
    index = str(index)
    for _ in shape[:dim]:
        index = f"[{index}]"
    code = g.choose(
        f"torch.index_select({source}, {dim}, torch.tensor({rows}))",
        f"{source}.index_select({dim - t.dim()}, torch.tensor({rows}))",
        f"torch.gather({source}, {dim}, torch.zeros({tuple(shape)}, dtype=torch.int64))",
        f"torch.gather({source}, {dim}, torch.tensor({index}).view({tuple(shape)}))",
        f"torch.take({source}, torch.tensor([0, -1]))",
        f"torch.take_along_dim({source}, {source}.argsort(dim={dim}, stable=True), dim={dim})",
    )
    return Draft(code)


@family(1)
def one_hot(g: Generator) -> Draft | None:
    source = g.pick(lambda t: str(t.dtype) == "torch.int64" and t.numel() > 0, in_range)
    if source is None:
        return None
    if not g.errors_left and min(g.tensor(source).reshape(-1).tolist()) < 0:
        return None
    return Draft(f"F.one_hot({source})", "one_hot")


@family(1.5)
def embedded(g: Generator) -> Draft | None:
    table = g.pick(is_float, lambda t: t.dim() == 2 and t.shape[0] > 1)
    if table is None or not 2 == g.tensor(table).dim() or g.tensor(table).shape[0] == 0:
        return None
    n = g.tensor(table).shape[0]
    rows = [g.random.randrange(n) for _ in range(3)]
    return Draft(f"F.embedding(torch.tensor({rows}), {table})", "embedding")
