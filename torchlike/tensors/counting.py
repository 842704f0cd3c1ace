"""Distinct values and counts: results whose size the data decide, so they are computed on the host."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import from_host
from torchlike.operators.dimensions import wrap_dim
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor, wrap

__all__: list[str] = []


def _host(t: Tensor) -> np.ndarray:
    return t._value().numpy()


def _tensor(array: np.ndarray, like: Tensor) -> Tensor:
    return wrap(from_host(np.ascontiguousarray(array), like.device))


def _chosen(
    values: Tensor, inverse: Tensor, counts: Tensor, return_inverse: bool, return_counts: bool
) -> Any:
    found = [values]
    if return_inverse:
        found.append(inverse)
    if return_counts:
        found.append(counts)
    return values if len(found) == 1 else tuple(found)


def _check_unique(self: Tensor, dim: int | None, name: str) -> int | None:
    if self.dtype.is_complex:
        raise NotImplementedError(f"\"{name}\" not implemented for '{self.dtype.legacy_name}'")
    if dim is None:
        return None
    d = wrap_dim(dim, self.ndim)
    empty = [n for i, n in enumerate(self.shape) if n == 0]
    if self.shape and self.shape[d] == 0 and len(empty) > 1 or self.shape and self.shape[d] != 0 and empty:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    return d


def _runs(rows: np.ndarray) -> np.ndarray:
    """For each row but the first, whether it differs from the one before."""
    differs = rows[1:] != rows[:-1]
    return differs.reshape(len(differs), math.prod(differs.shape[1:])).any(axis=1)


def _consecutive(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows that begin a run, which run each belongs to, and how long the runs are."""
    if len(rows) == 0:
        none = np.zeros(0, np.int64)
        return rows, none, none
    begins = np.concatenate([[True], _runs(rows)])
    inverse = np.cumsum(begins) - 1
    return rows[begins], inverse, np.bincount(inverse).astype(np.int64)


def _distinct(array: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    order = np.argsort(array, kind="stable")
    values, inverse, counts = _consecutive(array[order])
    where = np.empty(len(array), np.int64)
    where[order] = inverse
    return values, where, counts


@composite(
    "unique(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? "
    "dim=None) -> any"
)
def unique(self: Tensor, sorted: bool, return_inverse: bool, return_counts: bool, dim: int | None) -> Any:
    d = _check_unique(self, dim, "unique" if dim is None else "unique_dim")
    array = _host(self)
    if d is None:
        values, inverse, counts = _distinct(array.reshape(-1))
        inverse = inverse.reshape(array.shape)
    else:
        rows = np.moveaxis(array.reshape(1) if array.ndim == 0 else array, d, 0)
        flat = rows.reshape(len(rows), math.prod(rows.shape[1:]))
        order = np.lexsort(flat.T[::-1]) if flat.shape[1] else np.arange(len(rows))
        values, runs, counts = _consecutive(rows[order])
        inverse = np.empty(len(rows), np.int64)
        inverse[order] = runs
    distinct = _tensor(values, self)
    if d:
        distinct = distinct.movedim(0, d)
    dispatch.without_formula("_unique2" if d is None else "unique_dim", distinct, self)
    return _chosen(distinct, _tensor(inverse, self), _tensor(counts, self), return_inverse, return_counts)


@composite(
    "unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) "
    "-> any"
)
def unique_consecutive(self: Tensor, return_inverse: bool, return_counts: bool, dim: int | None) -> Any:
    d = _check_unique(self, dim, "unique" if dim is None else "unique_dim")
    array = _host(self)
    if d is None:
        values, inverse, counts = _consecutive(array.reshape(-1))
        inverse = inverse.reshape(array.shape)
    else:
        values, inverse, counts = _consecutive(np.moveaxis(array, d, 0))
    distinct = _tensor(values, self)
    if d:
        distinct = distinct.movedim(0, d)
    dispatch.without_formula("unique_consecutive", distinct, self)
    return _chosen(distinct, _tensor(inverse, self), _tensor(counts, self), return_inverse, return_counts)


@composite("bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor")
def bincount(self: Tensor, weights: Tensor | None, minlength: int) -> Tensor:
    if self.dtype.category != 1:
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{self.dtype.legacy_name}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    array = _host(self)
    if self.ndim == 1 and array.size == 0:
        return _tensor(np.zeros(minlength, np.int64), self)
    if self.ndim != 1 or array.min() < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return _tensor(np.bincount(array, minlength=minlength).astype(np.int64), self)
    if weights.ndim != 1 or weights.shape != self.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    to = np.float32 if weights.dtype is dtypes.float32 else np.float64
    totals = np.zeros(max(int(array.max()) + 1, minlength), to)
    np.add.at(totals, array, _host(weights).astype(to))
    return _tensor(totals, self)


_HISTOGRAMS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


def _range(array: np.ndarray, low: float, high: float, name: str) -> tuple[float, float]:
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"{name}: range of [{_shown(low)}, {_shown(high)}] is not finite")
    if low > high:
        if name == "torch.histc":
            raise RuntimeError("torch.histc: max must be larger than min")
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension 0"
        )
    return (low - 1, high + 1) if low == high else (low, high)


