"""`norm` in its many spellings."""

from __future__ import annotations

from math import inf
from typing import Any

from torchlike import dtypes
from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.operators.dimensions import wrap_dim
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__ = ["matrix_norm", "vector_norm"]

Dims = tuple[int, ...] | None


def _call(name: str, *args: Any) -> Any:
    return dispatch.call(declaration.get(name), args)


def vector_norm(x: Tensor, order: float, dim: Dims, keepdim: bool, dtype: dtypes.dtype | None) -> Tensor:
    """The vector norm of an order over dimensions (all of them for None)."""
    return _call("vector_norm", x, float(order), dim, keepdim, dtype)


def _svd_norm(what: str) -> NotImplementedError:
    return missing(f"{what}, which needs singular values", "torch.linalg.vector_norm and the Frobenius norm")


def _two_dims(x: Tensor, dim: tuple[int, ...], what: str) -> tuple[int, int]:
    if len(dim) != 2:
        raise RuntimeError(f"{what}: dim must be a 2-tuple. Got {', '.join(map(str, dim))}")
    first, second = (wrap_dim(d, x.ndim) for d in dim)
    if first == second:
        raise RuntimeError(f"{what}: dims must be different. Got ({', '.join(map(str, dim))})")
    return first, second


def matrix_norm(
    x: Tensor, order: Any, dim: tuple[int, ...], keepdim: bool, dtype: dtypes.dtype | None
) -> Tensor:
    """The matrix norm of an order: "fro", 1, -1, inf or -inf; those that need singular values are missing."""
    what = "linalg.matrix_norm"
    if x.dtype.category < 2:
        raise RuntimeError(
            f"{what}: Expected a floating point or complex tensor as input. Got {x.dtype.legacy_name}"
        )
    if x.ndim < 2:
        raise RuntimeError(f"{what}: The input tensor A must have at least 2 dimensions.")
    rows, columns = _two_dims(x, dim, what)
    if order == "fro":
        return vector_norm(x, 2, (rows, columns), keepdim, dtype)
    if order == "nuc":
        raise _svd_norm("the nuclear norm")
    if isinstance(order, str):
        raise RuntimeError(f"{what}: Order {order} not supported.")
    if abs(order) == 2:
        raise _svd_norm("the spectral norm")
    if abs(order) not in (1, inf):
        raise RuntimeError(f"{what}: Order {order:g} not supported.")
    summed, compared = (rows, columns) if abs(order) == 1 else (columns, rows)
    totals = vector_norm(x, 1, (summed,), keepdim, dtype)
    if not keepdim and compared > summed:
        compared -= 1
    return _call("amax" if order > 0 else "amin", totals, (compared,), keepdim)


@composite(
    "norm(Tensor self, any p='fro', int[1]? dim=None, bool keepdim=False, dtype? dtype=None) -> Tensor",
    out=True,
)
def norm(self: Tensor, p: Any, dim: Dims, keepdim: bool, dtype: dtypes.dtype | None) -> Tensor:
    if self.dtype.is_complex and dtype is self.dtype.to_real():
        # What the norm of a complex tensor has anyway.
        dtype = None
    if isinstance(p, Tensor):
        p = p.item()
    if p is None or p == "fro":
        return vector_norm(self, 2, dim, keepdim, dtype)
    if not isinstance(p, str):
        return vector_norm(self, p, dim, keepdim, dtype)
    return matrix_norm(self, p, (0, 1) if dim is None and self.ndim == 2 else dim or (-2, -1), keepdim, dtype)


@composite(
    "norm.linalg(Tensor A, any ord=None, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> "
    "Tensor",
    namespaces=("linalg",),
    method=False,
    out=True,
)
def linalg_norm(A: Tensor, ord: Any, dim: Dims, keepdim: bool, dtype: dtypes.dtype | None) -> Tensor:
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype)
    if dim is not None and len(dim) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if dim is None and A.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    rank = A.ndim if dim is None else len(dim)
    if rank == 2:
        return matrix_norm(A, ord, dim or (0, 1), keepdim, dtype)
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.norm: Order {ord} not supported.")
    return vector_norm(A, ord, dim, keepdim, dtype)


@composite(
    "matrix_norm(Tensor A, any ord='fro', int[] dim=(-2, -1), bool keepdim=False, *, dtype? dtype=None) -> "
    "Tensor",
    namespaces=("linalg",),
    method=False,
    out=True,
)
def linalg_matrix_norm(
    A: Tensor, ord: Any, dim: tuple[int, ...], keepdim: bool, dtype: dtypes.dtype | None
) -> Tensor:
    return matrix_norm(A, ord, dim, keepdim, dtype)
