"""Activations. Subgradients where a function has a kink are PyTorch's, written as `custom_jvp` rules."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.special import erf

from torchlike import dtypes
from torchlike.operators.accepted import FLOATING, REAL
from torchlike.operators.declaration import operator

__all__: list[str] = []

_FUNCTIONAL = ("nn.functional",)
_BOTH = ("torch", "nn.functional")

# An activation of `torch.nn.functional` alone, with its `inplace=` argument and its `name_` form.
activation = partial(
    operator, promote="same", namespaces=_FUNCTIONAL, method=False, inplace=True, inplace_flag=True, out=False
)


@jax.custom_jvp
def _positive_part(x):
    return jnp.where(x <= 0, jnp.zeros_like(x), x)


@_positive_part.defjvp
def _positive_part_jvp(primals, tangents):
    # 0 at 0, and where the result is 0.
    (x,), (t,) = primals, tangents
    out = _positive_part(x)
    return out, jnp.where(out > 0, t, jnp.zeros_like(t))


def _no_bool(name):
    def check(self, *rest):
        if self.dtype is dtypes.bool_:
            raise RuntimeError(name)

    return check


@operator(
    "relu(Tensor self) -> Tensor", promote="same", namespaces=_BOTH, inplace=True, inplace_flag=True, out=False,
    saves_result=True, check=_no_bool("Boolean inputs not supported for relu"),
)  # fmt: skip
def relu(self):
    return _positive_part(self)


@activation(
    "leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", accepts=FLOATING, kernel="leaky_relu_cpu"
)
def leaky_relu(self, negative_slope):
    return jnp.where(self > 0, self, self * negative_slope)


def _elu(x, alpha, scale, input_scale):
    # The masked branch stays finite, so that its gradient does.
    low = jnp.where(x > 0, jnp.zeros_like(x), x)
    return jnp.where(x > 0, x * scale, (jnp.expm1(low * input_scale) * alpha) * scale)


@activation("elu(Tensor self, Scalar alpha=1.0) -> Tensor", accepts=FLOATING, kernel="elu_cpu")
def elu(self, alpha):
    return _elu(self, alpha, 1, 1)


@operator(
    "selu(Tensor self) -> Tensor", promote="same", namespaces=_BOTH, method=False, inplace=True, inplace_flag=True,
    out=False, accepts=FLOATING, kernel="elu_cpu", backward="EluBackward0",
)  # fmt: skip
def selu(self):
    return _elu(self, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1)


@operator(
    "celu(Tensor self, Scalar alpha=1.0) -> Tensor", promote="same", namespaces=_BOTH, method=False, inplace=True,
    inplace_flag=True, out=False, accepts=FLOATING, kernel="elu_cpu",
)  # fmt: skip
def celu(self, alpha):
    return _elu(self, alpha, 1, 1 / alpha)


def _check_gelu(self, approximate):
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    _check_floating("GeluKernelImpl", self)


def _check_floating(kernel, self):
    if self.dtype not in FLOATING:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{self.dtype.legacy_name}'")


@operator(
    "gelu(Tensor self, *, str approximate='none') -> Tensor", promote="same", namespaces=_FUNCTIONAL, method=False,
    out=False, check=_check_gelu,
)  # fmt: skip
def gelu(self, approximate):
    if approximate == "tanh":
        inner = 0.7978845608028654 * (self + 0.044715 * self * self * self)
        return 0.5 * self * (1 + jnp.tanh(inner))
    return self * 0.5 * (1 + erf(self * 0.7071067811865476))


@activation("silu(Tensor self) -> Tensor", accepts=FLOATING, kernel="silu_cpu")
def silu(self):
    return self / (1 + jnp.exp(-self))


@activation("mish(Tensor self) -> Tensor", accepts=FLOATING, kernel="mish_cpu")
def mish(self):
    return self * jnp.tanh(jnp.logaddexp(self, jnp.zeros_like(self)))


@operator(
    "softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor", promote="same", namespaces=_FUNCTIONAL,
    method=False, out=False, accepts=FLOATING, kernel="softplus_cpu",
)  # fmt: skip
def softplus(self, beta, threshold):
    scaled = self * beta
    # The masked branch stays finite, so that its gradient does.
    low = jnp.where(scaled > threshold, jnp.zeros_like(scaled), scaled)
    return jnp.where(scaled > threshold, self, jnp.log1p(jnp.exp(low)) / beta)


@jax.custom_jvp
def _clip_open(x, low, high):
    return jnp.minimum(jnp.maximum(x, low), high)


@_clip_open.defjvp
def _clip_open_jvp(primals, tangents):
    # No gradient at the bounds themselves.
    (x, low, high), (t, _, _) = primals, tangents
    return _clip_open(x, low, high), jnp.where((x > low) & (x < high), t, jnp.zeros_like(t))


def _as(x, like):
    return jnp.asarray(x, like.dtype)


def _check_hardtanh(self, low=None, high=None):
    if self.dtype is dtypes.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")


@activation("hardtanh(Tensor self, Scalar min_val=-1.0, Scalar max_val=1.0) -> Tensor", check=_check_hardtanh)
def hardtanh(self, min_val, max_val):
    return _clip_open(self, _as(min_val, self), _as(max_val, self))


@activation("relu6(Tensor self) -> Tensor", check=_check_hardtanh, backward="HardtanhBackward0")
def relu6(self):
    return _clip_open(self, _as(0, self), _as(6, self))


@jax.custom_jvp
def _hardsigmoid(x):
    return jnp.minimum(jnp.maximum(x + 3, 0), 6) / 6


@_hardsigmoid.defjvp
def _hardsigmoid_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return _hardsigmoid(x), jnp.where((x > -3) & (x < 3), t / 6, jnp.zeros_like(t))


@activation("hardsigmoid(Tensor self) -> Tensor", accepts=FLOATING, kernel="hardsigmoid_cpu")
def hardsigmoid(self):
    return _hardsigmoid(self)


@jax.custom_jvp
def _hardswish(x):
    return x * jnp.minimum(jnp.maximum(x + 3, 0), 6) / 6


@_hardswish.defjvp
def _hardswish_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    slope = jnp.where(x < 3, x / 3 + 0.5, jnp.ones_like(x))
    return _hardswish(x), jnp.where(x <= -3, jnp.zeros_like(t), t * slope)


@activation("hardswish(Tensor self) -> Tensor", accepts=FLOATING, kernel="hardswish_cpu")
def hardswish(self):
    return _hardswish(self)


@operator(
    "threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor", promote="same", namespaces=_BOTH,
    method=False, inplace=True, inplace_flag=True, accepts=REAL, kernel="threshold_cpu",
)  # fmt: skip
def threshold(self, threshold, value):
    return jnp.where(self <= threshold, value.astype(self.dtype), self)


def _check_lambda(self, lambd):
    _check_floating("softshrink_check", self)


@operator(
    "softshrink(Tensor self, Scalar lambd=0.5) -> Tensor", promote="same", namespaces=_FUNCTIONAL, method=False,
    out=False, check=_check_lambda,
)  # fmt: skip
def softshrink(self, lambd):
    zero = jnp.zeros_like(self)
    kept = jnp.where(self > lambd, self - lambd, jnp.where(self < -lambd, self + lambd, zero))
    return jnp.where(jnp.isnan(self), self, kept)


@operator(
    "hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor", promote="same", namespaces=_BOTH, accepts=FLOATING,
    kernel="hardshrink_cpu",
)  # fmt: skip
def hardshrink(self, lambd):
    return jnp.where((self >= -lambd) & (self <= lambd), jnp.zeros_like(self), self)


@jax.custom_jvp
def _logsigmoid(x):
    return jnp.minimum(x, 0) - jnp.log1p(jnp.exp(-jnp.abs(x)))


@_logsigmoid.defjvp
def _logsigmoid_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return _logsigmoid(x), t * lax.logistic(-x)


@operator(
    "logsigmoid(Tensor self) -> Tensor", promote="same", namespaces=_FUNCTIONAL, method=False, out=False,
    accepts=FLOATING, kernel="log_sigmoid_cpu", backward="LogSigmoidBackward0",
)  # fmt: skip
def logsigmoid(self):
    return _logsigmoid(self)


def _check_prelu(self, weight):
    if weight.dtype is not self.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {self.dtype.legacy_name} and {weight.dtype.legacy_name}"
        )
    if weight.shape.numel() != 1:
        if not self.shape:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = self.shape[1] if self.ndim > 1 else 1
        if weight.shape.numel() != channels:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.shape.numel()} and channel size = {channels}."
            )
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )


@operator(
    "prelu(Tensor self, Tensor weight) -> Tensor", promote="same", namespaces=_BOTH, out=False, check=_check_prelu,
    backward="PreluKernelBackward0",
)  # fmt: skip
def prelu(self, weight):
    if weight.ndim == 1 and self.ndim > 1:
        weight = weight.reshape((1, -1) + (1,) * (self.ndim - 2))
    return jnp.where(self > 0, self, self * weight)


def check_dim(aval, dim):
    """Raise PyTorch's error for a dimension that a tensor does not have."""
    n = max(aval.ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")


def _check_glu(self, dim):
    if not self.shape:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    check_dim(self, dim)
    size = self.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim % self.ndim} is size {size}")
    _check_floating("glu_cpu", self)


