"""Scaled dot-product attention as `torch.nn.functional` has it."""

from __future__ import annotations

import math
from typing import Any

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.engine import from_host
from torchlike.operators import declaration
from torchlike.operators.accepted import in_c
from torchlike.operators.declaration import broadcast_shape
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.draw_discrete import dropout_mask
from torchlike.tensors.dropouts import factor_of
from torchlike.tensors.generator import default_generator
from torchlike.tensors.tensor import Tensor, wrap

__all__: list[str] = []

_attention = declaration.get("_attention")
_in_steps = declaration.get("_attention_in_steps")


def _check(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None) -> None:
    if not query.dtype is key.dtype is value.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{in_c(query.dtype)} key.dtype: {in_c(key.dtype)} and value.dtype: {in_c(value.dtype)} instead."
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if attn_mask is not None and attn_mask.dtype not in (dtypes.bool_, dtypes.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{in_c(attn_mask.dtype)} and  query.dtype: {in_c(query.dtype)} instead."
        )


def _fused(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None, dropout_p: float) -> bool:
    """Whether PyTorch has one kernel for this on the CPU."""
    return (
        query.ndim == key.ndim == value.ndim == 4
        and query.shape[-1] == key.shape[-1] == value.shape[-1]
        and dropout_p == 0
        and not (attn_mask is not None and attn_mask.requires_grad and state.enabled)
        and 0 not in (*query.shape, *key.shape)
    )


def _weights_shape(query: Tensor, key: Tensor, gqa: bool) -> tuple[int, ...]:
    batch = tuple(query.shape[:-2])
    if not gqa:
        batch = tuple(broadcast_shape(batch, tuple(key.shape[:-2])))
    return (*batch, query.shape[-2], key.shape[-2])


@composite(
    "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, "
    "float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
    namespaces=("_C._nn", "nn.functional"),
    method=False,
)
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
    scale: float | None,
    enable_gqa: bool,
) -> Any:
    """`softmax(query @ key^T * scale + attn_mask) @ value`.

    Vaswani et al. (2017), Attention is all you need.

    Args:
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, Ev).
        attn_mask: broadcasts to (..., L, S): booleans, True for what takes part, or numbers to add.
        dropout_p: the probability with which each weight is dropped, whether in training or not.
        is_causal: let query i see keys up to i only.
        scale: 1 / sqrt(E) by default.
        enable_gqa: let groups of query heads share a key and value head.

    Returns:
        (..., L, Ev).

    Example:
        >>> import torchlike as torch
        >>> x = torch.ones(1, 2, 4)
        >>> torch.nn.functional.scaled_dot_product_attention(x, x, x).shape
        torch.Size([1, 2, 4])
    """
    _check(query, key, value, attn_mask)
    if scale is None:
        scale = 1.0 / math.sqrt(query.shape[-1]) if query.shape[-1] else 1.0
    if _fused(query, key, value, attn_mask, dropout_p):
        args = (query, key, value, attn_mask, is_causal, scale, enable_gqa)
        return dispatch.call(_attention, args)
    if is_causal and attn_mask is not None:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
        )
    if dropout_p < 0 or dropout_p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
    mask = None
    if dropout_p > 0:
        shape = _weights_shape(query, key, enable_gqa)
        mask = wrap(from_host(dropout_mask(default_generator, shape, dropout_p)))
    factor = factor_of(query, dropout_p)
    args = (query, key, value, attn_mask, mask, factor, is_causal, scale, enable_gqa)  # type: ignore[assignment]
    return dispatch.call(_in_steps, args)
