"""Sample calls: convolutions and transposed convolutions."""

from __future__ import annotations

from .samples import Sample, T, fails, s

F = "nn.functional"
image = T(2, 4, 6, 7)
weight = T(6, 4, 3, 2)
bias = T(6)
grey = T(2, 1, 6, 6)
one = T(4, 6, 7)
whole = T(2, 4, 6, 7, dtype="int64")
bad_bias = T(5)


def _half(dtype: str) -> Sample:
    return s(T(2, 4, 5, 5, dtype=dtype), T(6, 4, 3, 3, dtype=dtype), T(6, dtype=dtype))


SAMPLES: dict[str, list[Sample]] = {
    "conv1d": [
        s(T(2, 4, 9), T(6, 4, 3), bias, 2, 1, 2),
        s(T(4, 9), T(6, 4, 3)),
        s(T(4, 9), T(6, 4, 3), padding="same"),
        s(T(3, 1, 9), T(6, 1, 3), bias),
        fails(T(2, 4, 8, 8), T(6, 4, 3)),
        fails(T(2, 4, 2), T(6, 4, 3)),
        fails(T(2, 4, 8), T(6, 4, 3), stride=(1, 2)),
    ],
    f"{F}.conv1d": [s(T(2, 4, 9), T(6, 4, 3)), s(T(2, 4, 9), T(6, 4, 3), padding="valid")],
    "conv2d": [
        s(image, weight, bias),
        s(image, weight),
        s(image, weight, bias, stride=2, padding=(1, 0), dilation=(1, 2)),
        s(grey, T(3, 1, 3, 3), T(3), padding=1),
        s(T(1, 10, 6, 6), T(4, 10, 3, 3), T(4), stride=(2, 1), padding=1),
        s(T(5, 10, 6, 6), T(4, 10, 3, 3), T(4), padding=1),
        s(image, T(6, 2, 3, 3), bias, groups=2, padding=1),
        s(image, T(8, 1, 3, 3), T(8), groups=4, stride=2, padding=1),
        s(T(2, 32, 4, 4), T(32, 2, 3, 3), groups=16),
        s(one, weight, bias),
        s(image, weight, padding="same"),
        s(image, T(6, 4, 3, 3), bias, padding="same", dilation=2),
        s(image, weight, padding="valid", stride=2),
        s(T(0, 4, 6, 7), weight, bias),
        s(whole, T(6, 4, 3, 2, dtype="int64"), T(6, dtype="int64")),
        s(T(2, 1, 5, 5, dtype="int32"), T(6, 1, 3, 3, dtype="int32")),
        _half("bfloat16"),
        _half("float16"),
        fails(T(2, 5, 6, 7), weight),
        fails(T(5, 6, 7), weight),
        fails(T(6, 7), weight),
        fails(image, T(6, 4)),
        fails(image, T(6, 4, 3)),
        fails(image, weight, bad_bias),
        fails(image, weight, T(6, 1)),
        fails(T(2, 4, 2, 2), T(6, 4, 3, 3)),
        fails(T(2, 4, 6, 7, dtype="float64"), weight),
        fails(image, T(6, 4, 3, 2, dtype="float64")),
        fails(T(1, 4, 3, 3), T(6, 4, 3, 2, dtype="float64")),
        fails(image, weight, T(6, dtype="float64")),
        fails(T(2, 4, 6, 7, dtype="bool"), T(6, 4, 3, 2, dtype="bool")),
        fails(T(2, 4, 6, 7, dtype="complex64"), weight),
        fails(image, weight, stride=0),
        fails(image, weight, padding=-1),
        fails(image, weight, dilation=0),
        fails(image, weight, dilation=(1, -1)),
        fails(image, weight, groups=0),
        fails(image, weight, groups=2),
        fails(image, T(6, 1, 3, 3), groups=4),
        fails(image, T(1, 2, 3, 3), groups=2),
        fails(image, weight, stride=(1, 1, 1)),
        fails(image, weight, padding=(1, 2, 3)),
        fails(image, weight, padding="same", stride=2),
        fails(image, weight, padding="around"),
        fails(image, weight, padding="same", dilation=(2, 2, 2)),
        fails(T(2, 5, 6, 7), weight, padding="same"),
        fails(T(1, 4, 0, 8), T(6, 4, 1, 1)),
        fails(image),
        fails(image, 3),
        fails(image, weight, None, "a"),
    ],
    f"{F}.conv2d": [s(image, weight), s(image, weight, padding="valid")],
    "conv3d": [
        s(T(2, 2, 4, 5, 3), T(3, 2, 2, 3, 2), T(3), (1, 2, 1), 1),
        s(T(2, 4, 5, 3), T(3, 2, 3, 3, 3), padding="same"),
        fails(T(4, 6, 7), T(3, 2, 3, 3, 3)),
        fails(T(2, 2, 1, 6, 7), T(3, 2, 3, 3, 3)),
    ],
    f"{F}.conv3d": [
        s(T(1, 2, 3, 3, 3), T(3, 2, 2, 2, 2)),
        s(T(1, 2, 3, 3, 3), T(3, 2, 2, 2, 2), padding="same"),
    ],
    "conv_transpose1d": [
        s(T(2, 4, 5), T(4, 6, 3), bias, 2, 1, 1),
        s(T(4, 5), T(4, 6, 3), stride=2),
        fails(T(1, 4, 3), T(4, 6, 3), output_padding=1),
    ],
    f"{F}.conv_transpose1d": [s(T(2, 4, 5), T(4, 6, 3))],
    "conv_transpose2d": [
        s(T(2, 4, 4, 5), T(4, 3, 3, 3), T(3)),
        s(T(2, 4, 4, 5), T(4, 3, 3, 3), T(3), stride=2, output_padding=1),
        s(T(2, 4, 4, 5), T(4, 3, 3, 3), stride=(2, 3), output_padding=(0, 2), padding=(1, 0)),
        s(T(2, 4, 4, 5), T(4, 3, 3, 3), dilation=3, output_padding=2),
        s(T(2, 12, 4, 5), T(12, 10, 3, 3), T(10), stride=2),
        s(T(2, 4, 4, 5), T(4, 3, 3, 3), bias, groups=2, stride=2),
        s(T(2, 4, 4, 5), T(4, 1, 3, 3), groups=4, stride=2, padding=2),
        s(T(4, 4, 5), T(4, 3, 3, 3)),
        s(T(2, 4, 4, 5, dtype="int64"), T(4, 3, 3, 3, dtype="int64")),
        s(T(2, 4, 4, 5, dtype="bfloat16"), T(4, 3, 3, 3, dtype="bfloat16"), stride=2),
        fails(T(2, 5, 4, 5), T(4, 3, 3, 3)),
        fails(T(2, 4, 4, 5), T(4, 3, 3, 3), T(5)),
        fails(T(2, 4, 4, 5), T(4, 3, 3, 3), output_padding=1),
        fails(T(2, 4, 4, 5), T(4, 3, 3, 3), output_padding=-1, stride=2),
        fails(T(1, 4, 1, 1), T(4, 3, 3, 3), padding=2),
        fails(T(2, 4, 4, 5), T(4, 3, 3, 3), groups=3),
        fails(T(2, 4, 4, 5), T(4, 3, 3, 3), padding="same"),
        fails(T(2, 4, 4, 5), T(4, 3, 3, 3, dtype="float64")),
    ],
    f"{F}.conv_transpose2d": [s(T(2, 4, 4, 5), T(4, 3, 3, 3))],
    "conv_transpose3d": [
        s(T(1, 2, 2, 3, 2), T(2, 3, 3, 2, 3), T(3), 2, 1, (1, 0, 1)),
        fails(T(1, 2, 3, 3, 3), T(2, 3, 3, 3, 3), output_padding=1),
    ],
    f"{F}.conv_transpose3d": [s(T(1, 2, 2, 3, 2), T(2, 3, 2, 2, 2))],
}
