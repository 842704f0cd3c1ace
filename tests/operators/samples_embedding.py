"""Sample calls: embeddings and one_hot."""

from __future__ import annotations

from .samples import Sample, T, fails, rough, s

F = "nn.functional"
table = T(4, 3)
index = T(values=[1, 2, 0], dtype="int64")
pairs = T(values=[[1, 2], [0, 3]], dtype="int64")
twice = T(values=[1, 2, 1], dtype="int64")
line = T(values=[1, 2, 0, 3], dtype="int64")
begins = T(values=[0, 2], dtype="int64")


def _bag(*args: object, **kwargs: object) -> Sample:
    sample = s(*args, **kwargs)
    sample.second = False
    return sample


def _scaled(*args: object, **kwargs: object) -> Sample:
    # The gradient is, by definition, not the derivative.
    sample = rough(*args, **kwargs)
    sample.second = False
    return sample


SAMPLES: dict[str, list[Sample]] = {
    f"{F}.embedding": [
        s(index, table),
        s(pairs, table),
        s(T(values=1, dtype="int64"), table),
        _scaled(index, table, padding_idx=2),
        _scaled(index, table, padding_idx=-2),
        _scaled(twice, table, scale_grad_by_freq=True),
        s(T(3, low=0, dtype="int32"), table),
        s(T(0, dtype="int64"), table),
        s(index, T(4, 3, dtype="bfloat16")),
        s(index, T(4, 3, grad=False), max_norm=0.5),
        s(index, T(4, 3, grad=False), max_norm=0.5, norm_type=1.0),
        fails(index, table, padding_idx=4),
        fails(index, table, padding_idx=-5),
        fails(T(values=[1, 4], dtype="int64"), table),
        fails(T(values=[1, -1], dtype="int64"), table),
        fails(T(2), table),
        fails(T(2, low=0, dtype="uint8"), table),
        fails(index, T(4)),
        fails(table, index),
        fails([1, 2], table),
    ],
    "embedding": [s(table, index), _scaled(table, index, padding_idx=1), fails(index, table)],
    f"{F}.embedding_bag": [
        _bag(line, table, begins),
        _bag(line, table, T(values=[0, 2, 2], dtype="int64"), mode="sum"),
        _bag(line, table, T(values=[0, 0, 2], dtype="int64"), mode="max"),
        _bag(pairs, table),
        _bag(pairs, table, mode="max"),
        _bag(line, table, T(values=[0, 2, 4], dtype="int64"), include_last_offset=True),
        _bag(line, table, begins, mode="sum", per_sample_weights=T(4)),
        _scaled(line, table, begins, padding_idx=2),
        fails(line, table),
        fails(line, table, T(1, 2, low=0, dtype="int64")),
        fails(pairs, table, begins),
        fails(line, table, begins, mode="median"),
        fails(line, table, T(values=[1, 2], dtype="int64")),
        fails(line, table, T(values=[0, 5], dtype="int64")),
        fails(line, table, begins, per_sample_weights=T(4)),
    ],
    f"{F}.one_hot": [
        s(index),
        s(index, 5),
        s(pairs, num_classes=4),
        s(T(0, dtype="int64"), 3),
        fails(index, 2),
        fails(T(values=[1, -2], dtype="int64")),
        fails(T(values=[1, -2], dtype="int64"), 3),
        fails(index, 0),
        fails(T(2)),
        fails(T(0, dtype="int64")),
        fails(3),
    ],
}
