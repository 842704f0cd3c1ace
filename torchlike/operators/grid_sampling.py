"""Sampling an image or a volume at given places, and the grids of places that affine maps give."""

from __future__ import annotations

from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import operator
from torchlike.operators.windows import Ints

__all__: list[str] = []


def _clipped(x, size: int):
    # Outside there is no gradient, nor at the border itself.
    return jnp.where(x <= 0, 0, jnp.where(x >= size - 1, size - 1, x))


def _reflected(x, size: int, align: bool):
    """Folded back between the first and the last element, or between their outer edges."""
    low, span = (0.0, size - 1.0) if align else (-0.5, float(size))
    if span == 0:
        return x * 0
    distance = jnp.where(x - low < 0, low - x, x - low)
    flips = lax.stop_gradient(jnp.floor(distance / span))
    extra = distance - flips * span
    return jnp.where(flips % 2 == 0, extra + low, span - extra + low)


def _places(x, size: int, padding_mode: str, align: bool):
    """Coordinates in elements from coordinates between -1 and 1."""
    x = (x + 1) / 2 * (size - 1) if align else ((x + 1) * size - 1) / 2
    return _folded(x, size, padding_mode, align)


def _folded(x, size: int, padding_mode: str, align: bool):
    if padding_mode == "border":
        return _clipped(x, size)
    if padding_mode == "reflection":
        return _clipped(_reflected(x, size, align), size)
    return x


def _look_up(image, index: list, inside=True):
    """The elements of `image` (N, C, *in) at integer places (N, *out) for each dimension: (N, C, *out)."""
    sizes = image.shape[2:]
    flat: Any = 0
    for i, n in zip(index, sizes, strict=True):
        inside = inside & (i >= 0) & (i < n)
        flat = flat * n + jnp.clip(i, 0, n - 1)
    n, c = image.shape[:2]
    rows = image.reshape(n, c, -1)
    found = jnp.take_along_axis(rows, flat.reshape(n, 1, -1), 2, mode="clip")
    return jnp.where(inside[:, None], found.reshape(n, c, *flat.shape[1:]), 0)


def _whole(x):
    return lax.stop_gradient(x).astype(jnp.int64)


def _linear(image, places: list):
    total: Any = 0
    lows = [jnp.floor(lax.stop_gradient(x)) for x in places]
    for corner in product((0, 1), repeat=len(places)):
        weight: Any = 1
        for x, low, high in zip(places, lows, corner, strict=True):
            weight = weight * (x - low if high else 1 - (x - low))
        index = [_whole(low) + high for low, high in zip(lows, corner, strict=True)]
        total = total + _look_up(image, index) * weight[:, None]
    return total


def _cubic_weights(t) -> list:
    """Of the four neighbours of a place that lies `t` behind the second."""
    a = -0.75

    def near(x):
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x):
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _cubic(image, places: list, padding_mode: str, align: bool):
    sizes = image.shape[2:]
    lows = [jnp.floor(lax.stop_gradient(x)) for x in places]
    weights = [_cubic_weights(x - low) for x, low in zip(places, lows, strict=True)]
    total: Any = 0
    for offset in product(range(4), repeat=2):
        index = [
            _whole(_folded(low - 1 + o, n, padding_mode, align))
            for low, o, n in zip(lows, offset, sizes, strict=True)
        ]
        weight = weights[0][offset[0]] * weights[1][offset[1]]
        total = total + _look_up(image, index) * weight[:, None]
    return total


def _check(self: Aval, grid: Aval, mode: str, padding_mode: str, align_corners: bool) -> None:
    if self.shape[0] != grid.shape[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{list(self.shape)} and grid with sizes {list(grid.shape)}"
        )
    if grid.shape[-1] != self.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {self.ndim - 2} in last dimension, but got grid "
            f"with sizes {list(grid.shape)}"
        )
    for i in range(2, self.ndim):
        if self.shape[i] == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{list(self.shape)} with dimension {i} being empty"
            )
    if self.ndim not in (4, 5) or grid.ndim != self.ndim:
        kind = "4D" if self.ndim == 4 else "5D"
        raise RuntimeError(
            f"grid_sampler(): expected {kind} input and grid with same number of dimensions, but got input "
            f"with sizes {list(self.shape)} and grid with sizes {list(grid.shape)}"
        )
    if self.ndim == 5 and mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if self.dtype not in FLOATING:
        raise NotImplementedError(
            f'"grid_sampler_{"2d_cpu_kernel_impl" if self.ndim == 4 else "3d_cpu"}" not implemented for '
            f"'{self.dtype.legacy_name}'"
        )
    if self.dtype is not grid.dtype:
        raise RuntimeError(
            f"expected scalar type {self.dtype.legacy_name} but found {grid.dtype.legacy_name}"
        )


@operator(
    "_grid_sample(Tensor self, Tensor grid, str mode, str padding_mode, bool align_corners) -> Tensor",
    check=_check,
    backward=lambda self, grid: f"GridSampler{self.ndim - 2}DBackward0",
    namespaces=(),
    method=False,
    out=False,
    saves=("self", "grid"),
)
def grid_sample(self, grid, mode, padding_mode, align_corners):
    wide = jnp.float32 if self.dtype.itemsize == 2 else self.dtype
    image, grid = self.astype(wide), grid.astype(wide)
    sizes = image.shape[2:]
    # The grid's last dimension has the image's last dimension first.
    raw = [grid[..., -1 - i] for i in range(len(sizes))]
    if mode == "bicubic":
        places = [_places(x, n, "zeros", align_corners) for x, n in zip(raw, sizes, strict=True)]
        return _cubic(image, places, padding_mode, align_corners).astype(self.dtype)
    places = [_places(x, n, padding_mode, align_corners) for x, n in zip(raw, sizes, strict=True)]
    if mode == "nearest":
        # Halfway between two, the even one.
        index = [_whole(lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)) for x in places]
        return _look_up(image, index).astype(self.dtype)
    return _linear(image, places).astype(self.dtype)


def _check_theta(theta: Aval, size: Ints, align_corners: bool) -> None:
    if theta.shape[0] != size[0]:
        dims = len(size) - 2
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{size[0]}, {dims + 1}] but got: [{theta.shape[0]}, {dims + 1}]."
        )


@operator(
    "_affine_grid(Tensor self, int[] size, bool align_corners) -> Tensor",
    check=_check_theta,
    backward="AffineGridGeneratorBackward0",
    namespaces=(),
    method=False,
    out=False,
)
def affine_grid(self, size, align_corners):
    """The images of a regular grid's places under affine maps: (N, *size, d)."""
    sizes = size[2:]
    wide = jnp.float32 if self.dtype.itemsize == 2 else self.dtype
    axes = []
    for n in sizes:
        steps = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
        axes.append(steps if align_corners else steps * (n - 1) / n)
    mesh = np.meshgrid(*axes, indexing="ij")
    places = np.stack([*mesh[::-1], np.ones(sizes)], -1).reshape(-1, len(sizes) + 1)
    flat = jnp.einsum("pk,ndk->npd", places.astype(wide), self.astype(wide))
    return flat.reshape(size[0], *sizes, len(sizes)).astype(self.dtype)
