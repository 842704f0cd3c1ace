"""Sample calls: interpolation and grid sampling."""

from __future__ import annotations

from .samples import Sample, T, fails, rough, s

F = "nn.functional"
line = T(1, 2, 4)
image = T(1, 2, 4, 5)
volume = T(1, 2, 3, 2, 3)
picture = T(2, 3, 4, 5)
grid = T(2, 3, 4, 2, low=-1.3, high=1.3)
solid = T(1, 2, 3, 4, 3)
places = T(1, 2, 3, 2, 3, low=-1.3, high=1.3)


def _sampled(*args: object, **kwargs: object) -> Sample:
    sample = rough(*args, **kwargs)
    sample.second = False
    return sample


SAMPLES: dict[str, list[Sample]] = {
    f"{F}.interpolate": [
        s(image, (8, 7)),
        s(image, 3),
        s(image, scale_factor=2),
        s(image, scale_factor=(1.5, 2.3)),
        s(image, scale_factor=1.7, recompute_scale_factor=True),
        s(line, scale_factor=2.5),
        s(volume, (2, 4, 5)),
        s(image, (8, 7), mode="nearest-exact"),
        s(volume, scale_factor=1.7, mode="nearest-exact"),
        s(line, 7, mode="linear"),
        s(line, 7, mode="linear", align_corners=True),
        s(image, scale_factor=2, mode="bilinear"),
        s(image, scale_factor=1.7, mode="bilinear"),
        s(image, scale_factor=1.7, mode="bilinear", recompute_scale_factor=True),
        s(image, (3, 9), mode="bilinear", align_corners=True),
        s(volume, (2, 4, 6), mode="trilinear"),
        s(image, (3, 9), mode="bicubic"),
        s(image, (3, 9), mode="bicubic", align_corners=True),
        s(image, (2, 3), mode="area"),
        s(line, 3, mode="area"),
        s(image, (8, 7), mode="bilinear", antialias=True),
        s(T(1, 2, 8, 9), (3, 4), mode="bilinear", antialias=True),
        s(T(1, 2, 8, 9), (3, 4), mode="bicubic", antialias=True),
        s(T(1, 2, 4, 5, dtype="bfloat16"), 7, mode="bilinear"),
        s(T(1, 2, 4, 5, low=0, dtype="uint8"), 3),
        fails(image),
        fails(image, 3, 2),
        fails(image, (3,)),
        fails(image, scale_factor=(2,)),
        fails(image, (3, 3), mode="linear"),
        fails(line, 3, mode="bicubic"),
        fails(image, 3, mode="smooth"),
        fails(T(4, 5), 3),
        fails(image, 3, align_corners=True),
        fails(image, 3, antialias=True),
        fails(image, 3, recompute_scale_factor=True),
        fails(image, 0),
        fails(image, scale_factor=0.1),
        fails(T(1, 0, 4, 5), 3),
        fails(T(1, 2, 4, 5, dtype="int64"), 3),
    ],
    f"{F}.upsample": [s(image, scale_factor=2)],
    f"{F}.upsample_nearest": [s(image, scale_factor=2)],
    # Asked in no other dtype: of images of bytes only the nearest neighbours are there.
    f"{F}.upsample_bilinear": [s(T(1, 2, 4, 5, dtype="float64"), scale_factor=2)],
    f"{F}.affine_grid": [
        s(T(2, 2, 3), (2, 1, 4, 5), align_corners=False),
        s(T(2, 2, 3), (2, 1, 4, 5), align_corners=True),
        s(T(2, 3, 4), (2, 1, 3, 4, 5), align_corners=False),
        fails(T(2, 3, 3), (2, 1, 4, 5), align_corners=False),
        fails(T(2, 2, 3), (2, 1, 4, 0), align_corners=False),
        fails(T(2, 2, 3), (2, 1, 4), align_corners=False),
    ],
    f"{F}.grid_sample": [
        _sampled(picture, grid, align_corners=False),
        _sampled(picture, grid, align_corners=True),
        _sampled(picture, grid, mode="nearest", align_corners=False),
        _sampled(picture, grid, mode="bicubic", align_corners=False),
        _sampled(picture, grid, padding_mode="border", align_corners=False),
        _sampled(picture, grid, padding_mode="reflection", align_corners=False),
        _sampled(picture, grid, padding_mode="reflection", align_corners=True),
        _sampled(picture, grid, mode="bicubic", padding_mode="reflection", align_corners=True),
        _sampled(picture, grid, mode="bicubic", padding_mode="border", align_corners=True),
        _sampled(solid, places, align_corners=False),
        _sampled(solid, places, padding_mode="reflection", align_corners=False),
        _sampled(solid, places, mode="nearest", align_corners=False),
        fails(solid, places, mode="bicubic", align_corners=False),
        fails(picture, grid, mode="smooth"),
        fails(picture, grid, padding_mode="around"),
        fails(picture, T(3, 3, 4, 2), align_corners=False),
        fails(picture, T(2, 3, 4, 3), align_corners=False),
        fails(T(2, 3, 0, 5), grid, align_corners=False),
        fails(T(2, 3, 4, 5, dtype="float64"), grid, align_corners=False),
    ],
}
