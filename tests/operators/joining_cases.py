"""Calls that join and rearrange, as expressions that run under PyTorch and torchlike alike.

In an expression `torch` is the library, `i(2, 3)` a float tensor of that shape with the elements 0, 1, 2, ...
and `g(2, 3)` one of fixed fractions that requires grad.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

__all__ = ["CALLS", "DIFFERENTIATED", "derivatives", "outcome"]

DTYPES = "uint8 int16 int32 int64 bool float16 bfloat16 float32 float64 complex64".split()

CALLS = [
    # cat: sizes, the one-dimensional empty tensor, errors
    "torch.cat([i(2, 3), i(1, 3)])",
    "torch.cat((i(2, 3), i(2, 1)), -1)",
    "torch.concat([i(2), i(3)], axis=0)",
    "torch.concatenate([i(2, 1), i(2, 1)], dim=1)",
    "torch.cat([torch.tensor([]), i(2, 3)], 1)",
    "torch.cat([i(2, 3), torch.tensor([], dtype=torch.float64)], -1)",
    "torch.cat([torch.tensor([], dtype=torch.int64), torch.empty(0, 3, dtype=torch.int32)])",
    "torch.cat([torch.tensor([]), torch.tensor([])], 7)",
    "torch.cat([i(2, 3), torch.tensor([])], 2)",
    "torch.cat([i(2, 3).t(), i(1, 2)])",
    "torch.cat([torch.empty(2, 0), i(2, 3)])",
    "torch.cat([torch.empty(2, 0), i(2, 3)], 1)",
    "torch.cat([])",
    "torch.cat([i(), i(2)])",
    "torch.cat([torch.tensor([]), i()])",
    "torch.cat([i(2, 3), i(3)])",
    "torch.cat([i(2, 3), i(2, 3), i(2, 4)])",
    "torch.cat([i(3, 2), i(4, 3)], 1)",
    "torch.cat([i(2)], 1)",
    "torch.cat(i(2, 3))",
    "torch.cat([i(2), 3])",
    "torch.cat([None, i(2)])",
    "torch.cat([i(2)], 1.0)",
    "torch.cat()",
    "torch.cat([i(2)], 0, 0)",
    "torch.cat([i(2), i(2)], out=torch.empty(0))",
    "torch.cat([torch.ones(2, dtype=torch.uint16), torch.ones(2, dtype=torch.uint8)])",
    *[
        f"torch.cat([torch.ones(1, dtype=torch.{a}), torch.ones(1, dtype=torch.{b})])"
        for a in DTYPES
        for b in DTYPES
    ],
    # stack and its kin
    "torch.stack([i(2, 3), i(2, 3)])",
    "torch.stack([i(2, 3), i(2, 3)], -1)",
    "torch.stack([i(2, 3), i(2, 3)], dim=1)",
    "torch.stack([i(), i()])",
    "torch.stack([torch.ones((), dtype=torch.int32), torch.ones((), dtype=torch.float64)])",
    "torch.stack([torch.tensor([]), torch.tensor([])])",
    "torch.stack([])",
    "torch.stack([i(2), i(3)])",
    "torch.stack([i(2), i(2), i(2, 1)])",
    "torch.stack([i(2), i(3)], 5)",
    "torch.stack([i(), i()], 1)",
    "torch.stack(i(2, 3))",
    "torch.stack([i(2), [i(2)]])",
    *[
        f"torch.{name}({arguments})"
        for name in ("hstack", "vstack", "row_stack", "dstack", "column_stack")
        for arguments in (
            "[]",
            "[i(2), i(2)]",
            "[i(2), i(3)]",
            "[i(2, 3), i(2, 3)]",
            "(i(2, 3), i(2, 4))",
            "[i(), i()]",
            "[i(3), i(2, 3)]",
            "[i(3), i(3, 2)]",
            "[i(1, 2, 3), i(1, 2, 3)]",
            "i(3, 2)",
            "[torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.int32)]",
        )
    ],
    # repetition
    "i(2, 3).repeat(2, 2)",
    "i(2, 3).repeat((2, 1, 2))",
    "i(2, 3).repeat(0, 1)",
    "i().repeat(3)",
    "i(3, 2).t().repeat(1, 2)",
    "i(2, 3).repeat(2)",
    "i(2, 3).repeat(-1, 1)",
    "i(2, 3).repeat()",
    "i(2).repeat('a')",
    "i(2).repeat(2, 'a')",
    "torch.tile(i(2, 3), (2,))",
    "torch.tile(i(2, 3), (2, 2, 2))",
    "i(2, 3).tile(2, 2)",
    "torch.tile(i(2), 2)",
    "torch.tile(i(2), 2, 2)",
    "torch.tile(i(2), (-1,))",
    "torch.repeat_interleave(i(2, 3), 2)",
    "torch.repeat_interleave(i(2, 3), 2, 0)",
    "i(2, 3).repeat_interleave(repeats=3, dim=-1)",
    "torch.repeat_interleave(i(2, 3), 0, 0)",
    "torch.repeat_interleave(i(), 3)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1, 2]), 0)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1, 0, 3]), 1)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([2]), 0)",
    "torch.repeat_interleave(i(2, 3), torch.tensor(2), -1)",
    "torch.repeat_interleave(i(2, 2), torch.tensor([1, 2, 3, 4]))",
    "torch.repeat_interleave(torch.tensor([1, 0, 3]))",
    "torch.repeat_interleave(torch.tensor([1, 2], dtype=torch.int32))",
    "torch.repeat_interleave(torch.tensor([], dtype=torch.int64))",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1, 2]), 0, output_size=3)",
    "torch.repeat_interleave(i(2, 3), 2, 0, output_size=4)",
    "torch.repeat_interleave(i(2, 3), 2, 0, output_size=5)",
    "torch.repeat_interleave(torch.tensor([1, 2, 3]), output_size=7)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1, 2, 3]), 0)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1, 2]))",
    "torch.repeat_interleave(i(2, 3), torch.tensor([[1, 2]]), 0)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1, -2]), 0)",
    "torch.repeat_interleave(i(2, 3), torch.tensor([1.0, 2.0]), 0)",
    "torch.repeat_interleave(torch.tensor([1], dtype=torch.int16))",
    "torch.repeat_interleave(torch.tensor([[1, 2]]))",
    "torch.repeat_interleave(i(2, 3), -2, 0)",
    "torch.repeat_interleave(i(2, 3), 2, 5)",
    "torch.repeat_interleave(i(), 3, 0)",
    "torch.repeat_interleave(i(), torch.tensor([3]), 0)",
    "i(2).repeat_interleave()",
    # diff: orders, nothing to subtract, what is put before and after, layouts
    "torch.diff(i(2, 3))",
    "i(2, 3, 2).diff(2, 1)",
    "torch.diff(i(2, 3), dim=0)",
    "torch.diff(i(2, 3), 5)",
    "torch.diff(i(2, 3), 0)",
    "torch.diff(i(2, 3), 0, prepend=i(2, 1))",
    "torch.diff(i(2, 3), prepend=i(2, 1))",
    "torch.diff(i(2, 3), append=i(2, 3), dim=0)",
    "torch.diff(i(2, 3), prepend=i(2, 1), append=i(2, 2).long())",
    "torch.diff(i(2, 3) > 2)",
    "torch.diff(i(2, 3).int())",
    "torch.diff(i(3, 2).t())",
    "torch.diff(i(0))",
    "torch.diff(i(3, 0), dim=0)",
    "torch.diff(i(2, 3), out=torch.empty(0))",
    "torch.diff(i())",
    "torch.diff(i(2, 3), -1)",
    "torch.diff(i(2, 3), dim=2)",
    "torch.diff(i(2, 3), prepend=i(3))",
    "torch.diff(i(2, 3), prepend=i(3, 1))",
    # reversal and rotation
    "torch.flip(i(2, 3), [0])",
    "i(2, 3).flip(0, -1)",
    "i(2, 3).flip(())",
    "i().flip(0)",
    "i(3, 2).t().flip(0)",
    "i(2, 3, 4).permute(2, 0, 1).flip(0)",
    "torch.tensor([[True, False]]).flip(1)",
    "torch.flip(i(2, 3), 0)",
    "torch.flip(i(2, 3), [0, 0])",
    "torch.flip(i(2, 3), [2])",
    "torch.flip(i(2, 3))",
    "i(2).flip(0.5)",
    "torch.fliplr(i(2, 3))",
    "torch.fliplr(i(2))",
    "i(2, 3).flipud()",
    "torch.flipud(i())",
    "torch.roll(i(2, 3), 1)",
    "torch.roll(i(2, 3), -1, 1)",
    "i(2, 3).roll((1, 2), (0, 1))",
    "torch.roll(i(4, 3), (1, 2), (0, 0))",
    "torch.roll(i(2, 3), 7, dims=-1)",
    "torch.roll(i(3, 2).t(), 1, 0)",
    "torch.roll(i(), 1)",
    "torch.roll(torch.empty(0, 2), 1, 0)",
    "torch.roll(i(2, 3), (1, 2))",
    "torch.roll(i(2, 3), 1, (0, 1))",
    "torch.roll(i(2, 3), ())",
    "torch.roll(i(2, 3), 1, 5)",
    "torch.roll(i(), 1, 0)",
    "torch.roll(i(2), 1.5)",
    "torch.roll(i(2))",
    "torch.rot90(i(2, 3))",
    "i(2, 3).rot90(2)",
    "i(2, 3).rot90(-1, (1, 0))",
    "torch.rot90(i(2, 3, 4), 3, [1, 2])",
    "torch.rot90(i(2, 3, 4).transpose(0, 2), 1, (0, 2))",
    "torch.rot90(i(2, 3).t(), 2)",
    "torch.rot90(i(2, 3), 4)",
    "torch.rot90(i(2, 3)).view(-1)",
    "torch.rot90(i(2, 3), 1, [0, -2])",
    "torch.rot90(i(2, 3), 1, [0, 2])",
    "torch.rot90(i(2, 3), 1, [0])",
    "torch.rot90(i(2))",
    # grids
    "torch.meshgrid(i(2), i(3), indexing='ij')",
    "torch.meshgrid([i(2), i(3), i(4)], indexing='xy')",
    "torch.meshgrid(i(), i(3), indexing='ij')",
    "torch.meshgrid(i(2), indexing='xy')",
    "torch.meshgrid(i(2), i(3), indexing='ab')",
    "torch.meshgrid(i(2), torch.ones(3, dtype=torch.int32), indexing='ij')",
    "torch.meshgrid(indexing='ij')",
    "torch.meshgrid(1, indexing='ij')",
    "torch.meshgrid(i(2), 3, indexing='ij')",
    "torch.broadcast_tensors(i(2, 1), i(3))",
    "torch.broadcast_tensors()",
    "torch.broadcast_tensors(i(2, 1), i(3, 3))",
    "torch.broadcast_tensors([i(2)])",
    "torch.broadcast_shapes((2, 1), (3,))",
    "torch.broadcast_shapes((2, 1), (3, 3))",
    "torch.cartesian_prod(i(2), i(3))",
    "torch.cartesian_prod(torch.empty(0), i(2))",
    "torch.cartesian_prod(i(2))",
    "torch.cartesian_prod(i(2), i(2, 2))",
    "torch.cartesian_prod(i(2), torch.ones(2, dtype=torch.int32))",
    "torch.cartesian_prod()",
    "torch.combinations(i(4))",
    "torch.combinations(i(4), 3)",
    "torch.combinations(i(3), r=2, with_replacement=True)",
    "torch.combinations(i(4), 5)",
    "torch.combinations(i(4), 0)",
    "torch.combinations(torch.empty(0))",
    "torch.combinations(i(4), -1)",
    "torch.combinations(i(2, 2))",
    # diagonals and triangles
    "torch.diag(i(3))",
    "i(3).diag(1)",
    "torch.diag(i(3), -2)",
    "torch.diag(i(3, 4), 1)",
    "i(3, 4).diag(diagonal=-1)",
    "torch.diag(i(3, 4), 7)",
    "torch.diag(torch.empty(0), 2)",
    "torch.diag(torch.tensor([True, False]))",
    "torch.diag(i())",
    "torch.diag(i(2, 2, 2))",
    "torch.diag_embed(i(2, 3))",
    "torch.diag_embed(i(2, 3), 1)",
    "torch.diag_embed(i(2, 3), -1, 0, 2)",
    "i(2, 3).diag_embed(offset=1, dim1=-1, dim2=-2)",
    "torch.diag_embed(i(2, 3), 0, 1, 1)",
    "torch.diag_embed(i(2, 3), 0, 1, 5)",
    "torch.diag_embed(i())",
    "torch.diagflat(i(2, 2), 1)",
    "i(2).diagflat(-1)",
    "torch.diagflat(i())",
    "torch.block_diag(i(2, 2), i(3), i())",
    "torch.block_diag(torch.ones((), dtype=torch.float64), torch.ones(2, dtype=torch.int32))",
    "torch.block_diag(torch.ones((), dtype=torch.float64), torch.ones(2))",
    "torch.block_diag(torch.empty(0), i(2))",
    "torch.block_diag()",
    "torch.block_diag(i(2), i(2, 2, 2))",
    "torch.block_diag([i(2)])",
    "torch.tril_indices(3, 4, 1)",
    "torch.tril_indices(3, 4, -1, dtype=torch.int32)",
    "torch.tril_indices(0, 0)",
    "torch.triu_indices(3, 4)",
    "torch.triu_indices(3, 4, -5)",
    "torch.triu_indices(3, 4, 5)",
    "torch.tril_indices(-1, 3)",
    "torch.triu_indices(3, -1)",
    "torch.tril_indices(3, 3, dtype=torch.float32)",
    "torch.tril_indices(3)",
    "torch.vander(i(3))",
    "torch.vander(torch.tensor([1, 2, 3], dtype=torch.uint8), 6, True)",
    "torch.vander(torch.tensor([True, False]))",
    "torch.vander(i(3), 1)",
    "torch.vander(i(3), 0)",
    "torch.vander(i(3), -1)",
    "torch.vander(i(2, 3))",
    "torch.linalg.vander(i(2, 3), N=4)",
    "torch.linalg.vander(torch.tensor([1, 2, 3]))",
    "torch.linalg.vander(i(3), N=1)",
    "torch.linalg.vander(torch.tensor([True]))",
    "torch.atleast_1d(i())",
    "torch.atleast_2d(i(2))",
    "torch.atleast_3d(i(), i(2), i(2, 3))",
]

DIFFERENTIATED = [
    "torch.cat([g(2, 3), g(4, 3)], 0)",
    "torch.cat([g(2, 3), g(2, 1)], -1)",
    "torch.cat([g(3).double(), g(2)])",
    "torch.cat([g(2, 3), torch.tensor([]), g(2, 1)], 1)",
    "torch.cat([g(2, 3).t(), g(1, 2)])",
    "torch.cat([g(2), torch.ones(2, dtype=torch.int64)])",
    "torch.stack([g(2, 3), g(2, 3)])",
    "torch.stack([g(), g()], -1)",
    "torch.stack([g(2).double(), g(2)], 1)",
    "torch.hstack([g(), g(3)])",
    "torch.vstack([g(3), g(2, 3)])",
    "torch.dstack([g(3), g(3)])",
    "torch.column_stack([g(3), g(3, 2)])",
    "g(2, 3).repeat(2, 1, 3)",
    "g(2, 3).tile(2)",
    "g(2, 3).repeat_interleave(3, 1)",
    "torch.repeat_interleave(g(2, 3), torch.tensor([0, 2, 1]), 1)",
    "g(2, 3).diff()",
    "torch.diff(g(4, 2).t(), 2, prepend=g(2, 2))",
    "torch.diff(g(2, 3), 0)",
    "g(3, 2).flip(0, 1)",
    "g(3, 2).t().flip(1)",
    "torch.fliplr(g(3, 2))",
    "torch.flipud(g(3))",
    "g(2, 3).roll(-7)",
    "g(2, 3).roll((1, 2), (0, 1))",
    "g(4, 3).roll((1, 2), (0, 0))",
    "g(2, 3).rot90()",
    "g(2, 3, 4).rot90(2, (-1, 0))",
    "g(2, 3).t().rot90(-1)",
    "torch.stack(torch.meshgrid(g(2), g(3), indexing='xy'))",
    "torch.stack(torch.broadcast_tensors(g(2, 1), g(3)))",
    "torch.diag(g(3), 1)",
    "torch.diag(g(3, 4), -1)",
    "torch.diag_embed(g(2, 3), -2, -1, 0)",
    "g(2, 2).diagflat(-1)",
    "torch.block_diag(g(2, 3), g(2), g())",
    "torch.cartesian_prod(g(3), g(2))",
    "torch.combinations(g(3), 3, True)",
    "torch.linalg.vander(g(2, 3), N=4)",
]


def _library(torch: Any, leaves: list) -> dict[str, Any]:
    def i(*shape: int) -> Any:
        return torch.arange(int(np.prod(shape)), dtype=torch.float32).reshape(shape)

    def g(*shape: int) -> Any:
        n = int(np.prod(shape))
        values = [((7 * k + 3 + 5 * len(leaves)) % 16 - 7.5) / 8 for k in range(n)]
        leaves.append(torch.tensor(values).reshape(shape).requires_grad_())
        return leaves[-1]

    return {"torch": torch, "i": i, "g": g}


def _elements(torch: Any, x: Any) -> dict[str, Any]:
    elements = x.detach()
    if x.dtype.is_complex:
        elements = torch.view_as_real(elements)
    return {"dtype": str(x.dtype), "shape": list(x.shape), "elements": elements.tolist()}


def _shown(torch: Any, x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        return {**_elements(torch, x), "stride": list(x.stride())}
    return [_shown(torch, y) for y in x] if type(x) is tuple else repr(x)


def outcome(torch: Any, expression: str) -> Any:
    """What a call gives: tensors in plain words, or the type and text of what it raises."""
    with warnings.catch_warnings():
        # The resizing of `out=` and the like have tests of their own.
        warnings.simplefilter("ignore")
        try:
            return _shown(torch, eval(expression, _library(torch, [])))
        except Exception as e:
            return f"{type(e).__name__}: {e}"


def derivatives(torch: Any, expression: str) -> dict[str, Any]:
    """A result, its node, and the first and second derivatives of the sum of its cubes."""
    leaves: list = []
    out = eval(expression, _library(torch, leaves))
    nodes = [type(node).__name__ for node, _ in out.grad_fn.next_functions if node is not None]
    first = torch.autograd.grad((out**3).sum(), leaves, create_graph=True)
    second = torch.autograd.grad(sum((d * d).sum() for d in first), leaves)
    return {
        "result": _shown(torch, out),
        "node": [type(out.grad_fn).__name__, *nodes],
        # Gradients are contiguous here, where PyTorch gives views of the result's gradient.
        "first": [_elements(torch, d) for d in first],
        "second": [_elements(torch, d) for d in second],
    }
