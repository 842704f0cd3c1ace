"""Attention with several heads as one function, and the masks that it takes."""

from __future__ import annotations

import math
from typing import Any

from torchlike import dtypes
from torchlike.errors import warn
from torchlike.nn.declared import functional as F
from torchlike.nn.declared import torch
from torchlike.tensors.tensor import Tensor

__all__ = ["canonical_mask", "multi_head_attention_forward"]


def canonical_mask(
    mask: Tensor | None, name: str, other: Tensor | None, other_name: str, dtype: Any, compared: bool = True
) -> Tensor | None:
    """A mask as numbers to add: a boolean one becomes minus infinity where it is True.

    Args:
        mask: boolean or floating, or None.
        name: what it is called in messages.
        other: a second mask, whose dtype should be the same.
        other_name: what that is called.
        dtype: of the numbers.
        compared: whether to look at the other one at all.

    Raises:
        AssertionError: it is neither boolean nor floating.
    """
    if mask is None:
        return None
    if mask.dtype is not dtypes.bool_ and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if compared and other is not None and mask.dtype is not other.dtype:
        warn(f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.")
    if mask.is_floating_point():
        return mask
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, float("-inf"))


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _check_shapes(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None, heads: int
) -> bool:
    """Whether there is a batch; raises where the ranks do not go together."""
    rank = query.dim()
    _expect(
        rank in (2, 3),
        f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor",
    )
    kind = "batched (3-D)" if rank == 3 else "unbatched (2-D)"
    _expect(
        key.dim() == value.dim() == rank,
        f"For {kind} `query`, expected `key` and `value` to be {rank}-D but found {key.dim()}-D and {value.dim()}-D "
        "tensors respectively",
    )
    if padding is not None:
        _expect(
            padding.dim() == rank - 1,
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {rank - 1}-D but found {padding.dim()}-D "
            "tensor instead",
        )
    if mask is not None:
        _expect(
            mask.dim() in (2, 3),
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor "
            "instead",
        )
        wanted = (heads, query.shape[0], key.shape[0])
        _expect(
            rank == 3 or mask.dim() == 2 or mask.shape == wanted,
            f"Expected `attn_mask` shape to be {wanted} but got {mask.shape}",
        )
    return rank == 3


