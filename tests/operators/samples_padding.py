"""Sample calls: padding, shuffles, sliding blocks."""

from __future__ import annotations

from .samples import Sample, T, fails, repacked, s

F = "nn.functional"
x = T(2, 3)
line = T(1, 2, 4)
image = T(1, 2, 3, 4)
volume = T(1, 2, 3, 4, 3)
pixels = T(1, 8, 2, 3)
whole = T(1, 2, 4, dtype="int64")


def _modes(mode: str) -> list[Sample]:
    return [
        s(line, (1, 2), mode),
        s(x, (1, 2), mode),
        s(image, (1, 2, 1, 0), mode),
        s(T(2, 3, 4), (1, 2, 1, 0), mode),
        s(volume, (1, 2, 1, 0, 1, 1), mode),
        s(line, (-1, 1), mode),
        s(whole, (1, 2), mode),
        s(T(1, 2, 4, dtype="bfloat16"), (1, 2), mode),
        fails(image, (1, 2), mode),
        fails(line, (1, 2), mode, 1.0),
    ]


SAMPLES: dict[str, list[Sample]] = {
    f"{F}.pad": [
        s(x, (1, 2)),
        s(x, (1, 2, 3, 0)),
        s(x, (1, 2), value=1.5),
        s(x, (-1, 2)),
        s(x, ()),
        s(x, [1, 2]),
        s(T(2, 3, dtype="int64"), (1, 2), value=2.7),
        s(T(2, 3, dtype="bool"), (1, 2), value=True),
        s(T(1, 2, 0), (1, 2)),
        *_modes("reflect"),
        *_modes("replicate"),
        *_modes("circular"),
        fails(x, (-2, -2)),
        fails(x, (1,)),
        fails(x, (1, 1, 1, 1, 1, 1)),
        fails(x, (1.5, 2)),
        fails(x, 3),
        fails(x, (1, 2), "mirror"),
        fails(x, (3, 2), "reflect"),
        fails(image, (1, 2, 3, 0), "reflect"),
        fails(image, (1, 2, 4, 0), "circular"),
        fails(T(1, 0, 3), (1, 2), "reflect"),
        fails(T(1, 2, 0), (1, 2), "replicate"),
        fails(T(1, 2, 3, dtype="bool"), (1, 2), "reflect"),
        fails(T(), (1, 2)),
        fails(3, (1, 2)),
        fails(x, (1, 2), value="a"),
    ],
    "constant_pad_nd": [s(x, (1, 2)), s(x, (1, 2), 3), fails(x, (1,))],
    f"{F}.pixel_shuffle": [
        s(pixels, 2),
        s(T(8, 2, 3), 2),
        s(T(2, 1, 8, 2, 3), 2),
        fails(x, 2),
        fails(T(1, 7, 2, 3), 2),
        fails(pixels, 0),
        fails(pixels, 2.0),
    ],
    "pixel_shuffle": [s(pixels, 2)],
    f"{F}.pixel_unshuffle": [
        s(T(1, 2, 4, 6), 2),
        s(T(2, 4, 6), 2),
        fails(T(1, 2, 5, 6), 2),
        fails(T(1, 2, 4, 5), 2),
        fails(T(1, 2, 4, 6), 0),
        fails(T(2, 4), 2),
    ],
    "pixel_unshuffle": [s(T(1, 2, 4, 6), 2)],
    f"{F}.channel_shuffle": [
        s(T(1, 6, 2, 3), 2),
        s(T(1, 6, 2), 3),
        fails(T(1, 6, 2, 3), 4),
        fails(T(1, 6, 2, 3), 0),
        fails(T(6, 2), 2),
    ],
    "channel_shuffle": [s(T(1, 6, 2, 3), 2)],
    "native_channel_shuffle": [s(T(1, 6, 2, 3, grad=False), 2)],
    f"{F}.native_channel_shuffle": [s(T(1, 6, 2, 3, grad=False), 2)],
    f"{F}.unfold": [
        repacked(T(1, 2, 4, 5), 2),
        repacked(T(2, 4, 5), (2, 3), padding=1, stride=2),
        repacked(T(1, 2, 4, 5), (2, 3), dilation=(2, 1), padding=(0, 1), stride=(1, 2)),
        fails(T(4, 5), 2),
        fails(T(1, 2, 4, 5), 7),
        fails(T(1, 2, 4, 5), 0),
        fails(T(1, 2, 4, 5), 2, stride=0),
        fails(T(1, 2, 4, 5), 2, padding=-1),
        fails(T(1, 2, 4, 5), (2, 2, 2)),
        fails(T(1, 0, 4, 5), 2),
        fails(T(1, 2, 4, 5, dtype="int64"), 2),
    ],
    f"{F}.fold": [
        repacked(T(1, 8, 12), (4, 5), 2),
        repacked(T(8, 12), (4, 5), 2),
        repacked(T(1, 8, 6), (4, 5), 2, stride=(2, 1), dilation=(1, 2)),
        fails(T(1, 8, 11), (4, 5), 2),
        fails(T(1, 7, 12), (4, 5), 2),
        fails(T(1, 8, 12), (4, 5), 0),
        fails(T(12), (4, 5), 2),
    ],
}
