"""Sample calls: normalization and distances."""

from __future__ import annotations

from .samples import Sample, T, fails, s

F = "nn.functional"
batch = T(4, 3, 5)
image = T(2, 4, 3, 2)
channels = T(4)
scales = T(4, low=0.5)
mean = T(4, grad=False)
var = T(4, low=0.5, grad=False)
rows = T(3, 4)


def _half(*args: object) -> Sample:
    return s(T(6, 4, 5, dtype="bfloat16"), *args)


SAMPLES: dict[str, list[Sample]] = {
    f"{F}.batch_norm": [
        s(T(5, 4), None, None, training=True),
        s(batch, None, None, training=True),
        s(image, None, None, scales, channels, training=True),
        s(image, mean, var, scales, channels, training=False),
        s(image, mean, var),
        s(image, mean, var, scales, None, True, 0.3, 1e-3),
        s(T(1, 4), mean, var),
        s(T(0, 4, 3), mean, var),
        fails(image, None, None),
        fails(image, mean, None, training=True),
        fails(image, T(5, grad=False), T(5, grad=False), training=True),
        fails(image, mean, T(5, grad=False), training=True),
        fails(image, mean, var, T(5), training=True),
        fails(image, mean, var, scales, T(5), training=True),
        fails(T(1, 4), None, None, training=True),
        fails(T(4), mean, var),
        fails(T(3, 4, dtype="int64"), None, None, training=True),
        fails(T(3, 4, dtype="float64"), mean, var, training=True),
        fails(T(3, 4), T(4, dtype="float64", grad=False), T(4, dtype="float64", grad=False), training=True),
        fails(T(3, 4), None, None, training=1),
        fails(T(3, 4), None, None, training=True, eps=0.0),
        fails(T(3, 4)),
    ],
    "batch_norm": [s(image, scales, channels, mean, var, True, 0.1, 1e-5, False)],
    f"{F}.instance_norm": [
        s(batch),
        s(image, mean, var, scales, channels),
        s(image, mean, var, scales, channels, use_input_stats=False),
        fails(image, None, None, use_input_stats=False),
        fails(T(3, 4), None, None),
        fails(T(3, 4, 1)),
        fails(image, T(5, grad=False), T(5, grad=False)),
        fails(image, None, None, T(5)),
    ],
    "instance_norm": [s(batch, None, None, None, None, True, 0.1, 1e-5, False)],
    f"{F}.layer_norm": [
        s(rows, (4,)),
        s(T(3, 4, 5), (4, 5), T(4, 5), T(4, 5)),
        s(T(3, 4, 5), [5], T(5)),
        s(T(3, 4, 5), [5], eps=0.5),
        s(T(0, 4), (4,)),
        _half((5,)),
        fails(rows, 4),
        fails(rows, (5,)),
        fails(rows, ()),
        fails(rows, (4,), T(5)),
        fails(rows, (4,), T(4), T(5)),
        fails(rows, (4,), T(4, dtype="float64")),
        fails(T(3, 4, dtype="float64"), (4,), T(4)),
        fails(3, (4,)),
    ],
    "layer_norm": [s(rows, (4,))],
    f"{F}.group_norm": [
        s(T(3, 4, 5), 2),
        s(image, 2, scales, channels),
        s(T(3, 4, 5), 4, scales),
        s(T(3, 4, 5), 1, scales, channels),
        s(T(0, 4, 5), 2),
        _half(2),
        fails(T(3, 4, 5), 3),
        fails(T(3, 4, 5), 0),
        fails(T(3, 4, 5), -1),
        fails(T(4), 2),
        fails(T(3, 4, 5), 2, T(5)),
        fails(T(3, 4, 5), 2, scales, T(5)),
        fails(T(1, 4), 4),
    ],
    "group_norm": [s(T(3, 4, 5), 2)],
    f"{F}.rms_norm": [
        s(rows, (4,)),
        s(T(3, 4, 5), (4, 5), T(4, 5)),
        s(T(3, 4, 5), [5], T(5), eps=0.1),
        s(T(3, 4, dtype="float64"), (4,), T(4)),
        s(T(3, 4, dtype="bfloat16"), (4,)),
        fails(rows, (5,)),
        fails(rows, ()),
        fails(rows, (4,), T(5)),
    ],
    "rms_norm": [s(rows, (4,))],
    f"{F}.cosine_similarity": [
        s(rows, T(3, 4)),
        s(rows, T(3, 4), dim=0),
        s(rows, T(1, 4), dim=-1, eps=0.1),
        s(rows, T(4), dim=-1),
        s(T(3, 4, 2), T(3, 4, 2)),
        fails(rows, T(3, 5)),
        fails(rows, T(3, 4), dim=2),
        fails(T(3, 4, dtype="int64"), T(3, 4, dtype="int64")),
    ],
    "cosine_similarity": [s(rows, T(3, 4))],
    f"{F}.pairwise_distance": [
        s(rows, T(3, 4)),
        s(rows, T(3, 4), p=1, eps=0.1, keepdim=True),
        s(rows, T(4), p=3),
        s(T(4), T(4)),
        fails(rows, T(3, 5)),
    ],
    "pairwise_distance": [s(rows, T(3, 4))],
    f"{F}.normalize": [s(rows), s(rows, p=1, dim=0), s(rows, p=3.5, dim=-1, eps=0.5), fails(rows, dim=2)],
    f"{F}.local_response_norm": [s(batch, 2), s(image, 3, alpha=0.1, beta=0.5, k=2.0), fails(rows, 2)],
}
