"""Transformers: encoders, decoders and their layers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from torchlike.errors import warn
from torchlike.nn import functional as F
from torchlike.nn import init
from torchlike.nn.activation import GELU, ReLU
from torchlike.nn.container import ModuleList
from torchlike.nn.declared import torch
from torchlike.nn.dropout import Dropout
from torchlike.nn.functional.attention import canonical_mask
from torchlike.nn.linear import Linear
from torchlike.nn.module import Module
from torchlike.nn.multihead_attention import MultiheadAttention, needs_no_graph
from torchlike.nn.normalization import LayerNorm
from torchlike.tensors.tensor import Tensor

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]


def _causal_mask(size: int, device: Any = None, dtype: Any = None) -> Tensor:
    """(size, size): minus infinity above the diagonal, else zero."""
    return torch.triu(torch.full((size, size), float("-inf"), dtype=dtype, device=device), diagonal=1)


def _is_causal(mask: Tensor | None, hint: bool | None, x: Tensor, batch_first: bool) -> bool:
    """Whether a mask is the causal one, as the hint says or, without one, as it is."""
    if hint is not None or mask is None:
        return hint is True
    length = x.shape[1 if x.dim() == 3 and batch_first else 0]
    causal = _causal_mask(length, mask.device, mask.dtype)
    return mask.shape == causal.shape and bool(torch.eq(mask, causal).all())


def _activation(activation: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {activation}")
    return getattr(F, activation)


def _kernel_operands(layer: Any) -> list[Tensor | None]:
    """The parameters of an encoder layer that PyTorch's kernel for the whole of it reads."""
    modules = (layer.self_attn.out_proj, layer.norm1, layer.norm2, layer.linear1, layer.linear2)
    others = [p for module in modules for p in (module.weight, module.bias)]
    return [layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias, *others]