def _parts(projected: Tensor, count: int, size: int) -> Any:
    """Several projections that were computed as one, each contiguous."""
    return projected.unflatten(-1, (count, size)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()


def _projected(query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None) -> Any:
    """Queries, keys and values by one weight for all three, in as few products as there are different inputs."""
    size = query.shape[-1]
    if key is not value:
        weights = weight.chunk(3)
        biases = (None,) * 3 if bias is None else bias.chunk(3)
        return tuple([F.linear(*each) for each in zip((query, key, value), weights, biases, strict=True)])
    if query is key:
        together = _parts(F.linear(query, weight, bias), 3, size)
        return together[0], together[1], together[2]
    of_query, of_rest = weight.split([size, 2 * size])
    bias_of_query, bias_of_rest = (None, None) if bias is None else bias.split([size, 2 * size])
    queries = F.linear(query, of_query, bias_of_query)
    together = _parts(F.linear(key, of_rest, bias_of_rest), 2, size)
    return queries, together[0], together[1]


def _projected_apart(inputs: tuple, weights: tuple, bias: Tensor | None) -> tuple:
    """Queries, keys and values by weights of their own."""
    size = inputs[0].shape[-1]
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    for name, x, weight in zip(("query", "key", "value"), inputs, weights, strict=True):
        wanted = (size, x.shape[-1])
        _expect(
            tuple(weight.shape) == wanted,
            f"expecting {name} weights shape of {wanted}, but got {weight.shape}",
        )
    for name, part in zip(("query", "key", "value"), biases, strict=True):
        _expect(
            part is None or tuple(part.shape) == (size,),
            f"expecting {name} bias shape of {(size,)}, but got {None if part is None else part.shape}",
        )
    return tuple([F.linear(*each) for each in zip(inputs, weights, biases, strict=True)])


def _by_head(x: Tensor, batch: int, heads: int) -> Tensor:
    """(N, B, E) as (B * heads, N, E / heads)."""
    return x.view(x.shape[0], batch * heads, x.shape[-1] // heads).transpose(0, 1)


def _given(name: str, x: Tensor, batch: int, heads: int, size: int) -> Tensor:
    """Keys or values by head that the caller brings."""
    _expect(x.size(0) == batch * heads, f"expecting {name}.size(0) of {batch * heads}, but got {x.size(0)}")
    _expect(x.size(2) == size, f"expecting {name}.size(2) of {size}, but got {x.size(2)}")
    return x


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention of several heads, with the projections into them and out of them.

    `out_proj(concat_h softmax(q_h @ k_h^T / sqrt(E / heads) + mask) @ v_h)`; Vaswani et al. (2017), Attention is all
    you need. `torch.nn.MultiheadAttention` holds the weights.

    Args:
        query: (L, N, E) or (L, E).
        key, value: (S, N, E) or (S, E).
        embed_dim_to_check: E.
        num_heads: of which each sees E / num_heads features.
        in_proj_weight, in_proj_bias: (3 * E, E) and (3 * E,), for queries, keys and values.
        bias_k, bias_v: (1, 1, E), a further key and value.
        add_zero_attn: whether zeros are a further key and value.
        dropout_p: the probability with which each weight is dropped in training.
        out_proj_weight, out_proj_bias: of the projection of the heads' results.
        training: whether to drop anything.
        key_padding_mask: (N, S): True, or numbers to add, for keys to leave out.
        need_weights: whether to give the weights too.
        attn_mask: (L, S) or (N * num_heads, L, S), likewise.
        use_separate_proj_weight: whether the three weights that follow stand for `in_proj_weight`.
        q_proj_weight, k_proj_weight, v_proj_weight: for inputs of different sizes.
        static_k, static_v: (N * num_heads, S, E / num_heads) in place of the projected ones.
        average_attn_weights: whether the weights are the heads' mean.
        is_causal: a hint that `attn_mask` is the causal one.

    Returns:
        (L, N, E), and (N, L, S), (N, num_heads, L, S) or None.

    Raises:
        AssertionError, RuntimeError: sizes do not go together.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html.
    """
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        if key is value:
            # What is one tensor stays one, for which there is one product.
            of_query = query.unsqueeze(1)
            key = value = of_query if key is query else key.unsqueeze(1)
            query = of_query
        else:
            query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, size = query.shape
    sources = key.shape[0]
    key_padding_mask = canonical_mask(
        key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query.dtype
    )
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, compared=False)
        is_causal = is_causal and key_padding_mask is None
    _expect(
        size == embed_dim_to_check,
        f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}",
    )
    each = size // num_heads
    _expect(each * num_heads == size, f"embed_dim {size} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        _expect(
            key.shape[:2] == value.shape[:2],
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}",
        )
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        for name, weight in zip("qkv", weights, strict=True):
            _expect(weight is not None, f"use_separate_proj_weight is True but {name}_proj_weight is None")
        q, k, v = _projected_apart((query, key, value), weights, in_proj_bias)
    else:
        _expect(key.shape == value.shape, f"key shape {key.shape} does not match value shape {value.shape}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)
    if attn_mask is not None:
        wanted = (length, sources) if attn_mask.dim() == 2 else (batch * num_heads, length, sources)
        if tuple(attn_mask.shape) != wanted:
            raise RuntimeError(
                f"The shape of the {attn_mask.dim()}D attn_mask is {attn_mask.shape}, but should be {wanted}."
            )
        attn_mask = attn_mask.unsqueeze(0) if attn_mask.dim() == 2 else attn_mask
    further = 0
    if bias_k is not None and bias_v is not None:
        _expect(static_k is None, "bias cannot be added to static key.")
        _expect(static_v is None, "bias cannot be added to static value.")
        k = torch.cat([k, bias_k.repeat(1, batch, 1)])
        v = torch.cat([v, bias_v.repeat(1, batch, 1)])
        further += 1
    else:
        _expect(bias_k is None, "bias_k is set but bias_v is None")
        _expect(bias_v is None, "bias_v is set but bias_k is None")
    q = _by_head(q, batch, num_heads)
    k = (
        _by_head(k, batch, num_heads)
        if static_k is None
        else _given("static_k", static_k, batch, num_heads, each)
    )
    v = (
        _by_head(v, batch, num_heads)
        if static_v is None
        else _given("static_v", static_v, batch, num_heads, each)
    )
    if add_zero_attn:
        nothing = torch.zeros((batch * num_heads, 1, each), dtype=k.dtype, device=k.device)
        k, v = torch.cat([k, nothing], dim=1), torch.cat([v, nothing], dim=1)
        further += 1
    if further:
        attn_mask = None if attn_mask is None else F.pad(attn_mask, (0, further))
        key_padding_mask = None if key_padding_mask is None else F.pad(key_padding_mask, (0, further))
    sources = k.shape[1]
    if key_padding_mask is not None:
        found = tuple(key_padding_mask.shape)
        for i, wanted_size in enumerate((batch, sources)):
            _expect(
                found[i] == wanted_size,
                f"Expected key_padded_mask.shape[{i}] to be {wanted_size}, but got {found[i]}",
            )
        padding = key_padding_mask.view(batch, 1, 1, sources).expand(-1, num_heads, -1, -1)
        padding = padding.reshape(batch * num_heads, 1, sources)
        attn_mask = padding if attn_mask is None else attn_mask + padding
    dropped = dropout_p if training else 0.0
    if not need_weights:
        if attn_mask is not None:
            alone = attn_mask.size(0) == 1 and attn_mask.dim() == 3
            attn_mask = attn_mask.unsqueeze(0) if alone else attn_mask.view(batch, num_heads, -1, sources)
        q, k, v = (x.view(batch, num_heads, -1, each) for x in (q, k, v))
        result = F.scaled_dot_product_attention(q, k, v, attn_mask, dropped, is_causal)
        result = result.permute(2, 0, 1, 3).reshape(batch * length, size)
        result = F.linear(result, out_proj_weight, out_proj_bias).view(length, batch, -1)
        return (result if batched else result.squeeze(1)), None
    q = q * math.sqrt(1.0 / each)
    transposed = k.transpose(-2, -1)
    scores = torch.bmm(q, transposed) if attn_mask is None else torch.baddbmm(attn_mask, q, transposed)
    weights = torch.softmax(scores, -1)
    if dropped > 0.0:
        weights = F.dropout(weights, p=dropped)
    result = torch.bmm(weights, v).transpose(0, 1).reshape(length * batch, size)
    result = F.linear(result, out_proj_weight, out_proj_bias).view(length, batch, -1)
    weights = weights.view(batch, num_heads, length, sources)
    if average_attn_weights:
        weights = weights.mean(dim=1)
    return (result, weights) if batched else (result.squeeze(1), weights.squeeze(0))
