"""Special functions: error functions, gamma and Bessel functions, and entropy's pieces."""

from __future__ import annotations

from functools import partial
from math import factorial, log, pi, sqrt
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from torchlike.operators.accepted import FLOATING, SINGLE_AND_DOUBLE
from torchlike.operators.declaration import operator
from torchlike.operators.division import divide

__all__: list[str] = []

# Functions that live in torch.special only.
_SPECIAL: dict[str, Any] = {"namespaces": ("special",), "method": False}


@operator(
    "erf(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    kernel="erf_vml_cpu",
    accepts=FLOATING,
    namespaces=("torch", "special"),
)
def erf(self):
    return lax.erf(self)


@operator(
    "erfc(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    kernel="erfc_vml_cpu",
    accepts=FLOATING,
    namespaces=("torch", "special"),
)
def erfc(self):
    return lax.erfc(self)


@operator(
    "erfinv(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    kernel="erfinv_vml_cpu",
    accepts=FLOATING,
    namespaces=("torch", "special"),
)
def erfinv(self):
    return lax.erf_inv(self)


@jax.custom_jvp
def _erfcx(x):
    # exp(x**2) * erfc(x), by a continued fraction where the factors would overflow and vanish.
    far = x > 5
    near = jnp.where(far, 0, x)
    inside = lax.exp(near * near) * lax.erfc(near)
    far_x = jnp.where(far, x, 5)
    square = 1 / (2 * far_x * far_x)
    series = 1 - square * (
        1 - 3 * square * (1 - 5 * square * (1 - 7 * square * (1 - 9 * square * (1 - 11 * square))))
    )
    return jnp.where(far, series / (far_x * sqrt(pi)), inside)


@_erfcx.defjvp
def _erfcx_jvp(primals, tangents):
    # Of the function, not of its pieces.
    (x,), (t,) = primals, tangents
    out = _erfcx(x)
    return out, t * (2 * x * out - 2 / sqrt(pi))


@operator(
    "erfcx(Tensor self) -> Tensor",
    promote="float",
    kernel="erfcx_cpu",
    accepts=SINGLE_AND_DOUBLE,
    backward="SpecialErfcxBackward0",
    **_SPECIAL,
    saves=("self", "result"),
)
def erfcx(self):
    return _in_double(_erfcx, self)


def _in_double(fn, *arrays):
    """A float32 function computed in float64 and rounded once."""
    if arrays[0].dtype != jnp.float32:
        return fn(*arrays)
    return fn(*[x.astype(jnp.float64) for x in arrays]).astype(jnp.float32)


@operator(
    "ndtr(Tensor self) -> Tensor",
    promote="float",
    backward="MulBackward1",
    kernel="erf_vml_cpu",
    accepts=FLOATING,
    **_SPECIAL,
)
def ndtr(self):
    return (1 + lax.erf(self * jnp.asarray(sqrt(0.5), self.dtype))) * jnp.asarray(0.5, self.dtype)


@operator(
    "ndtri(Tensor self) -> Tensor",
    promote="float",
    backward="SpecialNdtriBackward0",
    kernel="ndtri_cpu",
    accepts=SINGLE_AND_DOUBLE,
    **_SPECIAL,
    saves_result=True,
)
def ndtri(self):
    # Imported here because few programs need it and it takes a while.
    from jax.scipy.special import ndtri

    return ndtri(self)


@jax.custom_jvp
def _log_ndtr(x):
    turned = x * sqrt(0.5)
    low = jnp.where(x < -1, turned, -1)
    high = jnp.where(x < -1, 0, turned)
    return jnp.where(x < -1, lax.log(_erfcx(-low) / 2) - low * low, lax.log1p(-lax.erfc(high) / 2))


@_log_ndtr.defjvp
def _log_ndtr_jvp(primals, tangents):
    # Of the function, not of its pieces.
    (x,), (t,) = primals, tangents
    turned = x * sqrt(0.5)
    return _log_ndtr(x), t * divide(jnp.full_like(x, sqrt(2 / pi)), _erfcx(-turned))


@operator(
    "log_ndtr(Tensor self) -> Tensor",
    promote="float",
    backward="SpecialLogNdtrBackward0",
    kernel="log_ndtr_cpu",
    accepts=SINGLE_AND_DOUBLE,
    **_SPECIAL,
    saves=("self", "result"),
)
def log_ndtr(self):
    return _in_double(_log_ndtr, self)


