"""Sample calls: losses."""

from __future__ import annotations

from math import inf

from .samples import Sample, T, fails, rough, s

F = "nn.functional"
x = T(3, 4)
y = T(3, 4)
logits = T(3, 5)
target = T(values=[1, 2, 0], dtype="int64")
some = T(values=[1, -100, 0], dtype="int64")
none = T(values=[-100, -100, -100], dtype="int64")
beyond = T(values=[1, 2, 10], dtype="int64")
below = T(values=[1, -1, 0], dtype="int64")
small = T(values=[1, 2, 0], dtype="uint8")
weights = T(5, low=0.1, grad=False)
shares = T(3, 5, low=0.1, high=0.9)
plane = T(2, 5, 3)
plane_target = T(2, 3, low=0, high=5, dtype="int64")
image = T(2, 5, 3, 2)
image_target = T(2, 3, 2, low=0, high=5, dtype="int64")
deep = T(2, 5, 3, 2, 2)
deep_target = T(2, 3, 2, 2, low=0, high=5, dtype="int64")
signs = T(values=[[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0], [-1.0, 1.0, 1.0, 1.0]], grad=False)
sign = T(values=[1.0, -1.0, 1.0], grad=False)
chance = T(3, 4, low=0.1, high=0.9)
chance_target = T(3, 4, low=0.1, high=0.9, grad=False)
factors = T(3, 4, low=0.1, grad=False)
labels = T(values=[[3, 0, -1, 1], [0, -1, 1, 2], [-1, 0, 0, 0]], dtype="int64")


def _reductions(*args: object, **kwargs: object) -> list[Sample]:
    return [s(*args, **kwargs, reduction=r) for r in ("mean", "sum", "none")]


def _usual(*args: object, **kwargs: object) -> list[Sample]:
    return [
        *_reductions(*args, **kwargs),
        fails(*args, **kwargs, reduction="average"),
        s(*args, **kwargs, size_average=False),
        s(*args, **kwargs, reduce=False),
    ]


def _half(dtype: str) -> Sample:
    return s(T(3, 5, dtype=dtype), target)


_number = [
    s(x, T(4)),
    fails(x, T(5)),
    s(x, T(3, 4, dtype="float64")),
    s(T(3, 4, dtype="bfloat16"), T(3, 4, dtype="bfloat16")),
    fails(x, 3),
    fails(x),
]

