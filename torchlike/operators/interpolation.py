"""Resampling of the last dimensions: nearest neighbours, linear, cubic, and both of these with anti-aliasing.

All are linear and separable: along each dimension an element of the result is a weighted sum of few elements of
the input, whose indices and weights are known beforehand.
"""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
import numpy as np

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.errors import missing
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import operator
from torchlike.operators.windows import Ints

__all__: list[str] = []

Scales = tuple[float | None, ...]
# Per element of the result the indices of what it is made of, and their weights: (out, k) each.
Taps = tuple[np.ndarray, np.ndarray]


def _ratio(n: int, out: int, align: bool, scale: float | None, wide: type):
    """How far apart, in elements of the input, the elements of the result lie."""
    if align:
        return wide(n - 1) / wide(out - 1) if out > 1 else wide(0)
    return wide(1.0 / scale) if scale is not None and scale > 0 else wide(n) / wide(out)


def _sources(n: int, out: int, align: bool, scale: float | None, wide: type) -> np.ndarray:
    """Where in the input the elements of the result lie."""
    ratio = _ratio(n, out, align, scale, wide)
    i: np.ndarray = np.arange(out, dtype=wide)
    return ratio * i if align else ratio * (i + wide(0.5)) - wide(0.5)


def _nearest(exact: bool, n: int, out: int, align: bool, scale: float | None, wide: type) -> Taps:
    # PyTorch computes these indices in float32 whatever the data's type is.
    ratio = _ratio(n, out, False, scale, np.float32)
    i = np.arange(out, dtype=np.float32)
    at = np.floor((i + np.float32(0.5)) * ratio) if exact else np.floor(i * ratio)
    return np.minimum(at.astype(np.int64), n - 1)[:, None], np.ones((out, 1), wide)


def _linear(n: int, out: int, align: bool, scale: float | None, wide: type) -> Taps:
    if n == out:
        return np.arange(n)[:, None], np.ones((n, 1), wide)
    at = np.maximum(_sources(n, out, align, scale, wide), wide(0))
    low = np.minimum(at.astype(np.int64), n - 1)
    high = np.minimum(low + 1, n - 1)
    part = np.clip(at - low.astype(wide), wide(0), wide(1))
    return np.stack([low, high], 1), np.stack([wide(1) - part, part], 1)


