"""Arithmetic with broadcasting and promotion."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.engine import BOOL, COMPLEX, FLOAT, Aval, ScalarKind
from torchlike.operators.accepted import BOOL as BOOL_ONLY
from torchlike.operators.accepted import COMPLEX as COMPLEX_ONLY
from torchlike.operators.accepted import FLOATING, NUMERIC, REAL, STANDARD, in_c
from torchlike.operators.declaration import broadcast_shape, is_literal, operator
from torchlike.operators.division import divide, reciprocal_sqrt
from torchlike.operators.promotion import result_type
from torchlike.operators.seams import converted, seam

__all__: list[str] = []


@operator(
    "_cast(Tensor self, dtype to) -> Tensor",
    method=False,
    namespaces=(),
    out=False,
    strides="elementwise",
    backward="ToCopyBackward0",
)
def cast(self, to):
    if jnp.issubdtype(self.dtype, jnp.complexfloating) and not to.is_complex:
        self = self.real
    return converted(self, to.np)


def is_bool(operand: Any) -> bool:
    """Whether an operand (an aval or a scalar kind) is boolean."""
    return operand is BOOL or (isinstance(operand, Aval) and operand.dtype.category == 0)


def shapes(*operands: Any) -> None:
    """Raise PyTorch's error unless the tensors among the operands broadcast."""
    broadcast_shape(*[o.shape for o in operands if isinstance(o, Aval)])


def check_alpha(self: Any, other: Any, alpha: Any) -> None:
    shapes(self, other)
    if not isinstance(alpha, ScalarKind):
        return
    meeting = result_type([self, other])
    if alpha is BOOL and meeting.category != 0:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if alpha is FLOAT and meeting.category < 2:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if alpha is COMPLEX and not meeting.is_complex:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")


def check_sub(self: Any, other: Any, alpha: Any) -> None:
    if is_bool(self) and is_bool(other):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    if is_bool(self) or is_bool(other):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )
    check_alpha(self, other, alpha)


def _scaled(alpha, x):
    if is_literal(alpha, 1):
        return x
    return alpha.astype(bool) & x if x.dtype == jnp.bool_ else alpha * x


@operator(
    "add(Tensor|Scalar self, Tensor|Scalar other, *, Scalar alpha=1) -> Tensor",
    promote="same",
    inplace=True,
    check=check_alpha,
    kernel="add_stub",
    accepts=STANDARD,
    dunder=("__add__", "__radd__", "__iadd__"),
)
def add(self, other, alpha):
    other = _scaled(alpha, other)
    return self | other if self.dtype == jnp.bool_ else self + other


@operator(
    "sub(Tensor|Scalar self, Tensor|Scalar other, *, Scalar alpha=1) -> Tensor",
    promote="same",
    inplace=True,
    check=check_sub,
    kernel="add_stub",
    accepts=STANDARD,
    aliases=("subtract",),
    dunder=("__sub__", "__isub__"),
)
def sub(self, other, alpha):
    return self - _scaled(alpha, other)


@operator(
    "rsub(Tensor self, Tensor|Scalar other, *, Scalar alpha=1) -> Tensor",
    promote="same",
    check=check_sub,
    kernel="add_stub",
    accepts=STANDARD,
    dunder=("__rsub__",),
    out=False,
    method=False,
    backward=lambda self, other, *_: "RsubBackward1" if other is None else "RsubBackward0",
)
def rsub(self, other, alpha):
    return other - _scaled(alpha, self)


@operator(
    "mul(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="same",
    inplace=True,
    aliases=("multiply",),
    dunder=("__mul__", "__rmul__", "__imul__"),
)
def mul(self, other):
    return self & other if self.dtype == jnp.bool_ else self * other


@operator(
    "div(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="float",
    inplace=True,
    aliases=("divide", "true_divide"),
    dunder=("__truediv__", "__itruediv__"),
)
def div(self, other):
    return divide(self, other)


def check_addcdiv(self: Any, tensor1: Any, tensor2: Any, value: Any) -> None:
    if tensor1.dtype.category < 2 and tensor2.dtype.category < 2:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will "
            "perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be "
            "implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer "
            "inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
            "behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all "
            "dtypes."
        )
    shapes(self, tensor1, tensor2)


@operator(
    "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    promote="same",
    inplace=True,
    kernel="addcmul_cpu_out",
    accepts=NUMERIC,
)
def addcmul(self, tensor1, tensor2, value):
    if is_literal(value, 1):
        return self + tensor1 * tensor2
    return self + value.astype(self.dtype) * tensor1 * tensor2


@operator(
    "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    promote="same",
    inplace=True,
    check=check_addcdiv,
    saves={"self": ("tensor2",), "tensor1": ("tensor2",), "tensor2": ("tensor1", "tensor2")},
)
def addcdiv(self, tensor1, tensor2, value):
    if is_literal(value, 1):
        return self + divide(tensor1, tensor2)
    return self + divide(value * tensor1, tensor2)


