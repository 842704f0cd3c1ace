"""Convolutions and transposed convolutions over one, two and three dimensions.

Each has one function for all numbers of dimensions. How it is computed is chosen by shape: XLA's own
convolution, a matrix product over the windows laid out as columns or rows, or, for depthwise ones, a sum of
shifted products. On CPU the results have their channels innermost in memory, whatever the form.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.engine import Aval, platform
from torchlike.operators.convolution_checks import check_convolution, check_padded, check_transposed
from torchlike.operators.declaration import operator
from torchlike.operators.linear_pairs import linear_pair
from torchlike.operators.rounding_once import computed_once
from torchlike.operators.windows import Ints, Pads, shown, spread

__all__ = ["convolve", "convolve_transposed"]

# Up to this many input channels a matrix product over windows beats XLA's convolution on CPU; measured for
# windows of up to 49 elements (forward) and 25 (gradient of the input).
_FEW_CHANNELS_FORWARD = 3
_FEW_CHANNELS_BACKWARD = 8


def _general(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """XLA's convolution."""
    spatial = "HWD"[: x.ndim - 2]
    return lax.conv_general_dilated(
        x,
        w,
        strides,
        pads,
        rhs_dilation=dilation,
        dimension_numbers=(f"NC{spatial}", f"OI{spatial}", f"NC{spatial}"),
        feature_group_count=groups,
    )


