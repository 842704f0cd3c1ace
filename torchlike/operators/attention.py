"""Scaled dot-product attention: `softmax(q k^T * scale + mask) v`."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import broadcast_shape, operator
from torchlike.operators.division import divide

__all__: list[str] = []


@partial(jax.custom_jvp)
def _safe_softmax(x):
    """Softmax over the last dimension; zeros where everything is masked."""
    largest = jnp.max(x, axis=-1, keepdims=True, initial=-jnp.inf)
    weights = lax.exp(x - jnp.where(largest == -jnp.inf, 0, largest))
    total = jnp.sum(weights, axis=-1, keepdims=True)
    return divide(weights, jnp.where(total == 0, 1, total))


@_safe_softmax.defjvp
def _safe_softmax_jvp(primals, tangents):
    # From the result, as PyTorch does.
    (x,), (t,) = primals, tangents
    out = _safe_softmax(x)
    return out, out * (t - jnp.sum(out * t, axis=-1, keepdims=True))


def _repeated(x, heads: int):
    """Each head as often as there are queries for it."""
    return x if x.shape[-3] == heads else jnp.repeat(x, heads // x.shape[-3], axis=-3)


def _attended(query, key, value, attn_mask, is_causal, scale, gqa, dropped=None):
    out = query.dtype
    wide = jnp.float32 if out.itemsize == 2 else out
    q, k, v = (x.astype(wide) for x in (query, key, value))
    if gqa:
        k, v = _repeated(k, q.shape[-3]), _repeated(v, q.shape[-3])
    scores = jnp.einsum("...qd,...kd->...qk", q, k) * jnp.asarray(scale, wide)
    if is_causal:
        rows, columns = scores.shape[-2:]
        scores = jnp.where(jnp.tri(rows, columns, dtype=bool), scores, -jnp.inf)
    if attn_mask is not None:
        if attn_mask.dtype == jnp.bool_:
            scores = jnp.where(attn_mask, scores, -jnp.inf)
        else:
            scores = scores + attn_mask.astype(wide)
    weights = _safe_softmax(scores)
    if dropped is not None:
        mask, factor = dropped
        weights = weights * jnp.where(mask, jnp.asarray(factor, wide), 0)
    return jnp.einsum("...qk,...kd->...qd", weights, v).astype(out)


def _check(query: Aval, key: Aval, value: Aval, attn_mask: Aval | None, *rest: object) -> None:
    gqa = rest[-1]
    scores = _check_heads(query, key, value) if gqa else None
    if query.dtype.is_complex:
        raise NotImplementedError(
            f"\"softmax_lastdim_kernel_impl\" not implemented for '{query.dtype.legacy_name}'"
        )
    if query.dtype not in FLOATING:
        raise RuntimeError(f"expected scalar type Float but found {query.dtype.legacy_name}")
    if scores is None:
        scores = broadcast_shape(tuple(query.shape[:-2]), tuple(key.shape[:-2]))
    q, k, v = (tuple(x.shape[-2:]) for x in (query, key, value))
    for left, right in ((q, (k[1], k[0])), ((q[0], k[0]), v)):
        if left[1] != right[0]:
            _raise_product(scores, left, right)
    broadcast_shape(scores, tuple(value.shape[:-2]) if not gqa else scores)
    if attn_mask is not None:
        broadcast_shape((*scores, q[0], k[0]), tuple(attn_mask.shape))


def _raise_product(batch: tuple[int, ...], left: tuple[int, int], right: tuple[int, int]) -> None:
    if not batch:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({left[0]}x{left[1]} and {right[0]}x{right[1]})"
        )
    count = 1
    for n in batch:
        count *= n
    raise RuntimeError(
        f"Expected size for first two dimensions of batch2 tensor to be: [{count}, {left[1]}] but got: "
        f"[{count}, {right[0]}]."
    )


def _check_heads(query: Aval, key: Aval, value: Aval) -> tuple[int, ...]:
    heads = query.shape[-3]
    if heads % key.shape[-3] or heads % value.shape[-3]:
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    return tuple(query.shape[:-2])


@operator(
    "_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask, bool is_causal, float scale, bool "
    "gqa) -> Tensor",
    check=_check,
    aside=("attn_mask",),
    backward="ScaledDotProductFlashAttentionForCpuBackward0",
    namespaces=(),
    method=False,
    out=False,
)
def attention(query, key, value, attn_mask, is_causal, scale, gqa):
    return _attended(query, key, value, attn_mask, is_causal, scale, gqa)


@operator(
    "_attention_in_steps(Tensor query, Tensor key, Tensor value, Tensor? attn_mask, Tensor? dropout_mask, "
    "Scalar factor, bool is_causal, float scale, bool gqa) -> Tensor",
    check=_check,
    aside=("dropout_mask",),
    backward=lambda query, *rest: "MmBackward0" if query.ndim == 2 else "UnsafeViewBackward0",
    namespaces=(),
    method=False,
    out=False,
)
def attention_in_steps(query, key, value, attn_mask, dropout_mask, factor, is_causal, scale, gqa):
    """What PyTorch does operator by operator: with dropout, or where its fused kernel does not fit."""
    dropped = None if dropout_mask is None else (dropout_mask, factor)
    return _attended(query, key, value, attn_mask, is_causal, scale, gqa, dropped)