@operator(
    "lgamma(Tensor self) -> Tensor", promote="float", inplace=True, kernel="lgamma_vml_cpu", accepts=FLOATING
)
def lgamma(self):
    return _lgamma(self)


@operator(
    "gammaln(Tensor self) -> Tensor",
    promote="float",
    kernel="lgamma_vml_cpu",
    accepts=FLOATING,
    backward="LgammaBackward0",
    **_SPECIAL,
)
def gammaln(self):
    return _lgamma(self)


@operator(
    "digamma(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    kernel="digamma",
    accepts=FLOATING,
    namespaces=("torch", "special"),
)
def digamma(self):
    return _digamma(self)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _polygamma(n: int, x):
    if n == 0:
        # At the pole PyTorch keeps the sign of zero.
        inside = lax.digamma(jnp.where(x == 0, 1, x))
        return jnp.where(x == 0, jnp.copysign(jnp.full_like(x, jnp.inf), -x), inside)
    if n == 1:
        return _trigamma(x)
    return _in_double(partial(_by_zeta, n), x)


@_polygamma.defjvp
def _polygamma_jvp(n, primals, tangents):
    # The next of them.
    (x,), (t,) = primals, tangents
    return _polygamma(n, x), t * _polygamma(n + 1, x)


def _trigamma(x):
    # Reflection below 1/2, six steps of recurrence, then the asymptotic series.
    low = x < 0.5
    sine = lax.sin(pi * jnp.where(low, x, 0.5))
    reflected = (pi / sine) ** 2
    y = jnp.where(low, 1 - x, x)
    total = jnp.zeros_like(x)
    for _ in range(6):
        total += 1 / (y * y)
        y += 1
    inverse = 1 / (y * y)
    total += (1 + 1 / (2 * y) + inverse * (1 / 6 - inverse * (1 / 30 - inverse / 42))) / y
    return jnp.where(low, reflected - total, total)


def _by_zeta(n: int, x):
    sign = 1.0 if n % 2 else -1.0
    return sign * factorial(n) * lax.zeta(jnp.full_like(x, n + 1), x)


def _digamma(x):
    return _polygamma(0, x)


@jax.custom_jvp
def _lgamma(x):
    # XLA's series is off by 5e-7 in float32 and does not reach 0 where the result is 0.
    found = lax.lgamma(x.astype(jnp.float64)).astype(x.dtype)
    return jnp.where((x == 1) | (x == 2), 0, found)


@_lgamma.defjvp
def _lgamma_jvp(primals, tangents):
    # The digamma function, whose poles are those of PyTorch's.
    (x,), (t,) = primals, tangents
    return _lgamma(x), t * _digamma(x)


@operator(
    "psi(Tensor self) -> Tensor",
    promote="float",
    kernel="digamma",
    accepts=FLOATING,
    backward="DigammaBackward0",
    **_SPECIAL,
)
def psi(self):
    return _digamma(self)


def check_polygamma(n: int, self: Any) -> None:
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if self.dtype.is_complex:
        kernel = "digamma" if n == 0 else "trigamma" if n == 1 else "polygamma"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{self.dtype.legacy_name}'")


@operator(
    "polygamma(int n, Tensor self) -> Tensor",
    promote="float",
    check=check_polygamma,
    method=False,
    namespaces=("torch", "special"),
)
def polygamma(n, self):
    return _polygamma(n, self)


def check_mvlgamma(self: Any, p: int) -> None:
    if self.dtype.category == 0:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")


def _mvlgamma(x, p: int):
    steps = jnp.arange(p, dtype=x.dtype) / 2
    return jnp.sum(_lgamma(x[..., None] - steps), axis=-1) + p * (p - 1) / 4 * log(pi)


@operator(
    "mvlgamma(Tensor self, int p) -> Tensor",
    promote="float",
    inplace=True,
    check=check_mvlgamma,
    kernel="arange_cpu",
    accepts=FLOATING,
    strides="contiguous",
)
def mvlgamma(self, p):
    return _mvlgamma(self, p)


@operator(
    "multigammaln(Tensor self, int p) -> Tensor",
    promote="float",
    check=check_mvlgamma,
    backward="MvlgammaBackward0",
    kernel="arange_cpu",
    accepts=FLOATING,
    **_SPECIAL,
)
def multigammaln(self, p):
    return _mvlgamma(self, p)


