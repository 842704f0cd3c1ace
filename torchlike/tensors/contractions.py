"""Products of several tensors: `einsum`, `tensordot`, chains of matrices, distances between rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from torchlike.errors import warn
from torchlike.operators import declaration
from torchlike.operators.contractions import check_einsum, contracts, sorted_as_pytorch
from torchlike.tensors import dispatch, layouts, writes
from torchlike.tensors.arguments import type_name
from torchlike.tensors.attributes import function
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []


def _call(name: str, *args: Any) -> Any:
    op = declaration.get(name)
    return dispatch.call(op, (*args, *op.defaults[len(args) :]))


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _from_sublists(args: tuple) -> tuple[str, list[Tensor]]:
    """The equation and operands of `einsum(a, [0, 1], b, [1, 2], [0, 2])`."""

    def letters(sublist: Any) -> str:
        parts = []
        for s in sublist:
            if s is Ellipsis:
                parts.append("...")
            elif 0 <= s < 52:
                parts.append(_LETTERS[s])
            else:
                raise ValueError(f"einsum(): expected subscripts to be integers in [0, 52), got {s}")
        return "".join(parts)

    operands = list(args[: len(args) // 2 * 2 : 2])
    equation = ",".join(letters(s) for s in args[1 : len(args) // 2 * 2 : 2])
    if len(args) % 2:
        equation += "->" + letters(args[-1])
    return equation, operands


@function("einsum")
def einsum(*args: Any) -> Tensor:
    """Sums of products of elements, by a subscript equation.

    Args:
        args: an equation such as `"ij,jk->ik"` and its operands (one by one, or in a list), or each operand
            followed by the list of its subscripts as integers.

    Example:
        >>> import torchlike as torch
        >>> torch.einsum("ij,j->i", torch.ones(2, 3), torch.tensor([1.0, 2.0, 3.0]))
        tensor([6., 6.])
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand "
            "and its subscripts list"
        )
    if isinstance(args[0], Tensor):
        equation, operands = _from_sublists(args)
    else:
        equation, operands = args[0], list(args[1:])
        if len(operands) == 1 and isinstance(operands[0], list | tuple):
            operands = list(operands[0])
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type_name(equation)}")
    for i, operand in enumerate(operands):
        if not isinstance(operand, Tensor):
            raise TypeError(
                "einsum(): argument 'tensors' (position 2) must be tuple of Tensors, but found element of "
                f"type {type_name(operand)} at pos {i}"
            )
    check_einsum(equation, tuple([t._value().aval for t in operands]))
    if len(operands) == 1:
        return _rearranged(sorted_as_pytorch(equation), operands[0])
    if not contracts(equation):
        return _call("_einsum_products", equation, tuple(operands))
    out = _call("_einsum", equation, tuple(operands))
    # PyTorch gives a view of the product of matrices.
    return out.view(out.shape)


def _rearranged(equation: str, t: Any) -> Tensor:
    """`einsum` of one operand: diagonals, a permutation, and a sum over what the output does not name."""
    left, _, right = equation.partition("->")
    missing = t.ndim - len(left.replace("...", ""))
    ellipsis = [f"...{i}" for i in range(missing)] if "..." in left else []

    def subscripts(term: str) -> list[str]:
        before, dots, after = term.partition("...")
        return [*before, *(ellipsis if dots else ()), *after]

    own: list[str] = []
    for s in subscripts(left):
        if s in own:
            dim = own.index(s)
            t = t.diagonal(0, dim, len(own)).movedim(-1, dim)
        else:
            own.append(s)
    out = subscripts(right)
    summed = sorted(set(own) - set(out))
    t = t.permute([own.index(s) for s in (*out, *summed)])
    return t.sum(list(range(len(out), len(own)))) if summed else t


def _tensordot_dims(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, tuple | list):
        first, second = dims
        first = first.tolist() if isinstance(first, Tensor) else first
        second = second.tolist() if isinstance(second, Tensor) else second
        listed = [[d] if isinstance(d, int) else list(d) for d in (first, second)]
        return listed[0], listed[1]
    if isinstance(dims, Tensor):
        if dims.shape.numel() > 1:
            listed = dims.tolist()
            return listed[0], listed[1]
        dims = int(dims.item())
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.ndim, b.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))


