"""The layer of attention with several heads."""

from __future__ import annotations

from typing import Any

from torchlike.autograd.modes import state
from torchlike.nn import init
from torchlike.nn.declared import torch
from torchlike.nn.functional.attention import canonical_mask, multi_head_attention_forward
from torchlike.nn.linear import NonDynamicallyQuantizableLinear
from torchlike.nn.module import Module
from torchlike.nn.parameter import Parameter
from torchlike.tensors.tensor import Tensor

__all__ = ["MultiheadAttention", "needs_no_graph"]


def needs_no_graph(*tensors: Tensor | None) -> bool:
    """Whether nothing that is computed from these can require grad."""
    return not state.enabled or not any(x.requires_grad for x in tensors if x is not None)


class MultiheadAttention(Module):
    """Attention that looks at its input in several ways: `out_proj(concat(head_1, ..., head_n))`.

    Each head is `softmax(q @ k^T / sqrt(embed_dim / num_heads) + mask) @ v` of projections of its own. Vaswani et al.
    (2017), Attention is all you need.

    Args:
        embed_dim: size of the queries and of the result; num_heads divides it.
        num_heads: how many heads.
        dropout: the probability with which each weight is dropped in training.
        bias: whether the projections have biases.
        add_bias_kv: whether a learnt key and value are added.
        add_zero_attn: whether zeros are added as a key and value.
        kdim, vdim: sizes of keys and values, `embed_dim` by default.
        batch_first: whether the batch is the first dimension rather than the second.
        device, dtype: of the parameters.

    Shape:
        query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) to (L, N, embed_dim) and weights (N, L, S).
        Without a batch there is no N; with `batch_first` it comes first.

    Attributes:
        in_proj_weight, in_proj_bias: (3 * embed_dim, embed_dim) and (3 * embed_dim,).
        q_proj_weight, k_proj_weight, v_proj_weight: in its place where sizes differ.
        out_proj: the last projection.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html.

    Example:
        >>> import torchlike as torch
        >>> attention = torch.nn.MultiheadAttention(embed_dim=8, num_heads=2, batch_first=True)
        >>> x = torch.zeros(3, 5, 8)
        >>> result, weights = attention(x, x, x)
        >>> result.shape, weights.shape
        (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """

    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")

        def made(*size: int) -> Parameter:
            return Parameter(torch.empty(size, device=device, dtype=dtype))

        if self._qkv_same_embed_dim:
            self.in_proj_weight = made(3 * embed_dim, embed_dim)
            for name in ("q_proj_weight", "k_proj_weight", "v_proj_weight"):
                self.register_parameter(name, None)
        else:
            self.q_proj_weight = made(embed_dim, embed_dim)
            self.k_proj_weight = made(embed_dim, self.kdim)
            self.v_proj_weight = made(embed_dim, self.vdim)
            self.register_parameter("in_proj_weight", None)
        if bias:
            self.in_proj_bias = made(3 * embed_dim)
        else:
            self.register_parameter("in_proj_bias", None)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias=bias, device=device, dtype=dtype
        )
        if add_bias_kv:
            self.bias_k, self.bias_v = made(1, 1, embed_dim), made(1, 1, embed_dim)
        else:
            self.bias_k = self.bias_v = None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        if self._qkv_same_embed_dim:
            init.xavier_uniform_(self.in_proj_weight)
        else:
            for weight in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def __setstate__(self, state: dict[str, Any]) -> None:
        state.setdefault("_qkv_same_embed_dim", True)
        super().__setstate__(state)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The result and, if `need_weights`, the weights; see `torch.nn.functional.multi_head_attention_forward`."""
        batched = query.dim() == 3
        plain = not any(m is not None and m.is_floating_point() for m in (attn_mask, key_padding_mask))
        key_padding_mask = canonical_mask(
            key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query.dtype
        )
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, compared=False)
        fused = plain and batched and query is key is value and self._is_fused(query)
        if self.batch_first and batched:
            # What is one tensor stays one, for which there is one product.
            moved: dict[int, Tensor] = {}
            for x in (query, key, value):
                if id(x) not in moved:
                    moved[id(x)] = x.transpose(1, 0)
            query, key, value = moved[id(query)], moved[id(key)], moved[id(value)]
        result, weights = multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights or fused,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        if self.batch_first and batched:
            result = result.transpose(1, 0)
        if fused:
            return result.contiguous(), weights if need_weights else None
        return result, weights

    def _is_fused(self, query: Tensor) -> bool:
        """Whether PyTorch computes attention to oneself by one kernel.

        Its result is contiguous, and NaN, not zero, where everything is masked.
        """
        return (
            not self.training
            and self.batch_first
            and self.num_heads % 2 == 0
            and self._qkv_same_embed_dim
            and self.in_proj_bias is not None
            and self.bias_k is None
            and self.bias_v is None
            and not self.add_zero_attn
            and needs_no_graph(
                query, self.in_proj_weight, self.in_proj_bias, self.out_proj.weight, self.out_proj.bias
            )
        )