@jax.custom_jvp
def _i0(x):
    return lax.exp(lax.abs(x)) * lax.bessel_i0e(x)


@_i0.defjvp
def _i0_jvp(primals, tangents):
    # I1, of the function and not of its pieces.
    (x,), (t,) = primals, tangents
    return _i0(x), t * _i1(x)


@jax.custom_jvp
def _i0e(x):
    return lax.bessel_i0e(x)


@_i0e.defjvp
def _i0e_jvp(primals, tangents):
    # Of the function, not of its pieces.
    (x,), (t,) = primals, tangents
    out = _i0e(x)
    return out, t * (_i1e(x) - lax.sign(x) * out)


@operator(
    "i0(Tensor self) -> Tensor",
    promote="float",
    inplace=True,
    kernel="i0_vml_cpu",
    accepts=FLOATING,
    namespaces=("torch", "special"),
)
def i0(self):
    return _i0(self)


@operator(
    "i0e(Tensor self) -> Tensor",
    promote="float",
    backward="SpecialI0EBackward0",
    kernel="i0e_cpu",
    accepts=FLOATING,
    **_SPECIAL,
    saves=("self", "result"),
)
def i0e(self):
    return _i0e(self)


@jax.custom_jvp
def _i1(x):
    return lax.exp(lax.abs(x)) * lax.bessel_i1e(x)


@_i1.defjvp
def _i1_jvp(primals, tangents):
    # I0(x) - I1(x) / x, which is 1/2 at 0.
    (x,), (t,) = primals, tangents
    out = _i1(x)
    tiny = lax.abs(x) < jnp.finfo(x.dtype).eps
    return out, t * jnp.where(tiny, 0.5, _i0(x) - out / jnp.where(tiny, 1, x))


@operator(
    "i1(Tensor self) -> Tensor",
    promote="float",
    backward="SpecialI1Backward0",
    kernel="i1_cpu",
    accepts=FLOATING,
    **_SPECIAL,
    saves=("self", "result"),
)
def i1(self):
    return _i1(self)


@jax.custom_jvp
def _i1e(x):
    return lax.bessel_i1e(x)


@_i1e.defjvp
def _i1e_jvp(primals, tangents):
    # The scaled derivative of I1, which is 1/2 at 0.
    (x,), (t,) = primals, tangents
    out = _i1e(x)
    tiny = lax.abs(x) < jnp.finfo(x.dtype).eps
    safe = jnp.where(tiny, 1, x)
    return out, t * jnp.where(tiny, 0.5, _i0e(x) - out * (lax.sign(x) + 1 / safe))


@operator(
    "i1e(Tensor self) -> Tensor",
    promote="float",
    backward="SpecialI1EBackward0",
    kernel="i1e_cpu",
    accepts=FLOATING,
    **_SPECIAL,
    saves=("self", "result"),
)
def i1e(self):
    return _i1e(self)


@operator(
    "entr(Tensor self) -> Tensor",
    promote="float",
    backward="SpecialEntrBackward0",
    kernel="entr_cpu",
    accepts=FLOATING,
    **_SPECIAL,
)
def entr(self):
    return _entr(self)


@jax.custom_jvp
def _entr(x):
    inside = jnp.where(x > 0, x, 1)
    product = -inside * lax.log(inside)
    return jnp.where(x > 0, product, jnp.where(x == 0, 0, jnp.where(x < 0, -jnp.inf, x)))


@_entr.defjvp
def _entr_jvp(primals, tangents):
    # Infinite at 0 and NaN below.
    (x,), (t,) = primals, tangents
    return _entr(x), t * (-lax.log(x) - 1)


@jax.custom_jvp
def _xlogy(x, y):
    return jnp.where((x == 0) & (y == y), jnp.zeros_like(x), x * lax.log(y))


@_xlogy.defjvp
def _xlogy_jvp(primals, tangents):
    # 0 where `x` is 0 and the logarithm is none.
    (x, y), (tx, ty) = primals, tangents
    slope = jnp.where((x == 0) & (y <= 0), jnp.zeros_like(x), lax.log(y))
    return _xlogy(x, y), tx * slope + ty * divide(x, y)


def _xlogy_node(self: Any, other: Any) -> str:
    return "XlogyBackward1" if self is None else "XlogyBackward2" if other is None else "XlogyBackward0"


