"""Activations element by element, with PyTorch's choice of gradient at every kink."""

from __future__ import annotations

from math import sqrt
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.engine import FLOAT
from torchlike.operators.accepted import COMPLEX, FLOATING, INTEGRAL, REAL
from torchlike.operators.declaration import Guard, operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.division import divide

__all__: list[str] = []

# What the functions of `torch.nn.functional` with an `inplace` argument are made of, as `torch._C._nn` is.
_HIDDEN: dict[str, Any] = {"namespaces": ("_nn",), "method": False, "out": False}


def _where(condition, x, y):
    """`where` with numbers taken in the dtype of the array among the two."""
    like = x if hasattr(x, "dtype") else y
    return jnp.where(condition, jnp.asarray(x, like.dtype), jnp.asarray(y, like.dtype))


def check_relu(self: Any) -> None:
    if self.dtype.category == 0:
        raise RuntimeError("Boolean inputs not supported for relu")
    if self.dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")


@jax.custom_jvp
def _relu(x):
    return lax.max(x, jnp.zeros_like(x))


@_relu.defjvp
def _relu_jvp(primals, tangents):
    # 0 at 0.
    (x,), (t,) = primals, tangents
    return _relu(x), _where(x <= 0, 0, t)


@operator(
    "relu(Tensor self) -> Tensor",
    inplace=True,
    check=check_relu,
    kernel="clamp_min_scalar_cpu",
    accepts=REAL,
    saves_result=True,
    strides="elementwise",
    out=False,
    double_backward="ThresholdBackwardBackward0",
)
def relu(self):
    return _relu(self)


@operator(
    "leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor",
    promote="same",
    inplace=True,
    kernel="leaky_relu_cpu",
    accepts=FLOATING,
    **_HIDDEN,
    double_backward="LeakyReluBackwardBackward0",
    saves=("self",),
)
def leaky_relu(self, negative_slope):
    return _where(self > 0, self, self * negative_slope)


def _elu(x, alpha, scale, input_scale):
    below = _where(x <= 0, x, 0)
    return jnp.where(x <= 0, lax.expm1(below * input_scale) * (alpha * scale), x * scale)


@operator(
    "elu(Tensor self, Scalar alpha=1.0, Scalar scale=1, Scalar input_scale=1) -> Tensor",
    promote="same",
    inplace=True,
    kernel="elu_cpu",
    accepts=FLOATING,
    **_HIDDEN,
    double_backward="EluBackwardBackward0",
)
def elu(self, alpha, scale, input_scale):
    return _elu(self, alpha, scale, input_scale)


@operator(
    "selu(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="elu_cpu",
    accepts=FLOATING,
    backward="EluBackward0",
    method=False,
    out=False,
)
def selu(self):
    return _elu(self, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1)


