"""Sample calls: comparisons, logic, bits, choosing by a condition."""

from __future__ import annotations

from math import inf, nan

from .samples import Sample, T, fails, rough, s

x = T(2, 3)
whole = T(2, 3, dtype="int64")
truth = T(2, 3, dtype="bool")
other_truth = T(3, dtype="bool")
complex_ = T(3, dtype="complex64")
turned = T(2, 3, order=(1, 0))
special = T(values=[0.0, -0.0, inf, nan, 1.0])
mirrored = T(values=[-0.0, 1.0, inf, nan, 1.0])


def _compared(complex_too: bool) -> list[Sample]:
    rest = [s(complex_, complex_) if complex_too else fails(complex_, complex_)]
    return [
        s(x, T(3)),
        s(x, 0),
        s(whole, T(3, dtype="int64")),
        s(whole, 0.5),
        s(truth, other_truth),
        s(truth, True),
        s(special, mirrored),
        s(turned, x),
        *rest,
        fails(x, T(4)),
        fails(x, "a"),
    ]


_logic = [
    s(x, T(3)),
    s(truth, other_truth),
    s(whole, x),
    s(special, mirrored),
    s(complex_, complex_),
    fails(x, T(4)),
    fails(x, 1),
]
_bits = [
    s(whole, T(3, dtype="int64")),
    s(whole, 3),
    s(truth, other_truth),
    s(truth, True),
    s(3, whole),
    s(whole, truth),
    fails(x, x),
    fails(whole, 1.5),
]
_shifts = [
    s(whole, T(3, dtype="int64", low=0, high=5)),
    s(whole, 1),
    s(2, T(3, dtype="int64", low=0)),
    s(whole, 70),
    s(whole, -1),
    s(T(3, dtype="int8"), 3),
    s(T(3, dtype="uint8"), 3),
    fails(x, x),
    fails(truth, truth),
]

SAMPLES: dict[str, list[Sample]] = {
    "eq": _compared(True),
    "ne": _compared(True),
    "not_equal": [s(x, 1)],
    "lt": _compared(False),
    "le": _compared(False),
    "gt": _compared(False),
    "ge": _compared(False),
    "less": [s(x, 0)],
    "less_equal": [s(x, 0)],
    "greater": [s(x, 0)],
    "greater_equal": [s(x, 0)],
    "logical_and": _logic,
    "logical_or": _logic,
    "logical_xor": _logic,
    "logical_not": [s(x), s(truth), s(whole), s(special), s(complex_)],
    "bitwise_and": _bits,
    "bitwise_or": _bits,
    "bitwise_xor": _bits,
    "bitwise_not": [s(whole), s(truth), s(T(3, dtype="uint8")), fails(x)],
    "Tensor.__invert__": [s(truth), fails(x)],
    "bitwise_left_shift": _shifts,
    "bitwise_right_shift": _shifts,
    "isclose": [
        s(x, T(2, 3)),
        s(x, x),
        s(x, T(3), rtol=1.0),
        s(whole, whole, atol=1.0),
        s(whole, T(3, dtype="int64")),
        s(special, mirrored),
        s(special, mirrored, equal_nan=True),
        s(complex_, complex_),
        fails(x, T(3, dtype="float64")),
        fails(x, x, rtol=-1.0),
        fails(x, x, atol=-1.0),
    ],
    "allclose": [
        s(x, T(2, 3)),
        s(x, x),
        s(special, special),
        s(special, special, equal_nan=True),
        fails(x, T(2, 3, dtype="float64")),
    ],
    "equal": [
        s(x, x),
        s(x, T(2, 3)),
        s(x, T(3)),
        s(x, T(2, 3, dtype="float64")),
        s(special, special),
        fails(x, 2),
    ],
    "is_same_size": [s(x, x), s(x, T(3))],
    "where": [
        s(truth, x, T(2, 3)),
        s(truth, x, T(3)),
        s(other_truth, x, 0.0),
        s(truth, 1, x),
        s(truth, 1, 0),
        s(truth, 1.0, 0),
        s(truth, whole, 1.5),
        s(truth, x, T(3, dtype="float64")),
        s(truth, turned, x),
        s(T(2, 3, dtype="uint8"), x, x),
        s(T(dtype="bool"), x, x),
        s(truth, x, T()),
        s(truth),
        fails(whole, x, x),
        fails(truth, x, T(4)),
        fails(truth, x),
    ],
    "Tensor.where": [s(x, truth, T(2, 3)), s(x, truth, 1)],
    "masked_fill": [
        s(x, truth, 1.5),
        rough(x, truth, -inf),
        s(x, other_truth, 0),
        s(x, truth, T()),
        s(whole, truth, 1.5),
        s(whole, truth, 2),
        s(T(3), truth, 0.5),
        s(T(2, 3, dtype="float16"), truth, 1.5),
        s(complex_, other_truth, 1j),
        s(turned, truth, 0.0),
        s(truth, truth, True),
        fails(x, whole, 0),
        fails(x, T(2, 3, dtype="uint8"), 0),
        fails(x, truth, T(3)),
        fails(x, T(4, dtype="bool"), 0),
        fails(x, truth, 1j),
        fails(T(2, 3, dtype="float16"), truth, 1e20),
        fails(T(2, 3, dtype="int32"), truth, 2**40),
    ],
    "isin": [
        s(whole, T(values=[1, 3], dtype="int64")),
        s(whole, 1),
        s(1, whole),
        s(whole, T(40, dtype="int64", high=2)),
        s(x, T(3), invert=True),
        s(whole, T(0, dtype="int64")),
        fails(truth, truth),
        fails(complex_, complex_),
    ],
}
