"""Padding: with a constant, by reflection, by repeating the edge, around a circle."""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
from jax import lax

from torchlike.engine import Aval
from torchlike.operators.accepted import COMPLEX, FLOATING, INTEGRAL
from torchlike.operators.declaration import operator
from torchlike.operators.windows import Ints

__all__ = ["check_supported"]


def _pairs(pad: Ints, ndim: int) -> list[tuple[int, int]]:
    """Before and after each dimension; PyTorch gives the last dimension first."""
    amounts = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (ndim - len(amounts)) + amounts[::-1]


def _check_constant(self: Aval, pad: Ints, *rest: object) -> None:
    if len(pad) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(pad)}")
    if len(pad) > 2 * self.ndim:
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length is "
            f"{len(pad)} while the input has {self.ndim} dimensions."
        )
    for n, (before, after) in zip(self.shape, _pairs(pad, self.ndim), strict=True):
        if min(before, 0) + n < 0 or min(before, 0) + min(after, 0) + n < 0:
            raise RuntimeError("narrow(): length must be non-negative.")


@operator(
    "constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor",
    check=_check_constant,
    strides="channels_last",
    backward="ConstantPadNdBackward0",
    method=False,
    out=False,
)
def constant_pad_nd(self, pad, value):
    amounts = [(a, b, 0) for a, b in _pairs(pad, self.ndim)]
    return lax.pad(self, jnp.asarray(value).astype(self.dtype), amounts)


_SUPPORTED = (
    "Supported combinations for non-constant padding:\n"
    "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
    "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
    "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
)


def check_supported(input: Aval, pad: Ints) -> None:
    """Raise unless PyTorch pads so many dimensions of such an input with something else than a constant.

    Raises:
        NotImplementedError: PyTorch's error.
    """
    dims = len(pad) // 2
    if dims not in (1, 2, 3) or input.ndim not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor.\n{_SUPPORTED}"
        )


def _check_batch(input: Aval, dims: int) -> None:
    must = input.shape[1:] if input.ndim == dims + 2 else input.shape
    if 0 in must:
        raise RuntimeError(
            f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )


def _check_outputs(input: Aval, pad: Ints) -> None:
    sizes = input.shape[::-1]
    outs = [n + pad[2 * i] + pad[2 * i + 1] for i, n in enumerate(sizes[: len(pad) // 2])]
    if min(outs) < 1:
        names = ("W", "H", "D")[: len(outs)]
        given = " ".join(f"{k}: {n}" for k, n in reversed(list(zip(names, sizes, strict=False))))
        wanted = " ".join(f"{k}: {n}" for k, n in reversed(list(zip(names, outs, strict=True))))
        raise RuntimeError(f"input ({given}) is too small. Calculated output {wanted}")


_PADDED = INTEGRAL | FLOATING | COMPLEX


def _check_dtype(kind: str, dims: int, input: Aval) -> None:
    if input.dtype not in _PADDED:
        raise NotImplementedError(f"\"{kind}{dims}d\" not implemented for '{input.dtype.legacy_name}'")


def _check_reflection(self: Aval, pad: Ints) -> None:
    dims = len(pad) // 2
    _check_batch(self, dims)
    for i in range(dims):
        before, after, axis = pad[2 * i], pad[2 * i + 1], self.ndim - 1 - i
        if before >= self.shape[axis] or after >= self.shape[axis]:
            raise RuntimeError(
                f"Argument #{4 + 2 * i}: Padding size should be less than the corresponding input dimension, "
                f"but got: padding ({before}, {after}) at dimension {axis} of input {list(self.shape)}"
            )
    _check_outputs(self, pad)
    _check_dtype("reflection_pad", dims, self)


def _check_replication(self: Aval, pad: Ints) -> None:
    dims = len(pad) // 2
    _check_batch(self, dims)
    _check_outputs(self, pad)
    _check_dtype("replication_pad", dims, self)


def _check_circular(self: Aval, pad: Ints) -> None:
    for n, (before, after) in zip(self.shape, _pairs(pad, self.ndim), strict=True):
        if before > n or after > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if before + after + n < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")


def _cut(x, pairs: list[tuple[int, int]]):
    """Without what negative amounts take away."""
    starts = [max(-a, 0) for a, _ in pairs]
    ends = [n - max(-b, 0) for n, (_, b) in zip(x.shape, pairs, strict=True)]
    return lax.slice(x, starts, ends)


def _grown(x, pairs: list[tuple[int, int]], mode: str):
    return jnp.pad(x, [(max(a, 0), max(b, 0)) for a, b in pairs], mode=mode)


def _padded(mode: str, self, pad):
    pairs = _pairs(pad, self.ndim)
    # A circle closes around what is left; the others look beyond what is cut off.
    return (
        _grown(_cut(self, pairs), pairs, mode) if mode == "wrap" else _cut(_grown(self, pairs, mode), pairs)
    )


def _node(kind: str, dims: int) -> str:
    return "CopySlices" if kind == "circular" else f"{kind.title()}Pad{dims}DBackward0"


for _kind, _mode, _check in (
    ("reflection", "reflect", _check_reflection),
    ("replication", "edge", _check_replication),
    ("circular", "wrap", _check_circular),
):
    for _dims in (1, 2, 3):
        operator(
            f"_{_kind}_pad{_dims}d(Tensor self, int[] pad) -> Tensor",
            check=_check,
            backward=_node(_kind, _dims),
            namespaces=(),
            method=False,
            out=False,
            saves=None if _kind == "circular" else ("self",),
            strides="contiguous" if _kind == "circular" else "channels_last",
        )(partial(_padded, _mode))