_NO_ZERO_ALPHA = Guard(
    operand=1,
    rule=lambda self, alpha: (
        None
        if isinstance(alpha, float)
        else (lambda a: a == 0, lambda a: RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU"))
    ),
)


@operator(
    "celu(Tensor self, Scalar alpha=1.0) -> Tensor",
    promote="same",
    inplace=True,
    kernel="elu_cpu",
    accepts=FLOATING,
    guard=_NO_ZERO_ALPHA,
    method=False,
    out=False,
)
def celu(self, alpha):
    return _elu(self, alpha, 1, 1 / alpha)


def check_gelu(self: Any, approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")


@operator(
    "gelu(Tensor self, *, str approximate='none') -> Tensor",
    promote="same",
    check=check_gelu,
    kernel="GeluKernelImpl",
    accepts=FLOATING,
    namespaces=("nn.functional",),
    method=False,
    double_backward="GeluBackwardBackward0",
)
def gelu(self, approximate):
    half = jnp.asarray(0.5, self.dtype)
    if approximate == "tanh":
        inner = jnp.asarray(sqrt(2 / jnp.pi), self.dtype) * (
            self + jnp.asarray(0.044715, self.dtype) * self * self * self
        )
        return half * self * (1 + lax.tanh(inner))
    return self * half * (1 + lax.erf(self * jnp.asarray(sqrt(0.5), self.dtype)))


@operator(
    "silu(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="silu_cpu",
    accepts=FLOATING | COMPLEX,
    **_HIDDEN,
    double_backward="MulBackward0",
)
def silu(self):
    return self / (1 + lax.exp(-self)) if jnp.iscomplexobj(self) else self * lax.logistic(self)


def _softplus(x):
    return lax.max(x, jnp.zeros_like(x)) + lax.log1p(lax.exp(-lax.abs(x)))


@jax.custom_jvp
def _mish(x):
    return x * lax.tanh(_softplus(x))


@_mish.defjvp
def _mish_jvp(primals, tangents):
    # Of the smooth function, not of the pieces that compute it.
    (x,), (t,) = primals, tangents
    gate = lax.tanh(_smooth_softplus(x))
    return _mish(x), t * (gate + x * lax.logistic(x) * (1 - gate * gate))


@jax.custom_jvp
def _smooth_softplus(x):
    return _softplus(x)


@_smooth_softplus.defjvp
def _smooth_softplus_jvp(primals, tangents):
    # The logistic function.
    (x,), (t,) = primals, tangents
    return _smooth_softplus(x), t * lax.logistic(x)


@operator(
    "mish(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="mish_cpu",
    accepts=FLOATING,
    **_HIDDEN,
)
def mish(self):
    return _mish(self)


@operator(
    "softplus(Tensor self, Scalar beta=1.0, Scalar threshold=20.0) -> Tensor",
    promote="same",
    kernel="softplus_cpu",
    accepts=FLOATING,
    namespaces=("nn.functional",),
    method=False,
    double_backward="SoftplusBackwardBackward0",
    saves=("self",),
)
def softplus(self, beta, threshold):
    scaled = self * beta
    straight = scaled > threshold
    bent = lax.log1p(lax.exp(_where(straight, 0, scaled))) / beta
    return jnp.where(straight, self, bent)


@operator(
    "hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    promote="same",
    kernel="hardshrink_cpu",
    accepts=FLOATING,
    namespaces=("torch", "nn.functional"),
    saves=("self",),
)
def hardshrink(self, lambd):
    return _where((self >= -lambd) & (self <= lambd), 0, self)


def _softshrink_rule(self: Any, lambd: Any) -> tuple | None:
    if isinstance(lambd, float):
        return None
    largest = jnp.finfo(self.dtype.np).max

    def error(lambd):
        return RuntimeError(
            f"lambda must be in range [0, {float(largest):g}] for input dtype {self.dtype.legacy_name}, but "
            f"found {float(lambd):g}"
        )

    return (lambda lambd: (lambd < 0) | (lambd > float(largest))), error


@operator(
    "softshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    promote="same",
    kernel="softshrink_check",
    accepts=FLOATING,
    guard=Guard(operand=1, rule=_softshrink_rule),
    namespaces=("nn.functional",),
    method=False,
    double_backward="SoftshrinkBackwardBackward0",
    saves=("self",),
)
def softshrink(self, lambd):
    return _where(
        self > lambd, self - lambd, _where(self < -lambd, self + lambd, _where(self != self, self, self * 0))
    )


def _limits_rule(self: Any, min_val: Any, max_val: Any) -> tuple | None:
    if self.dtype.name != "uint8":
        return None
    text = "cannot do hardtanh on an unsigned type with negative limits"
    if isinstance(min_val, float):
        raise RuntimeError(text)
    return (lambda low: low < 0), (lambda low: RuntimeError(text))


@jax.custom_jvp
def _hardtanh(x, low, high):
    return lax.min(lax.max(x, low), high)


@_hardtanh.defjvp
def _hardtanh_jvp(primals, tangents):
    # 0 at the bounds, unlike `clamp`.
    (x, low, high), (t, _, _) = primals, tangents
    return _hardtanh(x, low, high), _where((x <= low) | (x >= high), 0, t)


def check_hardtanh(self: Any, min_val: Any, max_val: Any) -> None:
    if self.dtype.category == 0:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if self.dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")


@operator(
    "hardtanh(Tensor self, Scalar min_val=-1.0, Scalar max_val=1.0) -> Tensor",
    inplace=True,
    guard=Guard(operand=1, rule=_limits_rule),
    check=check_hardtanh,
    kernel="clamp_scalar_cpu",
    accepts=REAL,
    strides="elementwise",
    **_HIDDEN,
    double_backward="HardtanhBackwardBackward0",
    saves=("self",),
)
def hardtanh(self, min_val, max_val):
    low, high = jnp.asarray(min_val).astype(self.dtype), jnp.asarray(max_val).astype(self.dtype)
    return _hardtanh(self, jnp.broadcast_to(low, self.shape), jnp.broadcast_to(high, self.shape))


@jax.custom_jvp
def _hardswish(x):
    return x * lax.min(lax.max(x + 3, jnp.zeros_like(x)), jnp.full_like(x, 6)) / 6


@_hardswish.defjvp
def _hardswish_jvp(primals, tangents):
    # 0 from -3 down, 1 from 3 up.
    (x,), (t,) = primals, tangents
    middle = (x > -3) & (x < 3)
    slope = _where(middle, x, 0) / 3 + 0.5
    return _hardswish(x), t * jnp.where(middle, slope, (~(x <= -3)).astype(x.dtype))


@operator(
    "hardswish(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="hardswish_cpu",
    accepts=FLOATING,
    **_HIDDEN,
    double_backward="HardswishBackwardBackward0",
    saves=("self",),
)
def hardswish(self):
    return _hardswish(self)


@jax.custom_jvp
def _hardsigmoid(x):
    return divide(lax.min(lax.max(x + 3, jnp.zeros_like(x)), jnp.full_like(x, 6)), jnp.full_like(x, 6))


@_hardsigmoid.defjvp
def _hardsigmoid_jvp(primals, tangents):
    # 0 at the bounds.
    (x,), (t,) = primals, tangents
    return _hardsigmoid(x), _where((x > -3) & (x < 3), t / 6, 0)


@operator(
    "hardsigmoid(Tensor self) -> Tensor",
    promote="same",
    inplace=True,
    kernel="hardsigmoid_cpu",
    accepts=FLOATING,
    **_HIDDEN,
    saves=("self",),
    double_backward="HardsigmoidBackwardBackward0",
)
def hardsigmoid(self):
    return _hardsigmoid(self)


def _threshold_rule(self: Any, threshold: Any, value: Any) -> tuple | None:
    if self.dtype.category != 1:
        return None
    limits = jnp.iinfo(self.dtype.np)
    # A negative integer wraps around, a floating number does not.
    low = -limits.max if value is not FLOAT and limits.min == 0 else limits.min
    name = {"uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t"}

    def error(value):
        return RuntimeError(f"value cannot be converted to type {name[self.dtype.name]} without overflow")

    return (lambda value: (value < low) | (value > limits.max)), error


@operator(
    "threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor",
    inplace=True,
    guard=Guard(operand=2, rule=_threshold_rule),
    kernel="threshold_cpu",
    accepts=INTEGRAL | FLOATING,
    strides="elementwise",
    method=False,
    saves=("self",),
)
def threshold(self, threshold, value):
    return jnp.where(self <= threshold.astype(self.dtype), value.astype(self.dtype), self)


@jax.custom_jvp
def _log_sigmoid(x):
    return lax.min(x, jnp.zeros_like(x)) - lax.log1p(lax.exp(-lax.abs(x)))


@_log_sigmoid.defjvp
def _log_sigmoid_jvp(primals, tangents):
    # Of the smooth function, not of the pieces that compute it.
    (x,), (t,) = primals, tangents
    return _log_sigmoid(x), t * lax.logistic(-x)


@operator(
    "logsigmoid(Tensor self) -> Tensor",
    promote="same",
    kernel="log_sigmoid_cpu",
    strides="contiguous",
    accepts=FLOATING,
    namespaces=("nn.functional",),
    method=False,
    backward="LogSigmoidBackward0",
    double_backward="LogSigmoidBackwardBackward0",
)
def logsigmoid(self):
    return _log_sigmoid(self)


def check_prelu(self: Any, weight: Any) -> None:
    if self.dtype is not weight.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {self.dtype.legacy_name} and "
            f"{weight.dtype.legacy_name}"
        )
    if len(weight.shape) > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {len(weight.shape)}"
        )
    count = weight.shape[0] if weight.shape else 1
    if count != 1:
        if not self.shape:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = self.shape[1] if len(self.shape) > 1 else 1
        if channels != count:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {count} "
                f"and channel size = {channels}."
            )


