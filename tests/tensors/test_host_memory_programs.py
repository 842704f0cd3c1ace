"""Random programs over memory that tensors and NumPy arrays share, run by PyTorch and torchlike side by side."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import torchlike

DTYPES = (np.float32, np.float64, np.int64, np.complex64, np.uint8)
LAYOUTS = (
    lambda a: a,
    lambda a: a.T,
    lambda a: a[::2],
    lambda a: a[..., 1:],
    lambda a: a[..., ::2],
)


class World:
    """One library's tensors and arrays."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.tensors: list = []
        self.arrays: list = []

    def show(self) -> list:
        """What everyone sees now."""
        tensors = [
            (tuple(t.shape), placed(t.shape, t.stride()), t.storage_offset(), repr(t.tolist()))
            for t in self.tensors
        ]
        grads = [
            None if g is None else rounded(g.tolist()) for t in self.tensors if t.is_leaf for g in [t.grad]
        ]
        return [*tensors, *grads, *[rounded(a.tolist()) for a in self.arrays]]


def placed(shape: tuple, strides: tuple) -> tuple:
    """The strides that say something."""
    return () if 0 in shape else tuple(s for n, s in zip(shape, strides, strict=True) if n > 1)


def rounded(numbers: Any) -> str:
    return repr(np.round(np.asarray(numbers), 3).tolist())


class Program:
    """Random statements, each done in two worlds."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.worlds: tuple[World, World] = ()  # type: ignore[assignment]
        self.log: list = []

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def both(self, label: str, do: Any) -> bool:
        """Do something in each world; whether torchlike has it."""
        self.log.append(label)
        errors = []
        for world in self.worlds:
            try:
                do(world)
                errors.append(None)
            except Exception as error:
                errors.append(error)
        if isinstance(errors[1], NotImplementedError):
            return False
        assert type(errors[0]) is type(errors[1]), (self.log, errors)
        ours, theirs = self.worlds[1].show(), self.worlds[0].show()
        assert ours == theirs, (self.log, [x for x in zip(ours, theirs, strict=False) if x[0] != x[1]])
        return True

    def index(self, sequence: list) -> int:
        return self.random.randrange(len(sequence))


def view(p: Program) -> tuple[str, Any]:
    code = p.random.choice(
        "t.transpose(0, -1); t.view(-1); t.detach(); t.unsqueeze(0).expand(2, *t.shape); t.squeeze(); t.diagonal(); "
        "t[0]; t[-1]; t[1:]; t[::2]; t[..., :2]; t.unfold(0, 1, 1); t * 2; t.clone(); t[[0, -1]]; t.data".split(
            "; "
        )
    )
    k = p.index(p.worlds[0].tensors)
    return f"{k}: {code}", lambda w: w.tensors.append(eval(code, {"t": w.tensors[k], "torch": w.torch}))


def write(p: Program) -> tuple[str, Any]:
    code = p.random.choice(
        "t.add_(1); t.zero_(); t.fill_(3); t[0] = 5; t[..., 0] = 2; t.mul_(2); t[t == t] = 4; t.data.add_(2)".split(
            "; "
        )
    )
    k = p.index(p.worlds[0].tensors)
    return f"{k}: {code}", lambda w: exec(code, {"t": w.tensors[k], "torch": w.torch})


def share(p: Program) -> tuple[str, Any]:
    k = p.index(p.worlds[0].tensors)
    return f"{k}: numpy", lambda w: w.arrays.append(w.tensors[k].detach().numpy())


def take(p: Program) -> tuple[str, Any]:
    k, name = p.index(p.worlds[0].arrays), p.random.choice(("from_numpy", "as_tensor", "asarray", "tensor"))
    return f"{name}({k})", lambda w: w.tensors.append(getattr(w.torch, name)(w.arrays[k]))


def write_by_numpy(p: Program) -> tuple[str, Any]:
    k, all_of_it = p.index(p.worlds[0].arrays), p.chance(0.5)

    def do(w: World) -> None:
        a = w.arrays[k]
        if all_of_it:
            np.add(a, 1, out=a, casting="unsafe")
        elif a.ndim:
            a[..., 0] = 7

    return f"numpy writes to {k}", do


def drop(p: Program) -> tuple[str, Any]:
    k, j = p.index(p.worlds[0].arrays), p.index(p.worlds[0].tensors)
    arrays = p.chance(0.7)

    def do(w: World) -> None:
        held, i = (w.arrays, k) if arrays else (w.tensors, j)
        if len(held) > 1:
            held.pop(i)

    return f"drop {(k, j, arrays)}", do


def differentiate(p: Program) -> tuple[str, Any]:
    j, k = p.index(p.worlds[0].tensors), p.index(p.worlds[0].arrays)
    between = p.chance(0.5)

    def do(w: World) -> None:
        x = w.torch.tensor([[0.5], [-1.0]], requires_grad=True)
        t = w.tensors[j]
        y = (x * t).sum() + (x * x).sum()
        g = x.detach().numpy()
        if between:
            g += 1
            if w.arrays[k].flags.writeable:
                w.arrays[k][...] = 3
        y.backward()
        held = x.grad.numpy()
        (x * 2).sum().backward()
        w.tensors.append(x)
        w.arrays.append(held)

    return f"gradient by {j}, {k}", do


STATEMENTS = (
    view,
    view,
    view,
    write,
    write,
    share,
    take,
    write_by_numpy,
    write_by_numpy,
    drop,
    differentiate,
)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(150))
def test_as_pytorch_does(seed):
    import torch

    p = Program(seed)
    p.worlds = World(torch), World(torchlike)
    shape = p.random.choice([(4,), (3, 4), (2, 3, 4), ()])
    dtype, layout = p.random.choice(DTYPES), p.random.choice(LAYOUTS)
    for world in p.worlds:
        whole = np.random.RandomState(seed).randint(0, 9, shape).astype(dtype)
        world.arrays.append(layout(whole) if whole.ndim else whole)
        world.tensors.append(world.torch.from_numpy(world.arrays[0]))
        del whole
    for _ in range(25):
        if not p.both(*p.random.choice(STATEMENTS)(p)):
            break