@operator(
    "glu(Tensor self, int dim=-1) -> Tensor", namespaces=_FUNCTIONAL, method=False, out=False, check=_check_glu
)
def glu(self, dim):
    a, b = jnp.split(self, 2, dim)
    return a * lax.logistic(b)


def _check_softmax(name):
    def check(self, dim, dtype):
        check_dim(self, dim)
        run_in = dtype or self.dtype
        if run_in not in FLOATING:
            last = self.ndim == 0 or dim % self.ndim == self.ndim - 1
            kernel = f"{name}_lastdim_kernel_impl" if last else f"{name}_kernel_impl"
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{run_in.legacy_name}'")

    return check


def _softmax_input(x, dtype):
    """The input in the type to compute in, and the type of the result."""
    out = x.dtype if dtype is None else dtype.np
    half = out in (jnp.float16, dtypes.bfloat16.np)
    return x.astype(jnp.float32 if half else out), out


def _softmax(x, dim):
    if not x.size:
        return x
    axis = dim if x.ndim else None
    e = jnp.exp(x - lax.stop_gradient(jnp.max(x, axis=axis, keepdims=bool(x.ndim))))
    return e / jnp.sum(e, axis=axis, keepdims=bool(x.ndim))


@operator(
    "softmax(Tensor self, int dim, dtype? dtype=None) -> Tensor", namespaces=("torch", "special"),
    saves_result=True, check=_check_softmax("softmax"),
)  # fmt: skip
def softmax(self, dim, dtype):
    x, out = _softmax_input(self, dtype)
    return _softmax(x, dim).astype(out)


@operator(
    "log_softmax(Tensor self, int dim, dtype? dtype=None) -> Tensor", namespaces=("torch", "special"),
    saves_result=True, check=_check_softmax("log_softmax"),
)  # fmt: skip
def log_softmax(self, dim, dtype):
    x, out = _softmax_input(self, dtype)
    if not x.size:
        return x.astype(out)
    axis = dim if x.ndim else None
    shifted = x - lax.stop_gradient(jnp.max(x, axis=axis, keepdims=bool(x.ndim)))
    return (shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=axis, keepdims=bool(x.ndim)))).astype(out)