@operator(
    "prelu(Tensor self, Tensor weight) -> Tensor",
    promote="same",
    check=check_prelu,
    kernel="prelu_cpu",
    accepts=FLOATING,
    namespaces=("torch", "nn.functional"),
    out=False,
    backward="PreluKernelBackward0",
    saves=("self", "weight"),
)
def prelu(self, weight):
    if weight.size != 1:
        weight = weight.reshape(-1, *(1,) * (self.ndim - 2)) if self.ndim > 1 else weight
    else:
        weight = weight.reshape(())
    return jnp.where(self > 0, self, weight * self)


def check_glu(self: Any, dim: int) -> None:
    if not self.shape:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    d = wrap_dim(dim, len(self.shape))
    if self.shape[d] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {d} is size {self.shape[d]}")


@operator(
    "glu(Tensor self, int dim=-1) -> Tensor",
    check=check_glu,
    strides="elementwise",
    kernel="glu_cpu",
    accepts=FLOATING,
    namespaces=("nn.functional",),
    method=False,
    out=False,
    double_backward="GluBackwardBackward0",
)
def glu(self, dim):
    x = self.astype(jnp.float32) if self.dtype in (jnp.float16, jnp.bfloat16) else self
    value, gate = jnp.split(x, 2, axis=wrap_dim(dim, self.ndim))
    return (value * lax.logistic(gate)).astype(self.dtype)
