"""Complex numbers: made from parts, taken apart, their angle and conjugate."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import View, operator

__all__: list[str] = []

_PARTS = (dtypes.float32, dtypes.float64)


def check_parts(first: Any, second: Any) -> None:
    for operand in (first, second):
        if operand.dtype not in (*_PARTS, dtypes.float16):
            raise RuntimeError(
                "Expected both inputs to be Half, Float or Double tensors but got "
                f"{first.dtype.legacy_name} and {second.dtype.legacy_name}"
            )
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {first.dtype.legacy_name} but got scalar type "
            f"{second.dtype.legacy_name} for second argument"
        )
    shapes(first, second)


def _check_complex(real: Any, imag: Any) -> None:
    check_parts(real, imag)
    if real.dtype is dtypes.float16:
        raise NotImplementedError("torchlike does not implement torch.complex32")


def _check_polar(abs: Any, angle: Any) -> None:
    check_parts(abs, angle)
    if abs.dtype is dtypes.float16:
        raise NotImplementedError("\"polar_cpu\" not implemented for 'Half'")


@operator(
    "complex(Tensor real, Tensor imag) -> Tensor",
    check=_check_complex,
    strides="elementwise",
    method=False,
    saves={"real": ("real",), "imag": ("imag",)},
)
def complex_(real, imag):
    return lax.complex(*jnp.broadcast_arrays(real, imag))


@operator(
    "polar(Tensor abs, Tensor angle) -> Tensor",
    check=_check_polar,
    strides="elementwise",
    method=False,
    saves_result=True,
)
def polar(abs, angle):
    return lax.complex(*jnp.broadcast_arrays(abs * lax.cos(angle), abs * lax.sin(angle)))


@jax.custom_jvp
def _angle(z):
    return lax.atan2(lax.imag(z), lax.real(z))


@_angle.defjvp
def _angle_jvp(primals, tangents):
    # 0 at the origin.
    (z,), (t,) = primals, tangents
    x, y = lax.real(z), lax.imag(z)
    size = x * x + y * y
    scale = jnp.where(size == 0, 0, 1 / jnp.where(size == 0, 1, size))
    return _angle(z), (x * lax.imag(t) - y * lax.real(t)) * scale


@operator("angle(Tensor self) -> Tensor", promote="float", saves=("self",))
def angle(self):
    if jnp.iscomplexobj(self):
        return _angle(self)
    # A step function of a real number; NaN stays.
    return lax.stop_gradient(
        jnp.where(self < 0, jnp.asarray(jnp.pi, self.dtype), jnp.where(self != self, self, 0))
    )


@operator(
    "_conj(Tensor self) -> Tensor",
    namespaces=(),
    method=False,
    out=False,
    strides="elementwise",
    backward="ConjBackward0",
)
def conj(self):
    return lax.conj(self) if jnp.iscomplexobj(self) else self


def _part_geometry(position: int):
    def geometry(shape: tuple, strides: tuple, offset: int, out_shape: tuple) -> tuple:
        # In units of real numbers.
        return tuple(2 * s for s in strides), 2 * offset + position

    return geometry


@operator(
    "_real(Tensor self) -> Tensor",
    namespaces=(),
    method=False,
    out=False,
    backward="SelectBackward0",
    view=View(_part_geometry(0), lambda base, new: lax.complex(new, lax.imag(base))),
)
def real(self):
    return lax.real(self)


@operator(
    "_imag(Tensor self) -> Tensor",
    namespaces=(),
    method=False,
    out=False,
    backward="SelectBackward0",
    view=View(_part_geometry(1), lambda base, new: lax.complex(lax.real(base), new)),
)
def imag(self):
    return lax.imag(self)


def _pairs_geometry(shape: tuple, strides: tuple, offset: int, out_shape: tuple) -> tuple:
    return (*[2 * s for s in strides], 1), 2 * offset


def check_view_as_real(self: Any) -> None:
    if not self.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")


@operator(
    "view_as_real(Tensor self) -> Tensor",
    method=False,
    out=False,
    check=check_view_as_real,
    view=View(_pairs_geometry, lambda base, new: lax.complex(new[..., 0], new[..., 1])),
)
def view_as_real(self):
    return jnp.stack([lax.real(self), lax.imag(self)], axis=-1)


def _complex_geometry(shape: tuple, strides: tuple, offset: int, out_shape: tuple) -> tuple:
    if strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    for s in strides[:-1]:
        if s % 2:
            raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return tuple(s // 2 for s in strides[:-1]), offset // 2


def check_view_as_complex(self: Any) -> None:
    if self.dtype not in (dtypes.float16, *_PARTS):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of "
            f"scalar type: {self.dtype.legacy_name}"
        )
    if not self.shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if self.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if self.dtype is dtypes.float16:
        raise NotImplementedError("torchlike does not implement torch.complex32")


@operator(
    "view_as_complex(Tensor self) -> Tensor",
    method=False,
    out=False,
    check=check_view_as_complex,
    view=View(_complex_geometry, lambda base, new: jnp.stack([lax.real(new), lax.imag(new)], axis=-1)),
)
def view_as_complex(self):
    return lax.complex(self[..., 0], self[..., 1])