def _cubic_weights(x: np.ndarray, a: float) -> np.ndarray:
    """Keys' (1981) convolution kernel."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _cubic(n: int, out: int, align: bool, scale: float | None, wide: type) -> Taps:
    at = _sources(n, out, align, scale, wide)
    low = np.floor(at)
    part = at - low
    offsets = np.arange(-1, 3)
    weights: np.ndarray = _cubic_weights(part[:, None] - offsets.astype(wide), -0.75).astype(wide)
    return np.clip(low.astype(np.int64)[:, None] + offsets, 0, n - 1), weights


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(x), 0)


def _antialiased(size: int, n: int, out: int, align: bool, scale: float | None, wide: type) -> Taps:
    """The kernel of `size` elements stretched by the ratio, where that shrinks the image."""
    ratio = float(_ratio(n, out, align, scale, wide))
    support = size * 0.5 * max(ratio, 1.0)
    count = int(np.ceil(support)) * 2 + 1
    center = ratio * (np.arange(out) + 0.5)
    first = np.maximum((center - support + 0.5).astype(np.int64), 0)
    last = np.minimum((center + support + 0.5).astype(np.int64), n)
    at = first[:, None] + np.arange(count)
    x = (at - center[:, None] + 0.5) / max(ratio, 1.0)
    weights = _triangle(x) if size == 2 else _cubic_weights(x, -0.5)
    weights = np.where(at < last[:, None], weights, 0)
    weights = weights / weights.sum(1, keepdims=True)
    return np.minimum(at, n - 1), weights.astype(wide)


def _resampled(x, axis: int, taps: Taps):
    index, weights = taps
    shape = [1] * x.ndim
    shape[axis] = -1
    total = None
    for k in range(index.shape[1]):
        part = jnp.take(x, index[:, k], axis)
        term = part if index.shape[1] == 1 else part * weights[:, k].reshape(shape)
        total = term if total is None else total + term
    return total


def _interpolated(taps, self, size: Ints, align: bool, scales: Scales):
    x = self.astype(jnp.float32) if self.dtype.itemsize == 2 else self
    wide = np.float64 if self.dtype == jnp.float64 else np.float32
    # The last dimension first, as PyTorch sums.
    for i in range(len(size) - 1, -1, -1):
        axis = i + 2
        x = _resampled(x, axis, taps(x.shape[axis], size[i], align, scales[i], wide))
    return x.astype(self.dtype)


def _by_name(sizes: Ints) -> str:
    return ", ".join(f"{name}: {n}" for name, n in zip("DHW"[-len(sizes) :], sizes, strict=True))


def _check(kernels: tuple[str, str, str], bytes_too: bool, self: Aval, size: Ints, *rest: object) -> None:
    dims = len(size)
    sizes = tuple(self.shape[2:])
    if min(*sizes, *size, 1) <= 0:
        joint = ") and output (" if dims == 1 else ") output ("
        raise RuntimeError(
            "Input and output sizes should be greater than 0, but got input "
            f"({_by_name(sizes)}{joint}{_by_name(size)})"
        )
    if 0 in self.shape[1:]:
        raise RuntimeError(
            f"Non-empty {dims + 2}D data tensor expected but got a tensor with sizes {list(self.shape)}"
        )
    if self.dtype is dtypes.uint8:
        if bytes_too:
            return
        if dims == 2:
            raise missing("interpolation of uint8 images other than by nearest neighbours", "x.float()")
    if self.dtype not in FLOATING:
        raise NotImplementedError(f"\"{kernels[dims - 1]}\" not implemented for '{self.dtype.legacy_name}'")


_LINEAR_KERNELS = (
    "compute_indices_weights_linear",
    "upsample_bilinear2d_channels_last",
    "compute_indices_weights_linear",
)
_NEAREST_KERNELS = (
    "compute_indices_weights_nearest",
    "upsample_nearest2d_channels_last",
    "compute_indices_weights_nearest",
)
_CUBIC_KERNELS = ("compute_indices_weights_cubic",) * 3
_ANTIALIASED_KERNELS = ("compute_index_ranges_weights",) * 3
_LINEAR_NAMES = {1: "Linear1D", 2: "Bilinear2D", 3: "Trilinear3D"}


def _declare(name: str, taps, node, kernels: tuple[str, str, str], bytes_too: bool = False) -> None:
    operator(
        f"_interpolate_{name}(Tensor self, int[] size, bool align, any scales) -> Tensor",
        check=partial(_check, kernels, bytes_too),
        backward=lambda self: f"Upsample{node(self.ndim - 2)}Backward0",
        namespaces=(),
        method=False,
        out=False,
        strides="channels_last",
    )(partial(_interpolated, taps))


_declare("nearest", partial(_nearest, False), lambda n: f"Nearest{n}D", _NEAREST_KERNELS, bytes_too=True)
_declare(
    "nearest_exact", partial(_nearest, True), lambda n: f"NearestExact{n}D", _NEAREST_KERNELS, bytes_too=True
)
_declare("linear", _linear, _LINEAR_NAMES.__getitem__, _LINEAR_KERNELS)
_declare("bicubic", _cubic, lambda n: f"Bicubic{n}D", _CUBIC_KERNELS)
_declare("bilinear_antialiased", partial(_antialiased, 2), lambda n: f"Bilinear{n}DAa", _ANTIALIASED_KERNELS)
_declare("bicubic_antialiased", partial(_antialiased, 4), lambda n: f"Bicubic{n}DAa", _ANTIALIASED_KERNELS)