SAMPLES: dict[str, list[Sample]] = {
    f"{F}.cross_entropy": [
        *_usual(logits, target),
        s(logits, some),
        rough(logits, none),
        s(logits, none, reduction="none"),
        s(logits, target, ignore_index=2),
        *_reductions(logits, target, weight=weights),
        s(logits, target, weight=weights, ignore_index=2),
        *_reductions(logits, target, label_smoothing=0.1),
        s(logits, some, label_smoothing=0.3, weight=weights),
        s(logits, target, label_smoothing=-0.1),
        s(logits, small),
        s(T(5), T(values=1, dtype="int64")),
        *_reductions(logits, shares),
        *_reductions(logits, shares, weight=T(5)),
        s(logits, shares, label_smoothing=0.2),
        s(T(5), T(5, low=0.1)),
        *_reductions(plane, plane_target),
        *_reductions(image, image_target, weight=weights),
        *_reductions(deep, deep_target),
        s(plane, T(2, 5, 3, low=0.1)),
        s(image, image_target, label_smoothing=0.1, reduction="none"),
        rough(T(0, 5), T(0, dtype="int64")),
        _half("bfloat16"),
        _half("float16"),
        fails(logits, beyond),
        fails(logits, below),
        fails(logits, beyond, label_smoothing=0.1),
        fails(logits, target, label_smoothing=1.1),
        fails(logits, target, label_smoothing="a"),
        fails(logits, target, weight=T(4, grad=False)),
        fails(logits, target, weight=T(5, dtype="float64", grad=False)),
        fails(logits, target, weight=T(5)),
        fails(logits, T(2, low=0, dtype="int64")),
        fails(logits, T(3, 1, low=0, dtype="int64")),
        fails(logits, T(3)),
        fails(logits, T(3, low=0, dtype="int32")),
        fails(logits, T(3, 5, low=0, dtype="int64")),
        fails(logits, shares, ignore_index=2),
        fails(logits, T(3, 4)),
        fails(T(5), T(2, low=0, dtype="int64")),
        fails(image, T(2, 3, 3, low=0, dtype="int64")),
        fails(image, T(2, 3, low=0, dtype="int64")),
        fails(plane, T(2, 2, low=0, dtype="int64")),
        fails(plane, T(3, 3, low=0, dtype="int64")),
        fails(T(3, 5, dtype="int64"), target),
        fails(logits),
        fails(3, 4),
        fails(logits, target, ignore_index=1.5),
    ],
    f"{F}.nll_loss": [
        *_usual(logits, target),
        *_reductions(logits, target, weight=weights),
        s(logits, some, ignore_index=-100),
        s(T(5), T(values=1, dtype="int64")),
        *_reductions(plane, plane_target),
        *_reductions(image, image_target),
        fails(logits, beyond),
        fails(logits, T(3)),
        fails(T(), T(values=0, dtype="int64")),
        fails(plane, plane_target, weight=T(4, grad=False)),
        fails(3, 4),
    ],
    f"{F}.mse_loss": [
        *_usual(x, y),
        *_number,
        *_reductions(x, y, weight=factors),
        fails(x, y, weight=T(4)),
        fails(T(3, 4, dtype="int64"), T(3, 4, dtype="int64")),
    ],
    f"{F}.l1_loss": [
        *_usual(x, y),
        *_number,
        *_reductions(x, y, weight=factors),
        rough(T(values=[0.0, 1.0]), T(values=[0.0, 1.0])),
        fails(T(3, 4, dtype="int64"), T(3, 4, dtype="int64")),
    ],
    f"{F}.smooth_l1_loss": [
        *_usual(x, y),
        *_reductions(x, y, beta=0.3),
        *_number,
        s(x, y, beta=0),
        rough(T(values=[0.0, 1.0, 2.0]), T(values=[0.0, 0.0, 1.0])),
        fails(x, y, beta=-1),
    ],
    f"{F}.huber_loss": [
        *_reductions(x, y, delta=0.5),
        s(x, T(4)),
        *_reductions(x, y, weight=factors),
        rough(T(values=[0.0, 1.0, 2.0]), T(values=[0.0, 0.0, 1.0])),
        fails(x, y, delta=0),
        fails(x, y, weight=T(4)),
    ],
    f"{F}.binary_cross_entropy": [
        *_usual(chance, chance_target),
        *_reductions(chance, chance, weight=T(4, grad=False)),
        rough(T(values=[0.0, 1.0, 0.5]), T(values=[0.0, 0.5, 1.0], grad=False), reduction="none"),
        fails(x, chance_target),
        fails(chance, T(4, grad=False)),
        fails(chance, T(3, 4, dtype="float64", grad=False)),
        fails(chance, chance_target, weight=T(5, grad=False)),
        fails(chance, chance_target, weight=T(4)),
        fails(chance, 3),
    ],
    f"{F}.binary_cross_entropy_with_logits": [
        *_usual(x, chance_target),
        *_reductions(x, chance, weight=T(4, grad=False)),
        *_reductions(x, chance_target, pos_weight=T(4, low=0.1, grad=False)),
        s(T(3, 4, low=-100, high=100), chance_target, reduction="none"),
        rough(T(values=[0.0, -0.0, inf]), T(values=[0.0, 1.0, 0.5], grad=False), reduction="none"),
        fails(x, T(4, grad=False)),
        fails(x, chance_target, weight=T(5, grad=False)),
        fails(x, chance_target, pos_weight=T(4)),
        fails(x, T(3, 4, low=0, high=2, dtype="int64")),
        fails(x, 3),
    ],
    "binary_cross_entropy_with_logits": [s(x, chance_target)],
    f"{F}.kl_div": [
        *_usual(x, chance),
        s(x, chance, reduction="batchmean"),
        *_reductions(x, y, log_target=True),
        s(x, y, reduction="batchmean", log_target=True),
        rough(x, T(values=[0.0, 0.5, 0.5, 0.0], grad=False), reduction="none"),
        fails(x, T(5)),
        fails(T(3, 4, dtype="int64"), T(3, 4, dtype="int64")),
    ],
    "kl_div": [s(x, chance)],
    f"{F}.hinge_embedding_loss": [
        *_usual(x, signs),
        *_reductions(x, signs, margin=0.4),
        rough(T(values=[1.0]), T(values=[-1.0], grad=False)),
        fails(x, T(5)),
        fails(x, 3),
        fails(x, signs, margin="a"),
    ],
    "hinge_embedding_loss": [s(x, signs)],
    f"{F}.margin_ranking_loss": [
        *_usual(T(3), T(3), sign),
        *_reductions(T(3), T(3), sign, margin=0.5),
        rough(T(values=[1.0]), T(values=[1.0]), T(values=[1.0], grad=False)),
        fails(x, x, sign),
        fails(T(3), T(4), sign),
    ],
    "margin_ranking_loss": [s(T(3), T(3), sign)],
    f"{F}.cosine_embedding_loss": [
        *_usual(x, y, sign),
        *_reductions(x, y, sign, margin=0.1),
        s(T(4), T(4), T(values=1, grad=False)),
        fails(x, y, T(3, 4, grad=False)),
        fails(x, T(3, 5), sign),
        fails(T(4), T(4), sign),
    ],
    "cosine_embedding_loss": [s(x, y, sign)],
    f"{F}.triplet_margin_loss": [
        *_usual(x, y, T(3, 4)),
        *_reductions(x, y, T(3, 4), margin=2.0, p=1, swap=True),
        s(T(4), T(4), T(4)),
        fails(x, T(4), T(4)),
        fails(x, y, T(3, 4), margin=-1),
    ],
    "triplet_margin_loss": [s(x, y, T(3, 4))],
    f"{F}.triplet_margin_with_distance_loss": [
        *_reductions(x, y, T(3, 4)),
        s(x, y, T(3, 4), swap=True, margin=0.5),
        fails(x, y, T(3, 4), margin=-1),
        fails(x, y, T(3, 4), reduction="average"),
    ],
    f"{F}.soft_margin_loss": [*_usual(x, signs), fails(x, y), fails(x, T(5, grad=False))],
    f"{F}.multi_margin_loss": [
        *_usual(x, target),
        *_reductions(x, target, p=2, margin=0.5),
        *_reductions(x, target, weight=T(4, low=0.1, grad=False)),
        s(T(4), T(values=1, dtype="int64")),
        fails(x, T(values=[1, 2, 4], dtype="int64")),
        fails(x, T(2, low=0, dtype="int64")),
        fails(x, target, p=3),
        fails(x, T(3)),
        fails(T(3, 4, 5), target),
        fails(x, target, weight=T(5, grad=False)),
    ],
    f"{F}.multilabel_margin_loss": [
        *_usual(x, labels),
        s(T(4), T(values=[3, 0, -1, 1], dtype="int64")),
        fails(T(4), T(values=[3, 4, -1, 1], dtype="int64")),
        fails(T(4), T(values=[3, -2, -1, 1], dtype="int64")),
        fails(x, T(4, low=0, dtype="int64")),
        fails(T(4), T(4)),
    ],
    f"{F}.multilabel_soft_margin_loss": [
        *_reductions(x, chance_target),
        *_reductions(x, chance_target, weight=T(4, grad=False)),
        fails(x, chance_target, reduction="average"),
    ],
    f"{F}.poisson_nll_loss": [
        *_usual(x, T(3, 4, low=0, high=3, grad=False)),
        *_reductions(T(3, 4, low=0.1), T(3, 4, low=0, high=3, grad=False), log_input=False),
        *_reductions(x, T(3, 4, low=0.1, high=3, grad=False), full=True),
    ],
    f"{F}.gaussian_nll_loss": [
        *_reductions(x, y, T(3, 4, low=0.1)),
        *_reductions(x, y, T(3, 1, low=0.1), full=True),
        s(x, y, T(3, low=0.1)),
        s(x, y, 0.5),
        rough(x, y, T(values=[[0.0], [1.0], [2.0]])),
        fails(x, y, -0.5),
        fails(x, y, y),
        fails(x, y, T(5, low=0.1)),
        fails(x, y, T(3, 4, low=0.1), reduction="average"),
    ],
}