def _shown(x: float) -> str:
    return "nan" if np.isnan(x) else f"{x:g}"


def _linear_counts(array: np.ndarray, bins: int, low: float, high: float) -> np.ndarray:
    inside = array[(array >= low) & (array <= high)].astype(np.float64)
    at = ((inside - low) * bins / (high - low)).astype(np.int64)
    return np.bincount(np.minimum(at, bins - 1), minlength=bins)


@composite("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor", out=True)
def histc(self: Tensor, bins: int, min: float, max: float) -> Tensor:
    if self.dtype not in _HISTOGRAMS:
        kernel = "linspace_cpu" if self.dtype.category == 0 else "histogram_cpu"
        kernel = "aminmax_cpu" if self.dtype.is_complex or self.dtype.name.startswith("uint") else kernel
        kernel = "histogram_cpu" if self.dtype is dtypes.uint8 else kernel
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{self.dtype.legacy_name}'")
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    array = _host(self).reshape(-1)
    low, high = _range(array, float(min), float(max), "torch.histc")
    return _tensor(_linear_counts(array, bins, low, high).astype(self.dtype.np), self)


def _finish(self: Tensor, counts: np.ndarray, edges: np.ndarray, density: bool) -> tuple[Tensor, Tensor]:
    counts = counts.astype(self.dtype.np)
    if density:
        counts = (counts / counts.sum() / np.diff(edges)).astype(self.dtype.np)
    return _tensor(counts, self), _tensor(edges.astype(self.dtype.np), self)


def _weighted(array: np.ndarray, edges: np.ndarray, weight: Tensor | None, to: Any) -> np.ndarray:
    inside = (array >= edges[0]) & (array <= edges[-1])
    at = np.minimum(np.searchsorted(edges, array[inside], side="right") - 1, len(edges) - 2)
    totals = np.zeros(len(edges) - 1, to)
    np.add.at(totals, at, 1 if weight is None else _host(weight).reshape(-1)[inside])
    return totals


def _check_histogram(self: Tensor) -> None:
    if self.dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{self.dtype.legacy_name}'")


@composite(
    "histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> "
    "(Tensor hist, Tensor bin_edges)",
    out=True,
)
def histogram_edges(self: Tensor, bins: Tensor, weight: Tensor | None, density: bool) -> Any:
    _check_histogram(self)
    edges = _host(bins)
    totals = _weighted(_host(self).reshape(-1), edges, weight, self.dtype.np)
    return _finish(self, totals, edges, density)


@composite(
    "histogram(Tensor self, int bins=100, *, any range=None, Tensor? weight=None, bool density=False) -> "
    "(Tensor hist, Tensor bin_edges)",
    out=True,
)
def histogram(self: Tensor, bins: int, range: Any, weight: Tensor | None, density: bool) -> Any:
    _check_histogram(self)
    array = _host(self).reshape(-1)
    low, high = range or (0.0, 0.0)
    low, high = _range(array, low, high, "torch.histogramdd")
    # In the type's own arithmetic, from the nearer end, as `linspace` does.
    step = self.dtype.np.type((high - low) / bins)
    steps = np.arange(bins + 1, dtype=self.dtype.np)
    near = steps < (bins + 1) // 2
    edges = np.where(
        near, self.dtype.np.type(low) + step * steps, self.dtype.np.type(high) - step * (bins - steps)
    )
    totals = _weighted(array, edges.astype(self.dtype.np), weight, self.dtype.np)
    return _finish(self, totals, edges, density)
