"""Sample calls: elementary and special functions."""

from __future__ import annotations

from math import inf, nan

from .samples import Sample, T, fails, rough, s

x = T(2, 3)
positive = T(2, 3, low=0.3, high=3)
inside = T(2, 3, low=-0.9, high=0.9)
fraction = T(2, 3, low=0.05, high=0.95)
whole = T(2, 3, dtype="int64", low=1, high=5)
complex_ = T(3, dtype="complex64", low=0.2)
half = T(3, dtype="float16", low=0.2, high=0.8)
brain = T(3, dtype="bfloat16", low=0.2, high=0.8)
turned = T(2, 3, low=0.2, high=0.8, order=(1, 0))
edges = T(values=[0.0, -0.0, inf, -inf, nan, 1.0, -1.0])
ends = T(values=[0.0, 1.0, -0.5, 1.5, 0.3])


def _all(first: T, complex_too: bool = True) -> list[Sample]:
    others = [s(whole), s(half), s(brain), s(turned), rough(edges), s(T(0, 3)), s(T(low=0.2, high=0.8))]
    return [s(first), *others, s(complex_) if complex_too else fails(complex_)]


SAMPLES: dict[str, list[Sample]] = {
    "exp": _all(x),
    "exp2": [*_all(x), s(T(values=[0.0, 1.0, 3.0, 10.0, -2.0]))],
    "expm1": _all(x),
    "log": _all(positive),
    "log2": [*_all(positive), s(T(values=[1.0, 2.0, 8.0, 1024.0, 0.25]))],
    "log10": [
        *_all(positive),
        s(T(values=[1.0, 10.0, 1000.0, 1e6, 0.001])),
        s(T(values=[1.0, 10.0, 1000.0, 1e22], dtype="float64")),
    ],
    "log1p": _all(positive),
    "sin": [*_all(x), s(T(values=[100.0, -1e4, 3e5]))],
    "cos": [*_all(x), s(T(values=[100.0, -1e4, 3e5]))],
    "tan": _all(inside),
    "asin": [s(inside), s(half), rough(edges), s(complex_)],
    "acos": [s(inside), s(half), rough(edges), s(complex_)],
    "atan": _all(x),
    "sinh": _all(x),
    "cosh": _all(x),
    "tanh": _all(x),
    "asinh": _all(x),
    "acosh": [s(T(2, 3, low=1.2, high=3)), rough(edges), s(T(3, dtype="complex64"))],
    "atanh": [s(inside), s(half), rough(edges), s(complex_)],
    "sigmoid": [*_all(x), s(T(values=[-100.0, 100.0, -30.0]))],
    "sinc": [*_all(x), rough(T(values=[0.0, 1.0, 0.1]))],
    "deg2rad": _all(x, False),
    "rad2deg": _all(x, False),
    "erf": _all(x, False),
    "erfc": [*_all(x, False), s(T(values=[3.0, 5.0, -4.0]))],
    "erfinv": [s(inside), s(half), rough(edges), fails(complex_)],
    "lgamma": [
        s(positive),
        s(half),
        rough(edges),
        s(whole),
        s(T(values=[-0.5, -1.5, 10.3])),
        fails(complex_),
    ],
    "digamma": [
        s(positive),
        s(half),
        rough(edges),
        s(whole),
        s(T(values=[-0.5, -1.5, 10.3])),
        fails(complex_),
    ],
    "i0": _all(x, False),
    "logit": [s(fraction), s(fraction, 0.1), rough(ends), rough(ends, 0.2), s(half), fails(complex_)],
    "polygamma": [s(1, positive), s(2, positive), s(0, positive), fails(-1, positive), fails(1, complex_)],
    "Tensor.polygamma": [s(positive, 1)],
    "mvlgamma": [s(T(3, low=2, high=4), 2), s(positive, 1), fails(positive, 0), fails(T(3, dtype="bool"), 1)],
    "igamma": [s(T(3, low=0.5, high=2, grad=False), T(3, low=0.5, high=2)), fails(whole, whole)],
    "igammac": [s(T(3, low=0.5, high=2, grad=False), T(3, low=0.5, high=2))],
    "xlogy": [
        s(x, T(3, low=0.3)),
        s(x, 2.5),
        s(2, positive),
        s(whole, whole),
        rough(T(values=[0.0, 0.0, 0.0, 1.0]), T(values=[0.0, -1.0, nan, 0.0])),
        fails(complex_, complex_),
    ],
    "atan2": [
        s(x, T(3)),
        s(whole, whole),
        rough(T(values=[0.0, -0.0, 0.0]), T(values=[0.0, -1.0, -0.0])),
        fails(complex_, complex_),
    ],
    "hypot": [
        s(x, T(3)),
        rough(T(values=[0.0, 3.0]), T(values=[0.0, 4.0])),
        s(T(values=[1e30]), T(values=[1e30])),
        fails(whole, whole),
    ],
    "logaddexp": [
        s(x, T(3)),
        rough(T(values=[inf, -inf, 0.0, 100.0]), T(values=[inf, -inf, -inf, 0.0])),
        fails(whole, whole),
    ],
    "logaddexp2": [
        s(x, T(3)),
        rough(T(values=[inf, -inf, 0.0, 100.0]), T(values=[inf, -inf, -inf, 0.0])),
        fails(whole, whole),
    ],
    "special.erf": [s(x)],
    "special.erfc": [s(x)],
    "special.erfinv": [s(inside)],
    "special.erfcx": [s(x), s(T(values=[-3.0, 4.9, 5.1, 30.0])), fails(complex_)],
    "special.exp2": [s(x)],
    "special.expm1": [s(x)],
    "special.log1p": [s(positive)],
    "special.expit": [s(x)],
    "special.logit": [s(fraction, 0.1)],
    "special.ndtr": [s(x)],
    "special.ndtri": [s(fraction)],
    "special.log_ndtr": [s(x), s(T(values=[-10.0, -3.0, 6.0]))],
    "special.gammaln": [s(positive)],
    "special.digamma": [s(positive)],
    "special.psi": [s(positive)],
    "special.polygamma": [s(1, positive)],
    "special.multigammaln": [s(T(3, low=2, high=4), 2)],
    "special.gammainc": [s(T(3, low=0.5, high=2, grad=False), T(3, low=0.5, high=2))],
    "special.gammaincc": [s(T(3, low=0.5, high=2, grad=False), T(3, low=0.5, high=2))],
    "special.i0": [s(x)],
    "special.i0e": [s(x)],
    "special.i1": [s(x), rough(T(values=[0.0, 1.0]))],
    "special.i1e": [s(x), rough(T(values=[0.0, 1.0]))],
    "special.entr": [s(positive), rough(T(values=[0.0, -1.0, nan, 0.5]))],
    "special.xlogy": [s(x, positive)],
    "special.xlog1py": [
        s(x, positive),
        s(x, 2.5),
        s(2, positive),
        rough(T(values=[0.0, 1.0]), T(values=[-1.0, 1.0])),
    ],
    "special.zeta": [
        s(T(3, low=2, high=4, grad=False), T(3, low=0.5, high=3)),
        s(2, positive),
        s(T(3, low=2, high=4, grad=False), 2.5),
    ],
    "special.sinc": [s(x)],
    "special.softmax": [s(x, 1)],
    "special.log_softmax": [s(x, 1)],
    "special.logsumexp": [s(x, 1)],
}
