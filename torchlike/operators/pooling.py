"""Pooling over windows: the largest element, or the mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from torchlike.engine import platform
from torchlike.operators.declaration import operator
from torchlike.operators.linear_pairs import linear_pair
from torchlike.operators.pooling_checks import (
    check_avg,
    check_max,
    check_max_1d,
    check_max_with_indices,
    output_size,
)
from torchlike.operators.rounding_once import computed_once, rounded_once
from torchlike.operators.windows import Ints, Pads, positions, shown, spread

__all__ = ["avg_pool", "max_pool", "max_pool_indices"]

# Windows of more elements than this are not written out element by element.
_MAX_WRITTEN_OUT = 64
# Fewer channels than this do not fill a vector.
_VECTOR = 16


class _Geometry:
    """Where the windows lie: everything static about one pooling, hashable as JAX wants it."""

    __slots__ = ("kernel", "strides", "pads", "dilation", "sizes", "outs", "padding")

    def __init__(
        self, sizes: Ints, kernel: Ints, strides: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
    ) -> None:
        dims = len(sizes)
        self.sizes = sizes
        self.kernel = spread(kernel, dims)
        self.strides = spread(strides, dims) if strides else self.kernel
        self.padding = spread(padding, dims)
        self.dilation = spread(dilation, dims)
        self.outs = tuple(
            output_size(n, k, s, p, d, ceil_mode)
            for n, k, s, p, d in zip(
                sizes, self.kernel, self.strides, self.padding, self.dilation, strict=True
            )
        )
        # What the last window needs behind the end, or what no window sees (negative).
        self.pads: Pads = tuple(
            (p, (o - 1) * s + d * (k - 1) + 1 - n - p)
            for n, k, s, p, d, o in zip(
                sizes, self.kernel, self.strides, self.padding, self.dilation, self.outs, strict=True
            )
        )

    def _key(self) -> tuple:
        return self.sizes, self.kernel, self.strides, self.pads, self.dilation

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Geometry) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    @property
    def tiles(self) -> bool:
        """Whether the windows lie side by side from the first element on, none beyond the end."""
        return (
            self.kernel == self.strides
            and all(d == 1 or k == 1 for d, k in zip(self.dilation, self.kernel, strict=True))
            and all(a == 0 and b <= 0 for a, b in self.pads)
        )

    def only(self, axis: int) -> _Geometry:
        """The part of it that is along one axis; the other axes are left alone."""
        part = object.__new__(_Geometry)
        dims = len(self.sizes)
        for name, none in (("kernel", 1), ("strides", 1), ("dilation", 1), ("pads", (0, 0))):
            values = getattr(self, name)
            setattr(part, name, tuple(values[i] if i == axis else none for i in range(dims)))
        part.sizes, part.outs, part.padding = self.sizes, self.outs, self.padding
        return part

    def before_channels(self, channels: int) -> _Geometry:
        """The same windows where the channels come last, as a last dimension of windows of one element."""
        part = object.__new__(_Geometry)
        for name, one in (("kernel", 1), ("strides", 1), ("dilation", 1), ("pads", (0, 0)), ("padding", 0)):
            setattr(part, name, (*getattr(self, name), one))
        part.sizes, part.outs = (*self.sizes, channels), (*self.outs, channels)
        return part

    def first_inside(self, axes: Iterable[int]) -> list:
        """Per position, the windows of which it is the first that lies inside the input; None for none.

        Where a window holds nothing above the lowest number, padding must not be what is chosen.
        """
        if not any(p for p in self.padding):
            return [None] * prod(self.kernel)
        dims = len(self.sizes)
        found, before = [], np.zeros((1,) * dims, bool)
        for index in positions(self.kernel):
            inside = np.ones((1,) * dims, bool)
            for i in axes:
                at = np.arange(self.outs[i]) * self.strides[i] - self.padding[i] + index[i] * self.dilation[i]
                ok = (at >= 0) & (at < self.sizes[i])
                inside = inside & ok.reshape([-1 if j == i else 1 for j in range(dims)])
            found.append(inside & ~before)
            before = before | inside
        return [None if not f.any() else f for f in found]

    def windows(self, x, fill):
        return shown(x, self.kernel, self.strides, self.pads, self.dilation, fill)

    def cut(self, x):
        """What tiling windows see, each dimension split in (window, position in it)."""
        lead = x.shape[: x.ndim - len(self.sizes)]
        seen = [o * k for o, k in zip(self.outs, self.kernel, strict=True)]
        x = lax.slice(x, (0,) * x.ndim, (*lead, *seen))
        return x.reshape(*lead, *[n for pair in zip(self.outs, self.kernel, strict=True) for n in pair])

    def position_axes(self, ndim: int) -> Ints:
        """The axes of `cut`'s result that are positions in a window; `ndim` is the input's."""
        dims = len(self.sizes)
        return tuple(ndim - dims + 2 * i + 1 for i in range(dims))


def _lowest(dtype):
    return -jnp.inf if jnp.issubdtype(dtype, jnp.floating) else int(jnp.iinfo(dtype).min)


def _is_nan(x):
    return x != x


def _largest(x, g: _Geometry):
    """The largest element of each window; NaN if there is one."""
    if prod(g.kernel) <= _MAX_WRITTEN_OUT:
        best = None
        for part in g.windows(x, _lowest(x.dtype)):
            best = part if best is None else lax.max(best, part)
        return best
    if g.tiles:
        return g.cut(x).max(g.position_axes(x.ndim))
    for i in range(len(g.sizes)):
        lowest = jnp.asarray(_lowest(x.dtype), x.dtype)
        x = _along(x, lowest, lax.max, i - len(g.sizes), g.kernel[i], g.strides[i], g.pads[i], g.dilation[i])
    return x


def _along(x, start, combine, axis: int, k: int, s: int, pad: tuple[int, int], d: int):
    """A reduction over a window along one axis."""
    axis %= x.ndim
    if pad[1] < 0:
        # reduce_window takes no negative padding.
        x = lax.slice_in_dim(x, 0, x.shape[axis] + pad[1], axis=axis)
    window, strides, pads, dilation = [1] * x.ndim, [1] * x.ndim, [(0, 0)] * x.ndim, [1] * x.ndim
    window[axis], strides[axis], pads[axis], dilation[axis] = k, s, (pad[0], max(pad[1], 0)), d
    return lax.reduce_window(x, start, combine, window, strides, pads, window_dilation=dilation)


def _ordinal(g: _Geometry, ndim: int):
    """The number of each position in a window, shaped to broadcast against `_Geometry.cut`."""
    shape = [1] * (ndim + len(g.sizes))
    for axis, k in zip(g.position_axes(ndim), g.kernel, strict=True):
        shape[axis] = k
    return jnp.arange(prod(g.kernel), dtype=jnp.int32).reshape(shape)


def _first(parts, best, ordinal, count: int, axes):
    """The first position that holds the maximum, or the last that holds a NaN, as PyTorch chooses."""
    key = jnp.where(parts == best, ordinal, count)
    if not jnp.issubdtype(parts.dtype, jnp.floating):
        return key.min(axes)
    key = jnp.where(_is_nan(parts), -1 - ordinal, key).min(axes)
    return jnp.where(key < 0, -1 - key, key)


def _winner(x, g: _Geometry):
    """The position in its window of each maximum."""
    x = lax.stop_gradient(x)
    count, dims = prod(g.kernel), len(g.sizes)
    if g.tiles and count > _MAX_WRITTEN_OUT:
        x = rounded_once(x)
        axes = g.position_axes(x.ndim)
        return _first(g.cut(x), jnp.expand_dims(_largest(x, g), axes), _ordinal(g, x.ndim), count, axes)
    if count <= _MAX_WRITTEN_OUT:
        return _scan(g.windows(x, _lowest(x.dtype)), g.first_inside(range(dims)), range(count))[1]
    # One dimension after the other, the last one first: of equal elements the first row's first is left over.
    winner, below = jnp.zeros(x.shape, jnp.int32), 1
    for i in range(dims - 1, -1, -1):
        only = g.only(i)
        numbers = [n * below + part for n, part in enumerate(only.windows(winner, 0))]
        x, winner = _scan(only.windows(x, _lowest(x.dtype)), only.first_inside([i]), numbers)
        below *= g.kernel[i]
    return winner


def _narrow_winner(x, g: _Geometry):
    """The same in a byte each, where that is enough."""
    winner = _winner(x, g)
    return winner.astype(jnp.int8) if prod(g.kernel) <= 127 else winner


def _scan(parts: list, first_inside: list, numbers):
    """The largest of the parts and its number, found as PyTorch's loop over the window finds it."""
    floating = jnp.issubdtype(parts[0].dtype, jnp.floating)
    best, winner = parts[0], jnp.broadcast_to(jnp.int32(numbers[0]), parts[0].shape)
    for part, first, number in list(zip(parts, first_inside, numbers, strict=True))[1:]:
        better = part > best
        if floating:
            better |= _is_nan(part)
        if first is not None:
            better |= first
        best, winner = jnp.where(better, part, best), jnp.where(better, jnp.int32(number), winner)
    return best, winner


