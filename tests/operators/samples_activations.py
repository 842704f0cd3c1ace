"""Sample calls: activations and the softmax family."""

from __future__ import annotations

from math import inf, nan

from .samples import D, Sample, T, fails, plain, rough, s

F = "nn.functional"
x = T(2, 3)
cube = T(2, 3, 4)
wide = T(2, 3, low=-8, high=8)
whole = T(2, 3, dtype="int64")
truth = T(2, 3, dtype="bool")
complex_ = T(3, dtype="complex64")
half = T(2, 3, dtype="float16")
brain = T(2, 3, dtype="bfloat16")
kinks = T(values=[0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0, inf, -inf, nan, 30.0, -30.0])
finite = T(values=[0.0, nan, 30.0, -30.0, 1.0])
turned = T(2, 3, order=(1, 0))


def _usual(*more: Sample) -> list[Sample]:
    return [s(wide), rough(kinks), s(half), s(brain), s(turned), s(T()), s(T(0, 3)), *more]


_writes = [plain(T(2, 3, grad=False), inplace=True)]

SAMPLES: dict[str, list[Sample]] = {
    "relu": _usual(s(whole), fails(truth), fails(complex_)),
    f"{F}.relu": [s(x), *_writes, fails("a")],
    f"{F}.relu_": [s(T(3, grad=False))],
    "relu_": [s(T(3, grad=False))],
    f"{F}.relu6": _usual(*_writes, s(whole), fails(truth)),
    f"{F}.leaky_relu": _usual(
        s(x, 0.2),
        s(x, negative_slope=-0.1),
        *_writes,
        fails(whole),
        fails(complex_),
        fails(x, "a"),
    ),
    f"{F}.leaky_relu_": [s(T(3, grad=False), 0.3)],
    f"{F}.elu": _usual(s(x, 2.0), s(x, alpha=0.5), *_writes, fails(whole)),
    f"{F}.elu_": [s(T(3, grad=False))],
    "selu": _usual(fails(whole)),
    f"{F}.selu": [s(x), *_writes],
    "celu": _usual(s(x, 2.0), fails(x, 0), fails(whole)),
    f"{F}.celu": [s(x), s(x, 0.5), *_writes],
    "rrelu": [
        s(wide),
        s(x, 0.2, 0.4),
        s(half),
        rough(kinks),
        fails(x, 0.5, 0.1),
        fails(x, 0.1, inf),
        fails(whole),
    ],
    "rrelu_": [s(T(3, grad=False))],
    f"{F}.rrelu": [s(x), s(x, 0.2, 0.4), fails(whole, training=True)],
    f"{F}.rrelu_": [s(T(3, grad=False))],
    f"{F}.gelu": [
        s(wide),
        s(half),
        s(brain),
        s(turned),
        s(T()),
        s(T(0, 3)),
        s(x, approximate="tanh"),
        rough(T(values=[0.0, nan, 30.0, -30.0])),
        rough(finite, approximate="tanh"),
        s(half, approximate="tanh"),
        fails(x, approximate="foo"),
        fails(whole),
        fails(x, "tanh"),
    ],
    f"{F}.silu": _usual(*_writes, s(T(3, dtype="complex64", grad=False)), fails(whole)),
    f"{F}.mish": _usual(*_writes, fails(whole)),
    f"{F}.softplus": [*_usual(), s(wide, 2, 3), s(wide, beta=0.5, threshold=2.0), fails(whole)],
    "hardshrink": _usual(s(x, 0.2), fails(whole)),
    f"{F}.hardshrink": [s(x, 0.2)],
    f"{F}.softshrink": [*_usual(), s(x, 0.1), fails(x, -1.0), fails(whole)],
    f"{F}.hardtanh": _usual(
        s(wide, -2, 2),
        s(wide, min_val=-0.5),
        rough(x, 2, 2),
        s(whole),
        *_writes,
        fails(x, 2, -2),
        fails(truth),
        fails(complex_),
        fails(T(3, dtype="uint8")),
    ),
    f"{F}.hardtanh_": [s(T(3, grad=False))],
    f"{F}.hardswish": _usual(*_writes, fails(whole)),
    f"{F}.hardsigmoid": _usual(*_writes, fails(whole)),
    "threshold": [s(x, 0.5, -1.0), rough(kinks, 0.5, -1.0), s(whole, 1, -7), fails(truth, 1, 0)],
    f"{F}.threshold": [s(x, 0.5, -1.0), s(T(2, 3, grad=False), 0.5, -1.0, True)],
    f"{F}.threshold_": [s(T(3, grad=False), 0.5, -1)],
    f"{F}.logsigmoid": [*_usual(), s(T(values=[-200.0, 200.0])), fails(whole)],
    "prelu": [
        s(x, T(1)),
        s(x, T(3)),
        s(cube, T(3)),
        rough(kinks, T(1)),
        s(x, T()),
        s(T(), T(1)),
        s(half, T(1, dtype="float16")),
        fails(x, T(2)),
        fails(x, T(3, 1)),
        fails(T(), T(3)),
        fails(x, T(1, dtype="float64")),
        fails(whole, T(1, dtype="int64")),
    ],
    f"{F}.prelu": [s(x, T(1))],
    f"{F}.glu": [
        s(T(4, 3), 0),
        s(T(2, 6)),
        s(T(2, 4, dtype="float16")),
        fails(x),
        fails(T()),
        fails(x, 5),
        fails(T(2, dtype="int64")),
    ],
    "softmax": [
        s(x, 1),
        s(cube, 0),
        s(x, dim=-1, dtype=D("float64")),
        s(half, 1),
        s(brain, 0),
        s(T(), 0),
        s(T(0, 3), 1),
        s(turned, 1),
        s(whole, 0, D("float32")),
        s(T(values=[1e4, 1e4, -1e4]), 0),
        rough(T(values=[[-inf, 0.0], [-inf, -inf], [inf, 1.0]]), 1),
        s(T(values=[2.0, 2.0, 2.0]), 0),
        fails(x, 2),
        fails(whole, 0),
        fails(whole, 1),
        fails(x),
    ],
    "log_softmax": [
        s(x, 1),
        s(cube, 0),
        s(x, dim=-1, dtype=D("float64")),
        s(half, 1),
        s(half, 0),
        s(brain, 1),
        s(T(), 0),
        s(turned, 1),
        s(T(values=[1e4, 1e4, -1e4]), 0),
        rough(T(values=[[-inf, 0.0], [-inf, -inf]]), 1),
        fails(x, 2),
        fails(whole, 1),
        fails(complex_, 0),
    ],
    f"{F}.softmax": [s(x, 1), s(x), s(cube)],
    f"{F}.log_softmax": [s(x, 1)],
    f"{F}.softmin": [s(x, 1)],
    f"{F}.softsign": [s(x)],
    f"{F}.tanhshrink": [s(x)],
}
