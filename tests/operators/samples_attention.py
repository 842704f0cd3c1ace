"""Sample calls: scaled dot-product attention."""

from __future__ import annotations

from .samples import Sample, T, fails, s

F = "nn.functional"
q, k, v = T(2, 3, 4, 5), T(2, 3, 6, 5), T(2, 3, 6, 5)
mask = T(4, 6, grad=False)
causal = {"is_causal": True}


def _fused(*args: object, **kwargs: object) -> Sample:
    sample = s(*args, **kwargs)
    sample.second = False
    return sample


SAMPLES: dict[str, list[Sample]] = {
    f"{F}.scaled_dot_product_attention": [
        _fused(q, k, v),
        s(q, k, T(2, 3, 6, 7)),
        s(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5)),
        s(T(4, 5), T(6, 5), T(6, 5)),
        _fused(q, k, v, **causal),
        _fused(q, k, v, scale=0.3),
        _fused(q, k, v, attn_mask=mask),
        s(q, k, v, attn_mask=T(4, 6)),
        _fused(
            q,
            k,
            v,
            attn_mask=T(values=[[True] * 6, [False] * 6, [True, False] * 3, [False, True] * 3], dtype="bool"),
        ),
        _fused(T(2, 4, 4, 5), T(2, 2, 6, 5), T(2, 2, 6, 5), enable_gqa=True),
        s(T(4, 5), T(6, 5), T(6, 5), dropout_p=1.0),
        fails(q, T(2, 3, 6, 4), v),
        fails(q, T(2, 2, 6, 5), v),
        fails(T(5), T(6, 5), T(6, 5)),
        fails(q, T(2, 3, 6, 5, dtype="float64"), v),
        fails(q, T(2, 2, 6, 5), T(2, 2, 6, 5), enable_gqa=True),
        fails(q, k, v, attn_mask=T(5, 6, grad=False)),
        fails(q, k, v, attn_mask=T(4, 6, dtype="float64", grad=False)),
        fails(q, k, v, dropout_p=1.5),
        fails(q, k, 3),
    ],
}