def _pick(g: _Geometry, winner, x):
    """The element of `x` that each window chose; linear in `x`."""
    picked = None
    for i, part in enumerate(g.windows(x, 0)):
        term = jnp.where(winner == i, part, 0)
        picked = term if picked is None else picked + term
    return picked


def _scatter(g: _Geometry, winner, y):
    """The transpose of `_pick`: every element collects from the windows that chose it.

    The elements fall into classes by their remainder modulo the stride; within a class the windows that can
    have chosen an element are the same few neighbours.
    """
    dims = len(g.sizes)
    lead = y.shape[: y.ndim - dims]
    reach = [(d * (k - 1)) // s + 1 for k, s, d in zip(g.kernel, g.strides, g.dilation, strict=True)]
    around = [(0, 0, 0)] * len(lead) + [(r - 1, r - 1, 0) for r in reach]
    y = lax.pad(y, jnp.zeros((), y.dtype), around)
    winner = lax.pad(winner, jnp.asarray(-1, winner.dtype), around)
    spans = [o + r - 1 for o, r in zip(g.outs, reach, strict=True)]
    terms: dict[Ints, list] = {}
    for i, index in enumerate(positions(g.kernel)):
        offset = [n * d for n, d in zip(index, g.dilation, strict=True)]
        remainder = tuple(o % s for o, s in zip(offset, g.strides, strict=True))
        shift = [r - 1 - o // s for o, s, r in zip(offset, g.strides, reach, strict=True)]
        start, end = (0,) * len(lead), lead
        begin, stop = (*start, *shift), (*end, *(a + n for a, n in zip(shift, spans, strict=True)))
        chosen = lax.slice(winner, begin, stop) == i
        terms.setdefault(remainder, []).append(jnp.where(chosen, lax.slice(y, begin, stop), 0))
    zeros = jnp.zeros((*lead, *spans), y.dtype)
    classes = [sum(terms.get(r, ()), start=zeros) for r in positions(g.strides)]
    whole = jnp.stack(classes, -1).reshape(*lead, *spans, *g.strides)
    order = [*range(len(lead)), *(a for i in range(dims) for a in (len(lead) + i, len(lead) + dims + i))]
    whole = whole.transpose(order).reshape(*lead, *(n * s for n, s in zip(spans, g.strides, strict=True)))
    back = [(0, 0, 0)] * len(lead)
    for n, (before, _), size in zip(whole.shape[len(lead) :], g.pads, g.sizes, strict=True):
        back.append((-before, size + before - n, 0))
    return lax.pad(whole, jnp.zeros((), y.dtype), back)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def max_pool(x, g: _Geometry):
    """The largest element of each window."""
    return _largest(x, g)


# Among equal elements PyTorch gives all of the gradient to the first; and the transposes are much faster than
# what JAX derives from reduce_window.
@max_pool.defjvp
def _max_pool_jvp(g, primals, tangents):
    (x,), (dx,) = primals, tangents
    if 0 in x.shape:
        return max_pool(x, g), jnp.zeros((*x.shape[: -len(g.sizes)], *g.outs), x.dtype)
    # Once for all that read it: the gradient has several readers, and each would find the maxima again.
    if g.tiles:
        winner = computed_once(partial(_narrow_winner, g=g), x)
        chosen = jnp.expand_dims(winner, g.position_axes(x.ndim)) == _ordinal(g, x.ndim)
        tangent = jnp.where(chosen, g.cut(dx), 0).sum(g.position_axes(x.ndim))
    elif prod(g.kernel) <= _MAX_WRITTEN_OUT:
        winner = computed_once(partial(_narrow_winner, g=g), x)
        tangent = linear_pair(partial(_pick, g), partial(_scatter, g), (winner,), dx)
    else:
        where = _flat(_winner(x, g), g)
        lead = x.shape[: x.ndim - len(g.sizes)]
        flat = dx.reshape(*lead, prod(g.sizes))
        tangent = jnp.take_along_axis(flat, where.reshape(*lead, -1), -1).reshape(where.shape)
    return max_pool(x, g), tangent


def _flat(winner, g: _Geometry):
    """Positions in windows as PyTorch counts them: flat indices into the pooled dimensions of the input."""
    flat = jnp.zeros((), jnp.int64)
    rest = winner.astype(jnp.int64)
    below = 1
    dims = len(g.sizes)
    for i in range(dims - 1, -1, -1):
        rest, within = rest // g.kernel[i], rest % g.kernel[i]
        starts = jnp.arange(g.outs[i]) * g.strides[i] - g.padding[i]
        at = within * g.dilation[i] + starts.reshape(-1, *(1,) * (dims - 1 - i))
        flat = flat + at * below
        below *= g.sizes[i]
    return flat


def max_pool_indices(x, g: _Geometry):
    """Where each window's largest element is, as a flat index into the pooled dimensions."""
    return _flat(_winner(x, g), g)


_HALF = (jnp.dtype(jnp.bfloat16), jnp.dtype(jnp.float16))


def _geometry(x, dims: int, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool):
    return _Geometry(tuple(x.shape[-dims:]), kernel, stride, padding, dilation, ceil_mode)


def _is_best_channels_last(x, g: _Geometry) -> bool:
    """Whether to pool with the channels as the innermost dimension.

    So a program's loops run over whole vectors of channels, and a convolution before or after, which has its
    channels there on CPU, needs no transposition: a training step of convolution, rectifier and pooling takes
    two thirds of the time. Pooling on its own pays with a transposition.
    """
    if platform.accelerator() is not None or x.ndim != len(g.sizes) + 2:
        return False
    return x.shape[1] >= _VECTOR and prod(g.kernel) <= _MAX_WRITTEN_OUT


def _max_pool_of_channels(x, g: _Geometry):
    last = jnp.moveaxis(x, 1, -1)
    return jnp.moveaxis(max_pool(last, g.before_channels(x.shape[1])), -1, 1)


def _max(dims: int, with_indices: bool):
    def pool(self, kernel_size, stride, padding, dilation, ceil_mode):
        g = _geometry(self, dims, kernel_size, stride, padding, dilation, ceil_mode)
        out = _max_pool_of_channels(self, g) if _is_best_channels_last(self, g) else max_pool(self, g)
        return (out, max_pool_indices(self, g)) if with_indices else out

    return pool


def _of_a_line(node: str) -> Callable[..., tuple]:
    """What PyTorch shows of the graph where it pools a line as an image of one row."""
    return lambda *avals: ("SqueezeBackward1", (node, ("UnsqueezeBackward0", "self")))


_MAX_NODES: dict[int, Any] = {
    1: _of_a_line("MaxPool2DWithIndicesBackward0"),
    2: "MaxPool2DWithIndicesBackward0",
    3: "MaxPool3DWithIndicesBackward0",
}
_MAX = (
    "(Tensor self, int[{n}] kernel_size, int[{n}]? stride=None, int[{n}] padding=0, int[{n}] dilation=1, "
    "bool ceil_mode=False) -> "
)

for _dims in (1, 2, 3):
    operator(
        f"max_pool{_dims}d" + _MAX.format(n=_dims) + "Tensor",
        check=check_max_1d if _dims == 1 else partial(check_max, _dims),
        backward=_MAX_NODES[_dims],
        method=False,
        out=False,
        strides="contiguous" if _dims == 1 else "channels_last",
    )(_max(_dims, False))
    operator(
        f"max_pool{_dims}d_with_indices" + _MAX.format(n=_dims) + "(Tensor, Tensor)",
        check=partial(check_max_with_indices, _dims),
        backward=_MAX_NODES[_dims],
        namespaces=("torch",) if _dims == 1 else ("_C._nn",),
        method=False,
        out=False,
        strides="lines" if _dims == 1 else "channels_last",
    )(_max(_dims, True))


def avg_pool(x, g: _Geometry, count_include_pad: bool, divisor: int | None):
    """The sum over each window divided by its number of elements, or by `divisor`.

    The windows are separable, so the sums are taken one dimension after the other.
    """
    # Of Python's type: JAX differentiates the sum of a window, not a reduction from any other start.
    y, zero = x, 0 if jnp.issubdtype(x.dtype, jnp.integer) else 0.0
    for i in range(len(g.sizes)):
        y = _along(y, zero, lax.add, i - len(g.sizes), g.kernel[i], g.strides[i], g.pads[i], 1)
    count = None if divisor is None else jnp.int64(divisor)
    if count is None:
        count = jnp.int64(1)
        for n, k, s, p, o in zip(g.sizes, g.kernel, g.strides, g.padding, g.outs, strict=True):
            start = jnp.arange(o) * s - p
            end = jnp.minimum(start + k, n + p)
            if not count_include_pad:
                start, end = jnp.maximum(start, 0), jnp.minimum(end, n)
            count = count[..., None] * (end - start)
    if jnp.issubdtype(y.dtype, jnp.integer):
        return lax.div(y, jnp.broadcast_to(count, y.shape).astype(y.dtype))
    return y / count.astype(y.dtype)


def _avg(dims: int):
    def pool(self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
        g = _geometry(self, dims, kernel_size, stride, padding, (1,), ceil_mode)
        wide = self.astype(jnp.float32) if self.dtype in _HALF else self
        return avg_pool(wide, g, count_include_pad, divisor_override).astype(self.dtype)

    return pool


_AVG = (
    "(Tensor self, int[{n}] kernel_size, int[{n}]? stride=None, int[{n}] padding=0, bool ceil_mode=False, "
    "bool count_include_pad=True{more}) -> Tensor"
)


def _node_of_avg(dims: int):
    return _of_a_line("AvgPool2DBackward0") if dims == 1 else f"AvgPool{dims}DBackward0"


for _dims in (1, 2, 3):
    operator(
        f"avg_pool{_dims}d" + _AVG.format(n=_dims, more="" if _dims == 1 else ", int? divisor_override=None"),
        check=partial(check_avg, _dims),
        backward=_node_of_avg(_dims),
        namespaces=("torch", "nn.functional") if _dims == 1 else ("nn.functional",),
        method=False,
        out=_dims != 1,
        saves=("self",),
        strides=("lines", "channels_last", "contiguous")[_dims - 1],
    )(_avg(_dims))