@operator(
    "xlogy(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="float",
    inplace=True,
    kernel="xlogy_cpu",
    accepts=FLOATING,
    namespaces=("torch", "special"),
    backward=_xlogy_node,
)
def xlogy(self, other):
    return _xlogy(*jnp.broadcast_arrays(self, other))


@jax.custom_jvp
def _xlog1py(x, y):
    return jnp.where((x == 0) & (y == y), jnp.zeros_like(x), x * lax.log1p(y))


@_xlog1py.defjvp
def _xlog1py_jvp(primals, tangents):
    # 0 where `x` is 0 and the logarithm is none.
    (x, y), (tx, ty) = primals, tangents
    slope = jnp.where((x == 0) & (y <= -1), jnp.zeros_like(x), lax.log1p(y))
    return _xlog1py(x, y), tx * slope + ty * divide(x, y + 1)


def _xlog1py_node(self: Any, other: Any) -> str:
    which = 1 if self is None else 2 if other is None else 0
    return f"SpecialXlog1PyBackward{which}"


@operator(
    "xlog1py(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="float",
    kernel="xlog1py_cpu",
    accepts=FLOATING,
    backward=_xlog1py_node,
    **_SPECIAL,
)
def xlog1py(self, other):
    return _xlog1py(*jnp.broadcast_arrays(self, other))


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _logit(x, eps: float | None):
    clamped = x if eps is None else lax.min(lax.max(x, jnp.full_like(x, eps)), jnp.full_like(x, 1 - eps))
    return lax.log(divide(clamped, 1 - clamped))


@_logit.defjvp
def _logit_jvp(eps, primals, tangents):
    # Outside its range NaN without `eps`, 0 with it.
    (x,), (t,) = primals, tangents
    low, high, outside = (0, 1, jnp.nan) if eps is None else (eps, 1 - eps, 0)
    inside = (x >= low) & (x <= high)
    slope = divide(jnp.ones_like(x), jnp.where(inside, x * (1 - x), 1))
    return _logit(x, eps), t * jnp.where(inside, slope, outside)


@operator(
    "logit(Tensor self, float? eps=None) -> Tensor",
    promote="float",
    inplace=True,
    kernel="logit_cpu",
    accepts=FLOATING,
    namespaces=("torch", "special"),
)
def logit(self, eps):
    return _logit(self, eps)


@operator(
    "igamma(Tensor self, Tensor other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="igamma_cpu",
    accepts=FLOATING,
)
def igamma(self, other):
    return lax.igamma(*jnp.broadcast_arrays(self, other))


@operator(
    "igammac(Tensor self, Tensor other) -> Tensor",
    promote="same",
    inplace=True,
    kernel="igammac_cpu",
    accepts=FLOATING,
)
def igammac(self, other):
    return lax.igammac(*jnp.broadcast_arrays(self, other))


@operator(
    "gammainc(Tensor self, Tensor other) -> Tensor",
    promote="same",
    kernel="igamma_cpu",
    accepts=FLOATING,
    backward="IgammaBackward0",
    **_SPECIAL,
)
def gammainc(self, other):
    return lax.igamma(*jnp.broadcast_arrays(self, other))


@operator(
    "gammaincc(Tensor self, Tensor other) -> Tensor",
    promote="same",
    kernel="igammac_cpu",
    accepts=FLOATING,
    backward="IgammacBackward0",
    **_SPECIAL,
)
def gammaincc(self, other):
    return lax.igammac(*jnp.broadcast_arrays(self, other))


@jax.custom_jvp
def _zeta(s, q):
    return _in_double(lax.zeta, s, q)


def _zeta_jvp(primals, tangents):
    # PyTorch has no derivative for the first argument either.
    (s, q), (ts, tq) = primals, tangents
    if type(ts) is not SymbolicZero:
        raise NotImplementedError("the derivative for 'zeta' is not implemented.")
    out = _zeta(s, q)
    return out, jnp.zeros_like(out) if type(tq) is SymbolicZero else -s * _zeta(s + 1, q) * tq


_zeta.defjvp(_zeta_jvp, symbolic_zeros=True)


def _zeta_node(self: Any, other: Any) -> str:
    return f"SpecialZetaBackward{1 if self is None else 2 if other is None else 0}"


@operator(
    "zeta(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    promote="float",
    kernel="zeta_cpu",
    accepts=SINGLE_AND_DOUBLE,
    backward=_zeta_node,
    **_SPECIAL,
)
def zeta(self, other):
    return _zeta(*jnp.broadcast_arrays(self, other))