def _columns(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """A matrix product with the windows laid out as columns."""
    kernel = w.shape[2:]
    if groups == 1:
        columns = jnp.stack(shown(x, kernel, strides, pads, dilation), 1)
        n, k, c, *outs = columns.shape
        rows = jnp.moveaxis(columns.reshape(n, k * c, prod(outs)), 1, 2)
        return _rows_times(rows.reshape(n, *outs, k * c), w)
    columns = jnp.stack(shown(x, kernel, strides, pads, dilation), 2)
    n, c, k, *outs = columns.shape
    y = jnp.einsum(
        "gok,ngkl->ngol",
        w.reshape(groups, w.shape[0] // groups, c // groups * k),
        columns.reshape(n, groups, c // groups * k, prod(outs)),
    )
    return y.reshape(n, w.shape[0], *outs)


def _rows(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """A matrix product with the windows laid out as rows, position after position with its channels together."""
    last = _with_gradient_once(jnp.moveaxis(x, 1, -1))
    windows = (*w.shape[2:], 1), (*strides, 1), (*pads, (0, 0)), (*dilation, 1)
    return _rows_times(jnp.concatenate(shown(last, *windows), -1), w)


def _with_gradient_once(x):
    """`x`, whose gradient is computed once for all that read it: the sum of one term for each position in a window."""
    return linear_pair(lambda x: x, partial(computed_once, lambda y: y), (), x)


def _rows_times(rows, w):
    """The product of windows (N, *outs, positions and channels) and `w`, with the channels moved to their place."""
    *lead, size = rows.shape
    y = rows.reshape(prod(lead), size) @ jnp.moveaxis(w, (0, 1), (-1, -2)).reshape(size, w.shape[0])
    return jnp.moveaxis(y.reshape(*lead, w.shape[0]), -1, 1)


def _planes(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """A convolution of volumes as one of planes, whose channels are those of all planes that a window sees.

    XLA has a fast convolution for lines and planes only; volumes take it four to a hundred times as long.
    """
    depths = shown(jnp.moveaxis(x, 2, -1), w.shape[2:3], strides[:1], pads[:1], dilation[:1])
    n, c, *plane, depth = depths[0].shape
    seen = jnp.concatenate([jnp.moveaxis(part, -1, 1) for part in depths], 2)
    weights = jnp.moveaxis(w, 2, 1).reshape(w.shape[0], len(depths) * c, *w.shape[3:])
    y = _general(
        seen.reshape(n * depth, len(depths) * c, *plane), weights, strides[1:], pads[1:], dilation[1:], 1
    )
    return jnp.moveaxis(y.reshape(n, depth, *y.shape[1:]), 1, 2)


def _depthwise(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """A sum over the window of shifted inputs times one weight a channel."""
    each = w.shape[0] // groups
    weights = w.reshape(groups, each, -1)
    total: Any = None
    for i, part in enumerate(shown(x, w.shape[2:], strides, pads, dilation)):
        factor = weights[:, :, i].reshape(groups, each, *(1,) * (x.ndim - 2))
        term = part[:, :, None] * factor
        total = term if total is None else total + term
    return total.reshape(x.shape[0], w.shape[0], *total.shape[3:])


def _split(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """A convolution for each group."""
    parts = zip(jnp.split(x, groups, 1), jnp.split(w, groups, 0), strict=True)
    form = _planes if w.ndim == 5 else _general
    return jnp.concatenate([form(a, b, strides, pads, dilation, 1) for a, b in parts], 1)


def _forms(x_shape: Ints, w_shape: Ints, groups: int) -> tuple:
    """The fastest forms here of the convolution itself and of its input's and weight's gradients."""
    if platform.accelerator() is not None:
        return _general, _general, _general
    batch, channels, window = x_shape[0], x_shape[1], prod(w_shape[2:])
    if groups > 1:
        if w_shape[1] == 1:
            return (_depthwise, _depthwise, _depthwise) if window <= 64 else (_general, _general, _general)
        return (_split, _split, _split) if groups <= 8 else (_columns, _columns, _columns)
    volumes = len(w_shape) == 5
    general = _planes if volumes else _general
    few = _columns if channels <= _FEW_CHANNELS_FORWARD else _rows
    forward = _columns if channels <= _FEW_CHANNELS_FORWARD and channels * window <= 49 else general
    to_input = _rows if channels <= _FEW_CHANNELS_BACKWARD and window <= 25 else general
    # XLA contracts over the batch here, which is no matrix product worth the name if there is hardly a batch;
    # and columns that are there already cost nothing.
    hardly_a_batch = batch <= 2 and window <= 64 and not volumes
    to_weight = few if forward is _columns or hardly_a_batch else general
    return forward, to_input, to_weight


@partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4, 5))
def convolve(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int):
    """The cross-correlation of `x` (N, C, *in) and `w` (O, C / groups, *kernel).

    Args:
        strides, dilation: an int per dimension.
        pads: zeros before and after, per dimension.
        groups: how many independent blocks the channels form.
    """
    return _forms(x.shape, w.shape, groups)[0](x, w, strides, pads, dilation, groups)


# Linear in each argument: the rule is here only so that each gradient takes its own fastest form.
@convolve.defjvp
def _convolve_jvp(strides, pads, dilation, groups, primals, tangents):
    (x, w), (dx, dw) = primals, tangents
    _, to_input, to_weight = _forms(x.shape, w.shape, groups)
    static = (strides, pads, dilation, groups)
    return convolve(x, w, *static), to_input(dx, w, *static) + to_weight(x, dw, *static)


def _transposed(form, x, w, static: tuple, out_shape: Ints):
    """The transpose of a form, taken as a function of its input."""
    if jnp.issubdtype(x.dtype, jnp.integer):
        return _transposed_integers(x, w, static, out_shape)
    like = jax.ShapeDtypeStruct(out_shape, x.dtype)
    return jax.linear_transpose(lambda y: form(y, w, *static), like)(x)[0]


def _transposed_integers(x, w, static: tuple, out_shape: Ints):
    """The same for types that JAX does not differentiate: a convolution of the spread-out input."""
    strides, pads, dilation, groups = static
    spatial = "HWD"[: x.ndim - 2]
    kernel = w.shape[2:]
    split = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).swapaxes(1, 2)
    flipped = jnp.flip(split.reshape(out_shape[1], -1, *kernel), tuple(range(2, w.ndim)))
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    around = [
        (r - a, n + a - 1 - (m - 1) * s)
        for r, (a, _), n, m, s in zip(reach, pads, out_shape[2:], x.shape[2:], strides, strict=True)
    ]
    return lax.conv_general_dilated(
        x,
        flipped,
        (1,) * len(kernel),
        around,
        lhs_dilation=strides,
        rhs_dilation=dilation,
        dimension_numbers=(f"NC{spatial}", f"OI{spatial}", f"NC{spatial}"),
        feature_group_count=groups,
    )


@partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4, 5, 6))
def convolve_transposed(x, w, strides: Ints, pads: Pads, dilation: Ints, groups: int, out_sizes: Ints):
    """The gradient of a convolution as an operator of its own: `x` (N, C, *in), `w` (C, O / groups, *kernel).

    Args:
        strides, pads, dilation, groups: those of the convolution that it transposes.
        out_sizes: the spatial sizes of the result.
    """
    out_shape = (x.shape[0], w.shape[1] * groups, *out_sizes)
    form = _forms(out_shape, w.shape, groups)[1]
    return _transposed(form, x, w, (strides, pads, dilation, groups), out_shape)


@convolve_transposed.defjvp
def _convolve_transposed_jvp(strides, pads, dilation, groups, out_sizes, primals, tangents):
    (x, w), (dx, dw) = primals, tangents
    out_shape = (x.shape[0], w.shape[1] * groups, *out_sizes)
    forward, _, to_weight = _forms(out_shape, w.shape, groups)
    if groups == 1 and max(strides) > 1 and platform.accelerator() is None:
        # The gradient of this, from XLA's convolution, walks over `x` spread with zeros: ten to thirty times slower.
        to_weight = _rows
    static = (strides, pads, dilation, groups)
    out = convolve_transposed(x, w, *static, out_sizes)
    return out, _transposed(forward, dx, w, static, out_shape) + _transposed(
        to_weight, x, dw, static, out_shape
    )


def _spread(b, shape: Ints):
    """A number a channel, for every element of that channel."""
    return jnp.broadcast_to(b.reshape(-1, *(1,) * (len(shape) - 2)), shape)


def _channel_sums(y):
    """The transpose of `_spread`; on CPU as matrix products: XLA's own reduction takes ten times as long there."""
    if platform.accelerator() is not None:
        return y.sum((0, *range(2, y.ndim)))
    n, channels, *outs = y.shape
    rows = jnp.moveaxis(y, 1, -1).reshape(n, prod(outs), channels)
    each = jnp.einsum("nl,nlc->nc", jnp.ones(rows.shape[:2], y.dtype), rows)
    return jnp.ones(n, y.dtype) @ each


def _finish(y, bias, dtype):
    if bias is not None:
        y = y + linear_pair(partial(_spread, shape=y.shape), _channel_sums, (), bias)
    return y.astype(dtype)


def _widened(*arrays):
    """Half types as float32: PyTorch accumulates and adds the bias in float32 and rounds once."""
    return [x.astype(jnp.float32) if x is not None and x.dtype in _HALF else x for x in arrays]


_HALF = (jnp.dtype(jnp.bfloat16), jnp.dtype(jnp.float16))


def _is_empty(x, w) -> bool:
    return 0 in x.shape or 0 in w.shape


def _run(input, weight, bias, stride: Ints, pads: Pads, dilation: Ints, groups: int):
    dims = weight.ndim - 2
    batched = input.ndim == weight.ndim
    x, weight, bias = _widened(input if batched else input[None], weight, bias)
    static = (spread(stride, dims), pads, spread(dilation, dims), groups)
    if _is_empty(x, weight):
        sizes = [
            (n + a + b - d * (k - 1) - 1) // s + 1
            for n, (a, b), k, s, d in zip(
                x.shape[2:], pads, weight.shape[2:], static[0], static[2], strict=True
            )
        ]
        channels = 0 if x.shape[1] == 0 else weight.shape[0]
        y = jnp.zeros((x.shape[0], channels, *sizes), x.dtype)
        bias = bias if channels else None
    else:
        y = convolve(x, weight, *static)
    y = _finish(y, bias, input.dtype)
    return y if batched else y[0]


def _symmetric(padding: Ints, dims: int) -> Pads:
    return tuple((p, p) for p in spread(padding, dims))


def _node(input: Aval, weight: Aval, bias: Aval | None = None) -> Any:
    if input.ndim == weight.ndim:
        return "AddBackward0" if input.dtype.is_complex else "ConvolutionBackward0"
    more = () if bias is None else ("bias",)
    return ("SqueezeBackward1", ("ConvolutionBackward0", ("UnsqueezeBackward0", "self"), "weight", *more))


def _convolution(input, weight, bias, stride, padding, dilation, groups):
    return _run(input, weight, bias, stride, _symmetric(padding, weight.ndim - 2), dilation, groups)


_CONV = (
    "(Tensor self, Tensor weight, Tensor? bias=None, int[{n}] stride=1, int[{n}] padding=0, "
    "int[{n}] dilation=1, int groups=1) -> Tensor"
)
_TRANSPOSED = (
    "(Tensor self, Tensor weight, Tensor? bias=None, int[{n}] stride=1, int[{n}] padding=0, "
    "int[{n}] output_padding=0, int groups=1, int[{n}] dilation=1) -> Tensor"
)
_BOTH = ("torch", "nn.functional")

for _dims in (1, 2, 3):
    operator(
        f"conv{_dims}d" + _CONV.format(n=_dims),
        check=partial(check_convolution, _dims),
        backward=_node,
        namespaces=_BOTH,
        method=False,
        out=False,
        saves=("self", "weight"),
        strides="convolution",
    )(_convolution)


@operator(
    "_convolution_padded(Tensor self, Tensor weight, Tensor? bias, int[] stride, any pads, int[] dilation, "
    "int groups)"
    " -> Tensor",
    check=check_padded,
    backward=_node,
    namespaces=(),
    method=False,
    out=False,
    double_backward="ConvolutionBackwardBackward0",
    # The input is saved as a padded copy.
    saves=("weight",),
    strides="convolution",
)
def convolution_padded(self, weight, bias, stride, pads, dilation, groups):
    """A convolution with other padding before than after, for `padding='same'`."""
    return _run(self, weight, bias, stride, pads, dilation, groups)


def _convolution_transposed(input, weight, bias, stride, padding, output_padding, groups, dilation):
    dims = weight.ndim - 2
    batched = input.ndim == weight.ndim
    x, weight, bias = _widened(input if batched else input[None], weight, bias)
    strides, padding, extra, dilation = (spread(v, dims) for v in (stride, padding, output_padding, dilation))
    sizes = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            x.shape[2:], strides, padding, dilation, weight.shape[2:], extra, strict=True
        )
    )
    if _is_empty(x, weight):
        y = jnp.zeros((x.shape[0], weight.shape[1] * groups, *sizes), x.dtype)
    else:
        # What output_padding adds lies beyond the last window of the convolution that this transposes.
        pads = tuple((p, p - e) for p, e in zip(padding, extra, strict=True))
        y = convolve_transposed(x, weight, strides, pads, dilation, groups, sizes)
    y = _finish(y, bias, input.dtype)
    return y if batched else y[0]


for _dims in (1, 2, 3):
    operator(
        f"conv_transpose{_dims}d" + _TRANSPOSED.format(n=_dims),
        check=partial(check_transposed, _dims),
        backward=_node,
        namespaces=_BOTH,
        method=False,
        out=False,
        saves=("self", "weight"),
        strides="convolution",
    )(_convolution_transposed)
