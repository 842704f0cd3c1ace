"""Sample calls: order, places in sorted sequences, distinct values and counts."""

from __future__ import annotations

from math import inf, nan

from .samples import Sample, T, fails, rough, s

x = T(2, 3)
cube = T(2, 3, 4)
whole = T(values=[3, 1, 2, 1, 3, 3], dtype="int64")
grid = T(values=[[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype="int64")
holes = T(values=[1.0, nan, 0.0, 2.0, nan, -inf])
truth = T(4, dtype="bool")
complex_ = T(3, dtype="complex64")
scalar = T()
ladder = T(values=[1.0, 3.0, 5.0, 7.0], grad=False)
ladders = T(values=[[1.0, 3.0, 5.0, 7.0], [0.0, 2.0, 2.0, 9.0]], grad=False)
points = T(values=[0.0, 3.0, 8.0, 2.0], grad=False)
counted = T(values=[3, 1, 2, 1, 3, 3], dtype="int64")

SAMPLES: dict[str, list[Sample]] = {
    "sort": [
        s(x),
        s(x, 0),
        s(x, 0, True),
        s(cube, dim=1, descending=True),
        s(x, stable=True),
        s(x, stable=True, dim=0, descending=True),
        rough(whole),
        rough(whole, descending=True),
        rough(holes),
        rough(holes, descending=True),
        s(truth),
        s(scalar),
        s(T(0)),
        s(T(2, 3, dtype="float16")),
        fails(x, 3),
        fails(complex_),
    ],
    "argsort": [
        s(x),
        s(x, 0, True),
        s(whole, descending=True),
        s(holes, stable=True),
        s(x, dim=0, stable=True),
        fails(x, 3),
        fails(complex_),
    ],
    "msort": [s(T(4, 2)), fails(complex_)],
    "topk": [
        s(x, 2),
        s(x, 2, 0),
        s(x, 2, largest=False),
        s(cube, 2, 1, False),
        s(x, 0),
        rough(holes, 3),
        rough(holes, 3, largest=False),
        s(scalar, 1),
        s(T(5, dtype="int64", low=-50, high=50), 2, largest=False),
        s(T(5, dtype="uint8"), 1, largest=False),
        s(T(3, 4, dtype="float16"), 2),
        fails(x, 4),
        fails(x, -1),
        fails(x, 1, 5),
        fails(scalar, 2),
        fails(truth, 1),
        fails(complex_, 1),
    ],
    "kthvalue": [
        s(x, 2),
        s(x, 1, 0, True),
        s(scalar, 1),
        rough(holes, 4),
        fails(x, 0),
        fails(x, 4),
        fails(truth, 1),
    ],
    "unique": [
        s(whole),
        s(whole, return_inverse=True),
        s(whole, return_counts=True),
        s(grid, dim=0, return_inverse=True, return_counts=True),
        s(grid, dim=1),
        s(T(values=[1.0, nan, 1.0, nan], grad=False)),
        s(truth),
        s(T(0, 2, grad=False), dim=0),
        s(grid, return_inverse=True, return_counts=True),
        s(T(values=5.0, grad=False)),
        fails(grid, dim=2),
        fails(complex_),
        fails(T(0, 2), dim=1),
    ],
    "unique_consecutive": [
        s(whole),
        s(whole, return_inverse=True, return_counts=True),
        s(grid, dim=0, return_counts=True),
        s(T(0, dtype="int64")),
        s(grid),
    ],
    "searchsorted": [
        s(ladder, points),
        s(ladder, points, right=True),
        s(ladder, points, side="right"),
        s(ladder, points, out_int32=True),
        s(ladder, 3.0),
        s(ladder, 3),
        s(ladders, T(2, 3, low=0, high=9, grad=False)),
        s(ladder, T(2, 3, grad=False)),
        s(T(values=[3.0, 1.0], grad=False), T(1, grad=False), sorter=T(values=[1, 0], dtype="int64")),
        s(ladder, T(values=[nan, inf], grad=False)),
        s(T(values=[1, 3], dtype="int64"), T(values=[0, 2, 3], dtype="int64")),
        fails(ladder, points, side="left", right=True),
        fails(ladder, points, side="foo"),
        fails(ladders, T(3, 3)),
        fails(ladders, T(3)),
        fails(scalar, points),
        fails(ladders, 3.0),
    ],
    "bucketize": [
        s(points, ladder),
        s(points, ladder, right=True),
        s(3.0, ladder),
        s(3, ladder, out_int32=True),
        fails(points, ladders),
    ],
    "bincount": [
        s(counted),
        s(counted, minlength=6),
        s(counted, T(6, grad=False)),
        s(counted, T(6, dtype="int64")),
        s(T(0, dtype="int64")),
        s(T(0, dtype="int64"), minlength=3),
        s(T(3, dtype="uint8")),
        fails(x),
        fails(T(values=[-1, 2], dtype="int64")),
        fails(grid),
        fails(counted, T(5)),
        fails(counted, minlength=-1),
    ],
    "histc": [
        s(T(9, grad=False), 4),
        s(T(9, grad=False), 4, -1, 1),
        s(T(9, grad=False), bins=5, min=-2, max=2),
        s(T(values=[1.0, 1.0], grad=False), 4),
        s(T(2, 3, grad=False)),
        fails(x, 0),
        fails(x, 4, 1, -1),
        fails(T(3, dtype="int64")),
    ],
    "histogram": [
        s(T(9, grad=False), 4),
        s(T(9, grad=False), 4, range=(-1.0, 1.0)),
        s(T(9, grad=False), T(values=[-1.0, 0.0, 0.5], grad=False)),
        s(T(9, grad=False), 4, range=(-1.0, 1.0), density=True),
        s(T(3, grad=False), T(values=[-1.0, 0.0, 1.0], grad=False), weight=T(3, grad=False)),
        fails(T(3, grad=False), 4, range=(1.0, 0.0)),
        fails(whole, 4),
    ],
}
