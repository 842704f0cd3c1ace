"""Order: sorting, the largest k, and where values belong in a sorted sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.accepted import FLOATING, INTEGRAL, REAL
from torchlike.operators.declaration import operator
from torchlike.operators.dimensions import wrap_dim

__all__ = ["sorted_with_positions"]


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def sorted_with_positions(x, dim: int, descending: bool = False):
    """A stable sort, NaN counting as the largest, and the positions that the values had."""
    positions = lax.broadcasted_iota(jnp.int32, x.shape, dim)
    if descending:
        # Backwards in, backwards out: equal elements keep their order and NaN comes first.
        x, positions = lax.rev(x, (dim,)), lax.rev(positions, (dim,))
    values, positions = lax.sort((x, positions), dimension=dim, is_stable=True, num_keys=1)
    return (lax.rev(values, (dim,)), lax.rev(positions, (dim,))) if descending else (values, positions)


@sorted_with_positions.defjvp
def _sorted_jvp(dim, descending, primals, tangents):
    # The tangent is moved as the values are, with no second sort.
    (x,), (t,) = primals, tangents
    values, positions = sorted_with_positions(x, dim, descending)
    moved = jnp.take_along_axis(t, positions, axis=dim)
    return (values, positions), (moved, jnp.zeros(positions.shape, jax.dtypes.float0))


def check_sort(self: Any, dim: int, *rest: Any) -> None:
    wrap_dim(dim, len(self.shape))
    if self.dtype.is_complex:
        raise RuntimeError(" Sort does not support complex dtypes on CPU")


def _sort(self, dim, descending):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    values, positions = sorted_with_positions(self, wrap_dim(dim, self.ndim), descending)
    return values, positions.astype(jnp.int64)


@operator(
    "sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)",
    check=check_sort,
    strides="elementwise",
    double_backward="ScatterBackward0",
    saves=("indices",),
)
def sort(self, dim, descending):
    return _sort(self, dim, descending)


@operator(
    "sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, "
    "Tensor indices)",
    check=lambda self, stable, dim, descending: check_sort(self, dim),
    strides="elementwise",
    backward="SortBackward1",
    double_backward="ScatterBackward0",
    saves=("indices",),
)
def sort_stable(self, stable, dim, descending):
    return _sort(self, dim, descending)


@operator(
    "argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor",
    check=check_sort,
    strides="elementwise",
    differentiable=False,
    out=False,
)
def argsort(self, dim, descending):
    return _sort(self, dim, descending)[1]


@operator(
    "argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor",
    check=lambda self, stable, dim, descending: check_sort(self, dim),
    strides="elementwise",
    differentiable=False,
)
def argsort_stable(self, stable, dim, descending):
    return _sort(self, dim, descending)[1]


@operator(
    "msort(Tensor self) -> Tensor",
    check=lambda self: check_sort(self, 0),
    strides="elementwise",
    backward="SortBackward0",
    saves=("inside",),
)
def msort(self):
    return _sort(self, 0, False)[0]


def check_topk(self: Any, k: int, dim: int, largest: bool, sorted: bool) -> None:
    d = wrap_dim(dim, len(self.shape))
    if k < 0 or k > (self.shape[d] if self.shape else 1):
        raise RuntimeError("selected index k out of range")
    if self.dtype.is_complex:
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    if self.dtype.category == 0:
        raise RuntimeError("topk does not support bool dtypes on CPU")


@partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _topk(x, k: int, dim: int, largest: bool):
    moved = jnp.moveaxis(x, dim, -1)
    if largest:
        key = moved
    elif jnp.issubdtype(x.dtype, jnp.floating):
        key = jnp.where(moved != moved, -jnp.inf, -moved)
    else:
        key = ~moved
    positions = lax.top_k(key, k)[1]
    values = jnp.take_along_axis(moved, positions, axis=-1)
    return jnp.moveaxis(values, -1, dim), jnp.moveaxis(positions, -1, dim)


@_topk.defjvp
def _topk_jvp(k, dim, largest, primals, tangents):
    # The tangent is chosen as the values are.
    (x,), (t,) = primals, tangents
    values, positions = _topk(x, k, dim, largest)
    chosen = jnp.take_along_axis(t, positions, axis=dim)
    return (values, positions), (chosen, jnp.zeros(positions.shape, jax.dtypes.float0))


@operator(
    "topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor "
    "indices)",
    check=check_topk,
    kernel="topk_cpu",
    accepts=REAL,
    double_backward="ScatterBackward0",
    saves=("indices",),
)
def topk(self, k, dim, largest, sorted):
    if self.ndim == 0:
        return self, jnp.zeros((), jnp.int64)
    values, positions = _topk(self, k, wrap_dim(dim, self.ndim), largest)
    return values, positions.astype(jnp.int64)


def check_searchsorted(
    sorted_sequence: Any, self: Any, out_int32: bool, right: bool, side: str | None, sorter: Any
) -> None:
    if side is not None and side not in ("left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right "
            "was True"
        )
    boundaries = sorted_sequence.shape
    if not boundaries:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if sorter is not None:
        if sorter.shape != boundaries:
            raise RuntimeError(
                "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
                f"{list(boundaries)}and got sorter tensor {list(sorter.shape)}"
            )
        if sorter.dtype.name != "int64":
            raise RuntimeError(
                "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
                f"{sorter.dtype.legacy_name}"
            )
    values = getattr(self, "shape", None)
    if len(boundaries) > 1 and (values is None or tuple(values[:-1]) != tuple(boundaries[:-1])):
        if values is None:
            raise RuntimeError(
                "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension "
                f"is 1, but we got boundaries tensor dim({len(boundaries)}) and input value's dim(0) "
                "numel(1)"
            )
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and input value tensor must match, but we got boundaries tensor "
            f"{list(boundaries)} and input value tensor {list(values)}"
        )


def _search(boundaries, values, right: bool, out_int32: bool):
    side = "right" if right else "left"
    to = jnp.int32 if out_int32 else jnp.int64
    if boundaries.ndim == 1:
        return jnp.searchsorted(boundaries, values, side=side).astype(to)
    rows = boundaries.reshape(-1, boundaries.shape[-1])
    wanted = values.reshape(rows.shape[0], -1)
    found = jax.vmap(partial(jnp.searchsorted, side=side))(rows, wanted)
    return found.reshape(values.shape).astype(to)


@operator(
    "searchsorted(Tensor sorted_sequence, Tensor|Scalar self, *, bool out_int32=False, bool right=False, "
    "str? side=None, Tensor? sorter=None) -> Tensor",
    promote="same",
    aside=("sorter",),
    check=check_searchsorted,
    kernel="searchsorted_out_cpu",
    accepts=REAL,
    differentiable=False,
    method=False,
    strides="contiguous",
)
def searchsorted(sorted_sequence, self, out_int32, right, side, sorter):
    if sorter is not None:
        sorted_sequence = jnp.take_along_axis(sorted_sequence, sorter, axis=-1)
    return _search(sorted_sequence, self, right or side == "right", out_int32)


def check_bucketize(self: Any, boundaries: Any, out_int32: bool, right: bool) -> None:
    if len(boundaries.shape) != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({len(boundaries.shape)})")


@operator(
    "bucketize(Tensor|Scalar self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
    promote="same",
    check=check_bucketize,
    kernel="searchsorted_out_cpu",
    accepts=REAL,
    differentiable=False,
    method=False,
    strides="contiguous",
)
def bucketize(self, boundaries, out_int32, right):
    return _search(boundaries, self, right, out_int32)


def check_isin(elements: Any, test_elements: Any, assume_unique: bool, invert: bool) -> None:
    for operand in (elements, test_elements):
        d = getattr(operand, "dtype", None)
        if d is not None and (d.category == 0 or d.is_complex):
            raise RuntimeError(f"Unsupported input type encountered for isin(): {d.legacy_name}")


@operator(
    "isin(Tensor|Scalar elements, Tensor|Scalar test_elements, *, bool assume_unique=False, "
    "bool invert=False) -> Tensor",
    promote="same",
    check=check_isin,
    kernel="isin_default_cpu",
    accepts=INTEGRAL | FLOATING,
    differentiable=False,
    method=False,
    strides="contiguous",
)
def isin(elements, test_elements, assume_unique, invert):
    tests = test_elements.reshape(-1)
    if tests.size <= 32:
        found = jnp.zeros(elements.shape, jnp.bool_)
        if tests.size:
            found = jnp.any(elements[..., None] == tests, axis=-1)
    else:
        tests = jnp.sort(tests)
        at = jnp.minimum(jnp.searchsorted(tests, elements), tests.size - 1)
        found = tests[at] == elements
    return ~found if invert else found