def check_lerp(self: Any, end: Any, weight: Any) -> None:
    for name, operand in (("end", end), ("weight", weight)):
        if isinstance(operand, Aval) and operand.dtype is not self.dtype:
            raise RuntimeError(
                f"expected dtype {in_c(self.dtype)} for `{name}` but got dtype {in_c(operand.dtype)}"
            )
    shapes(self, end, weight)


def _lerp(self, end, weight):
    # From the nearer end, so that weight 1 gives `end` exactly.
    near = jnp.abs(weight) < 0.5
    return jnp.where(near, self + weight * (end - self), end - (end - self) * (1 - weight))


@operator(
    "lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor",
    promote="same",
    inplace=True,
    check=check_lerp,
    kernel="lerp_kernel_tensor",
    accepts=FLOATING | COMPLEX_ONLY,
    backward="LerpBackward1",
)
def lerp_tensor(self, end, weight):
    return _lerp(self, end, weight)


@operator(
    "lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor",
    promote="same",
    inplace=True,
    check=check_lerp,
    kernel="lerp_kernel_scalar",
    accepts=FLOATING | COMPLEX_ONLY,
)
def lerp_scalar(self, end, weight):
    return _lerp(self, end, weight)


def check_neg(self: Any) -> None:
    if is_bool(self):
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a "
            "mask, use the `~` or `logical_not()` operator instead."
        )


@operator(
    "neg(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    check=check_neg,
    kernel="neg_cpu",
    accepts=STANDARD,
    aliases=("negative",),
    dunder=("__neg__",),
)
def neg(self):
    return lax.neg(self)


def signum(x):
    """The sign; 0 for -0.0 and for NaN, where `lax.sign` gives them back."""
    return lax.sign(jnp.where((x > 0) | (x < 0), x, 0))


@jax.custom_jvp
def _abs_real(x):
    return lax.abs(x)


@_abs_real.defjvp
def _abs_real_jvp(primals, tangents):
    # PyTorch's subgradient at 0 is 0, JAX's is 1; that of NaN is 0 too.
    (x,), (t,) = primals, tangents
    return _abs_real(x), t * signum(x)


@jax.custom_jvp
def _abs_complex(x):
    return lax.abs(x)


@_abs_complex.defjvp
def _abs_complex_jvp(primals, tangents):
    # 0 at 0, as for real numbers.
    (x,), (t,) = primals, tangents
    size = lax.abs(x)
    return size, jnp.where(size == 0, 0, (x.real * t.real + x.imag * t.imag) / jnp.where(size == 0, 1, size))


@operator(
    "abs(Tensor self) -> Tensor",
    promote="same",
    kernel="abs_cpu",
    accepts=NUMERIC,
    aliases=("absolute",),
    dunder=("__abs__",),
)
def abs_(self):
    if jnp.iscomplexobj(self):
        return _abs_complex(self)
    if jnp.issubdtype(self.dtype, jnp.floating):
        return _abs_real(self)
    return self if jnp.issubdtype(self.dtype, jnp.unsignedinteger) else lax.abs(self)


def check_sign(self: Any) -> None:
    if self.dtype.is_complex:
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn "
            "instead."
        )


@operator(
    "sign(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    check=check_sign,
    kernel="sign_cpu",
    accepts=BOOL_ONLY | REAL,
)
def sign(self):
    if self.dtype == jnp.bool_:
        return self
    return signum(self) if jnp.issubdtype(self.dtype, jnp.floating) else lax.sign(self)


@operator(
    "sgn(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="sign_cpu",
    accepts=STANDARD,
    saves=("self", "result"),
)
def sgn(self):
    if not jnp.iscomplexobj(self):
        return sign(self)
    size = _abs_complex(self)
    return jnp.where(size == 0, 0, self / jnp.where(size == 0, 1, size))


def check_signbit(self: Any) -> None:
    if self.dtype.is_complex:
        raise NotImplementedError("signbit is not implemented for complex tensors.")


@operator("signbit(Tensor self) -> Tensor", promote="same", differentiable=False, check=check_signbit)
def signbit(self):
    if self.dtype == jnp.bool_:
        return jnp.zeros_like(self)
    return jnp.signbit(self) if jnp.issubdtype(self.dtype, jnp.floating) else self < 0


@operator("reciprocal(Tensor self) -> Tensor", promote="float", inplace=True, saves_result=True)
def reciprocal(self):
    return divide(jnp.ones_like(self), self)


@operator(
    "sqrt(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    saves_result=True,
    double_backward="DivBackward0",
)
def sqrt(self):
    return lax.sqrt(seam(self))


@operator("rsqrt(Tensor self) -> Tensor", promote="float", inplace=True, saves_result=True)
def rsqrt(self):
    return reciprocal_sqrt(self)


@operator(
    "square(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="pow",
    accepts=STANDARD,
    backward="PowBackward0",
)
def square(self):
    if self.dtype == jnp.bool_:
        return self.astype(dtypes.int64.np)
    return self * self