@composite("tensordot(Tensor a, Tensor b, any dims=2) -> Tensor", method=False, out=True)
def tensordot(a: Tensor, b: Tensor, dims: Any) -> Tensor:
    first, second = _tensordot_dims(a, b, dims)
    return _call("_tensordot", a, b, tuple(first), tuple(second))


def _chain(matrices: list[Tensor], product: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The product of a chain of matrices in the cheapest order."""
    n = len(matrices)
    sizes = [m.shape[0] for m in matrices] + [matrices[-1].shape[1]]
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], split[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def multiply(i: int, j: int) -> Tensor:
        if i == j:
            return matrices[i]
        return product(multiply(i, split[i][j]), multiply(split[i][j] + 1, j))

    return multiply(0, n - 1)


@composite("multi_dot(Tensor[] tensors) -> Tensor", namespaces=("linalg",), method=False, out=True)
def multi_dot(tensors: tuple[Tensor, ...]) -> Tensor:
    found = list(tensors)
    if len(found) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(found)}")
    first_is_vector, last_is_vector = found[0].ndim == 1, found[-1].ndim == 1
    if first_is_vector:
        found[0] = found[0].reshape(1, -1)
    if last_is_vector:
        found[-1] = found[-1].reshape(-1, 1)
    for i, t in enumerate(found):
        if t.ndim != 2:
            ends = {0: "the first tensor", len(found) - 1: "the last tensor"}
            place = f"{ends[i]} must be 1D or 2D" if i in ends else f"tensor {i} must be 2D"
            raise RuntimeError(f"multi_dot(): {place} but got {t.ndim}D")
        if i and found[i - 1].shape[1] != t.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i - 1} and {i} with shapes {list(found[i - 1].shape)} and "
                f"{list(t.shape)} cannot be multiplied"
            )
    out = _chain(found, lambda a, b: _call("mm", a, b))
    kept = [n for n, dropped in zip(out.shape, (first_is_vector, last_is_vector), strict=True) if not dropped]
    return out.view(kept)


@function("chain_matmul")
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of matrices in the cheapest order; `torch.linalg.multi_dot` is the newer name."""
    warnings.warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use "
        "torch.linalg.multi_dot instead, which accepts a list of two or more tensors rather than multiple "
        "parameters.",
        UserWarning,
        stacklevel=2,
    )
    result = matrices[0] if len(matrices) == 1 else multi_dot(matrices)
    return result if out is None else writes.fill_out("chain_matmul", result, out)


@composite("cross(Tensor self, Tensor other, int? dim=None) -> Tensor", out=True)
def cross(self: Tensor, other: Tensor, dim: int | None) -> Tensor:
    if dim is None:
        warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim "
            "explicitly or simply use torch.linalg.cross.\nThe default value of dim will change to agree "
            "with that of linalg.cross in a future release.",
            once=True,
        )
        dim = next((d for d, n in enumerate(self.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return _call("cross", self, other, dim)


@composite("matrix_power(Tensor self, int n) -> Tensor", namespaces=("torch", "linalg"), out=True)
def matrix_power(self: Tensor, n: int) -> Tensor:
    if self.ndim < 2 or self.shape[-1] != self.shape[-2]:
        if self.ndim < 2:
            raise RuntimeError("linalg.matrix_power: The input tensor A must have at least 2 dimensions.")
        raise RuntimeError(
            f"linalg.matrix_power: A must be batches of square matrices, but they are {self.shape[-2]} by "
            f"{self.shape[-1]} matrices"
        )
    if n < 0:
        from torchlike.tensors import binding

        return matrix_power(binding.namespace("linalg")["inv"](self), -n)
    if n == 0:
        return _call("_identities", self)
    result: Tensor | None = None
    square = self
    while n:
        if n & 1:
            result = square if result is None else _call("matmul", result, square)
        n >>= 1
        if n:
            square = _call("matmul", square, square)
    assert result is not None
    return result.clone(memory_format=layouts.contiguous_format) if result is self else result