class TransformerEncoderLayer(Module):
    """Attention of a sequence to itself, then two linear maps, each with a residual and a normalisation.

    `x = norm1(x + attention(x)); x = norm2(x + linear2(activation(linear1(x))))`, or with `norm_first` the
    normalisation inside of the residual. Vaswani et al. (2017), Attention is all you need.

    Args:
        d_model: size of the features.
        nhead: how many heads the attention has.
        dim_feedforward: size between the two linear maps.
        dropout: probability of dropping, in all places.
        activation: "relu", "gelu" or a function.
        layer_norm_eps: what the normalisations add to the variance.
        batch_first: whether the batch is the first dimension rather than the second.
        norm_first: whether to normalise before rather than after.
        bias: whether linear maps and normalisations have biases.
        device, dtype: of the parameters.

    Shape:
        (S, N, d_model), (N, S, d_model) with `batch_first`, or (S, d_model), to the same.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html.

    Example:
        >>> import torchlike as torch
        >>> layer = torch.nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
        >>> layer(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        super().__init__()
        self.self_attn = MultiheadAttention(d_model, nhead, dropout=dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        activation = _activation(activation)
        self.activation_relu_or_gelu = 0
        if activation is F.relu or isinstance(activation, ReLU):
            self.activation_relu_or_gelu = 1
        elif activation is F.gelu or isinstance(activation, GELU):
            self.activation_relu_or_gelu = 2
        self.activation = activation

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if not hasattr(self, "activation"):
            self.activation = F.relu

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The sequence as the layer sees it.

        Args:
            src: the sequence.
            src_mask: (S, S) or (N * nhead, S, S): True, or numbers to add, for what not to look at.
            src_key_padding_mask: (N, S), likewise for whole positions.
            is_causal: a hint that `src_mask` is the causal one.
        """
        padding = canonical_mask(
            src_key_padding_mask, "src_key_padding_mask", src_mask, "src_mask", src.dtype
        )
        mask = canonical_mask(src_mask, "src_mask", None, "", src.dtype, compared=False)
        if self._is_fused(src):
            # By way of the weights, as PyTorch's kernel: NaN, not zero, where everything is masked.
            return self._norms(src, lambda x: self.self_attn(x, x, x, padding, attn_mask=mask)[0])
        return self._norms(src, lambda x: self._sa_block(x, mask, padding, is_causal))

    def _norms(self, x: Tensor, attended: Callable[[Tensor], Tensor]) -> Tensor:
        if self.norm_first:
            x = x + attended(self.norm1(x))
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + attended(x))
        return self.norm2(x + self._ff_block(x))

    def _is_fused(self, src: Tensor) -> bool:
        """Whether PyTorch computes the layer by one kernel."""
        attention = self.self_attn
        return (
            not self.training
            and src.dim() == 3
            and attention.batch_first
            and attention.in_proj_bias is not None
            and attention._qkv_same_embed_dim
            and self.activation_relu_or_gelu != 0
            and self.norm1.eps == self.norm2.eps
            and attention.num_heads % 2 == 0
            and not any(m._forward_hooks or m._forward_pre_hooks for m in self.modules())
            and needs_no_graph(src, *_kernel_operands(self))
        )

    def _sa_block(
        self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Tensor:
        attended = self.self_attn(
            x,
            x,
            x,
            attn_mask=attn_mask,
            key_padding_mask=key_padding_mask,
            need_weights=False,
            is_causal=is_causal,
        )[0]
        return self.dropout1(attended)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoderLayer(Module):
    """Attention of a sequence to itself, then to what an encoder gave, then two linear maps.

    As `TransformerEncoderLayer`, with an attention to `memory` and a third normalisation in between.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device,
            dtype: as for `TransformerEncoderLayer`.

    Shape:
        (T, N, d_model) and memory (S, N, d_model), (N, T, d_model) and (N, S, d_model) with `batch_first`, or without
        N, to the first's.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html.

    Example:
        >>> import torchlike as torch
        >>> layer = torch.nn.TransformerDecoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
        >>> layer(torch.zeros(3, 4, 8), torch.zeros(3, 5, 8)).shape
        torch.Size([3, 4, 8])
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        super().__init__()
        self.self_attn = MultiheadAttention(d_model, nhead, dropout=dropout, batch_first=batch_first, **made)
        self.multihead_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, batch_first=batch_first, **made
        )
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.norm3 = LayerNorm(d_model, eps=layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = _activation(activation)

    def __setstate__(self, state: dict[str, Any]) -> None:
        state.setdefault("activation", F.relu)
        super().__setstate__(state)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence as the layer sees it.

        Args:
            tgt: the sequence.
            memory: what the encoder gave.
            tgt_mask, memory_mask: what not to look at in each, as in `MultiheadAttention`.
            tgt_key_padding_mask, memory_key_padding_mask: likewise for whole positions.
            tgt_is_causal, memory_is_causal: hints that a mask is the causal one.
        """
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        other = (memory_mask, memory_key_padding_mask, memory_is_causal)
        x = tgt
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), *own)
            x = x + self._mha_block(self.norm2(x), memory, *other)
            return x + self._ff_block(self.norm3(x))
        x = self.norm1(x + self._sa_block(x, *own))
        x = self.norm2(x + self._mha_block(x, memory, *other))
        return self.norm3(x + self._ff_block(x))

    def _sa_block(
        self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Tensor:
        attended = self.self_attn(
            x,
            x,
            x,
            attn_mask=attn_mask,
            key_padding_mask=key_padding_mask,
            is_causal=is_causal,
            need_weights=False,
        )[0]
        return self.dropout1(attended)

    def _mha_block(
        self,
        x: Tensor,
        mem: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        attended = self.multihead_attn(
            x,
            mem,
            mem,
            attn_mask=attn_mask,
            key_padding_mask=key_padding_mask,
            is_causal=is_causal,
            need_weights=False,
        )[0]
        return self.dropout2(attended)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """Several encoder layers, copies of one.

    Args:
        encoder_layer: the layer to copy.
        num_layers: how many.
        norm: a module for the end, or None.
        enable_nested_tensor: whether PyTorch may leave out padding where nothing is trained; there its result is zero
            before `norm`, and so it is here.
        mask_check: whether to look at the padding mask before that: the padding has to be at the end.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html.

    Example:
        >>> import torchlike as torch
        >>> layer = torch.nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
        >>> torch.nn.TransformerEncoder(layer, num_layers=2)(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = ModuleList([deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.use_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        why = _why_not_nested(encoder_layer)
        if enable_nested_tensor and why:
            warn(f"enable_nested_tensor is True, but self.use_nested_tensor is False because {why}")
            self.use_nested_tensor = False

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """The sequence after all layers.

        Args:
            src: the sequence.
            mask: what not to look at, as in `TransformerEncoderLayer`.
            src_key_padding_mask: likewise for whole positions.
            is_causal: whether `mask` is the causal one; looked at if it is not given.
        """
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", mask, "mask", src.dtype)
        mask = canonical_mask(mask, "mask", None, "", src.dtype, compared=False)
        first: Any = self.layers[0]
        left_out = padding is not None and mask is None and self._leaves_out(first, src, padding)
        is_causal = _is_causal(mask, is_causal, src, first.self_attn.batch_first)
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=is_causal, src_key_padding_mask=padding)
        if left_out and padding is not None:
            output = output.masked_fill(torch.ne(padding, 0).unsqueeze(-1), 0.0)
        return output if self.norm is None else self.norm(output)

    def _leaves_out(self, first: Any, src: Tensor, padding: Tensor) -> bool:
        """Whether PyTorch leaves out what is padding, so that its result has zeros there."""
        if not self.use_nested_tensor or first.training or src.dim() != 3:
            return False
        if not needs_no_graph(src, *_kernel_operands(first)):
            return False
        kept = torch.eq(padding, 0)
        # In each row what is kept comes first.
        if self.mask_check and bool((kept[:, 1:] & ~kept[:, :-1]).any()):
            return False
        warn(
            "The PyTorch API of nested tensors is in prototype stage and will change in the near future. We recommend "
            "specifying layout=torch.jagged when constructing a nested tensor, as this layout receives active "
            "development, has better operator coverage, and works with torch.compile.",
            once=True,
        )
        return True


def _why_not_nested(layer: Module) -> str:
    """What of a layer keeps PyTorch from leaving out padding, empty if nothing does."""
    name = "encoder_layer"
    if not isinstance(layer, TransformerEncoderLayer):
        return f"{name} was not TransformerEncoderLayer"
    attention = layer.self_attn
    reasons = {
        f"{name}.norm_first was True": layer.norm_first,
        f"{name}.self_attn.batch_first was not True(use batch_first for better inference performance)": (
            not attention.batch_first
        ),
        f"{name}.self_attn._qkv_same_embed_dim was not True": not attention._qkv_same_embed_dim,
        f"{name}.self_attn was passed bias=False": attention.in_proj_bias is None,
        f"{name}.activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
        f"{name}.norm1.eps was not equal to {name}.norm2.eps": layer.norm1.eps != layer.norm2.eps,
        f"{name}.self_attn.num_heads is odd": attention.num_heads % 2 == 1,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


class TransformerDecoder(Module):
    """Several decoder layers, copies of one.

    Args:
        decoder_layer: the layer to copy.
        num_layers: how many.
        norm: a module for the end, or None.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html.

    Example:
        >>> import torchlike as torch
        >>> layer = torch.nn.TransformerDecoderLayer(d_model=8, nhead=2, dim_feedforward=16)
        >>> torch.nn.TransformerDecoder(layer, num_layers=2)(torch.zeros(4, 3, 8), torch.zeros(5, 3, 8)).shape
        torch.Size([4, 3, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence after all layers; the arguments are those of `TransformerDecoderLayer`."""
        first: Any = self.layers[0]
        causal = _is_causal(tgt_mask, tgt_is_causal, tgt, first.self_attn.batch_first)
        output = tgt
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder and a decoder: from one sequence to another. Vaswani et al. (2017), Attention is all you need.

    Args:
        d_model: size of the features.
        nhead: how many heads each attention has.
        num_encoder_layers, num_decoder_layers: how many layers.
        dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device, dtype: as for
            `TransformerEncoderLayer`.
        custom_encoder, custom_decoder: modules in place of the two.

    Shape:
        source (S, N, d_model) and target (T, N, d_model), N first with `batch_first`, or without N, to the target's.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html.

    Example:
        >>> import torchlike as torch
        >>> model = torch.nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True)
        >>> model(torch.zeros(3, 5, 8), torch.zeros(3, 4, 8)).shape
        torch.Size([3, 4, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        layer = (
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
        )
        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            encoder_layer = TransformerEncoderLayer(*layer, **made)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **made)
            self.encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm)
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            decoder_layer = TransformerDecoderLayer(*layer, **made)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **made)
            self.decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm)
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The target after the decoder; the arguments are those of `TransformerEncoder` and `TransformerDecoder`.

        Raises:
            RuntimeError: batches or features do not go together.
        """
        batch = 0 if self.batch_first else 1
        if src.dim() == 3 and src.size(batch) != tgt.size(batch):
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The mask with which each position sees those before it and itself.

        Args:
            sz: how many positions.
            device, dtype: of the mask.

        Returns:
            (sz, sz): minus infinity above the diagonal, else zero.

        Example:
            >>> import torchlike as torch
            >>> torch.nn.Transformer.generate_square_subsequent_mask(2)
            tensor([[0., -inf],
                    [0., 0.]])
        """
        return _causal_mask(sz, device, dtype)

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)
