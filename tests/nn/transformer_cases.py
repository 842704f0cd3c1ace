"""Lines about attention and transformers whose outcome under PyTorch is frozen."""

from __future__ import annotations

# Every case begins with these definitions. Values are shown in hundredths: a sum near zero has no digits to compare.
PREAMBLE = """
import warnings
warnings.filterwarnings("ignore", "The PyTorch API of nested")  # once a process
F = nn.functional
x = torch.linspace(-1, 1, 2 * 3 * 8).reshape(3, 2, 8)
y = torch.linspace(-2, 1, 2 * 5 * 8).reshape(5, 2, 8)
first = x.transpose(0, 1)
padding = torch.tensor([[False, False, True], [False, True, True]])
other_padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
nothing = torch.tensor([[True, True, True], [False, True, True]])
mask = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
numbers = nn.Transformer.generate_square_subsequent_mask(3)

def shown(t):
    if not isinstance(t, torch.Tensor):
        return t
    rounded = (t.detach() * 100).round().add(0.0).tolist()
    return rounded, t.shape, t.stride(), t.grad_fn and t.grad_fn.name()

def attend(*inputs, own=None, training=True, grad=True, **options):
    m = nn.MultiheadAttention(8, 2, **(own or {})).train(training)
    with torch.set_grad_enabled(grad):
        return [shown(t) for t in m(*(inputs or (x, x, x)), **options)]

def encode(src, own=None, stack=None, training=True, grad=True, **options):
    layer = nn.TransformerEncoderLayer(8, 2, 16, **(own or {}))
    m = nn.TransformerEncoder(layer, 2, **(stack or {})).train(training)
    with torch.set_grad_enabled(grad):
        return shown(m(src, **options))

def decode(own=None, **options):
    layer = nn.TransformerDecoderLayer(8, 2, 16, **(own or {}))
    return shown(nn.TransformerDecoder(layer, 2)(x, y, **options))

def gradients(module, *inputs, **options):
    inputs = [t.clone().requires_grad_() for t in inputs]
    result = module(*inputs, **options)
    total = sum((t * torch.linspace(0, 1, t.numel()).view(t.shape)).sum() for t in result) if isinstance(
        result, tuple) else (result * torch.linspace(0, 1, result.numel()).view(result.shape)).sum()
    total.backward()
    return [shown(p.grad)[0] for p in (*inputs, *module.parameters())]
"""

_SETTINGS = (
    "None",
    "dict(batch_first=True)",
    "dict(bias=False)",
    "dict(add_bias_kv=True)",
    "dict(add_zero_attn=True)",
    "dict(dropout=0.5)",
)
_LAYERS = (
    "None",
    "dict(batch_first=True)",
    "dict(norm_first=True)",
    "dict(activation='gelu', batch_first=True)",
    "dict(bias=False, batch_first=True)",
    "dict(activation=nn.Tanh(), layer_norm_eps=0.1)",
)

CASES: dict[str, list[str]] = {
    "multihead_attention": [
        *[
            f"attend(own={own}, training={t}, grad={g})"
            for own in _SETTINGS
            for t, g in ((True, True), (False, False))
        ],
        *[f"attend(own={own}, need_weights=False)" for own in _SETTINGS],
        "attend(average_attn_weights=False)",
        "attend(key_padding_mask=padding)",
        "attend(attn_mask=mask)",
        "attend(attn_mask=numbers)",
        "attend(attn_mask=mask, key_padding_mask=padding)",
        "attend(attn_mask=numbers, key_padding_mask=padding)",
        "attend(attn_mask=mask, key_padding_mask=padding, need_weights=False)",
        "attend(attn_mask=mask.expand(4, 3, 3))",
        "attend(attn_mask=numbers, is_causal=True, need_weights=False)",
        "attend(attn_mask=numbers, is_causal=True)",
        "attend(own=dict(add_bias_kv=True, add_zero_attn=True), attn_mask=mask, key_padding_mask=padding)",
        "attend(x, y, y, key_padding_mask=other_padding)",
        "attend(x, y, y + 1)",
        "attend(x, y, y, need_weights=False)",
        "attend(x, y[..., :4], y[..., :6], own=dict(kdim=4, vdim=6))",
        "attend(x[:, 0], x[:, 0], x[:, 0])",
        "q = x[:, 0]; attend(q, q, q)",
        "attend(x[:, 0], y[:, 0], y[:, 0], key_padding_mask=other_padding[1], need_weights=False)",
        "attend(first, first, first, own=dict(batch_first=True), key_padding_mask=nothing)",
        "attend(first, first, first, own=dict(batch_first=True), key_padding_mask=nothing, training=False, grad=False)",
        "attend(first, first, first, own=dict(batch_first=True), attn_mask=~mask, training=False, grad=False, "
        "need_weights=False)",
        # Refused.
        "attend(is_causal=True)",
        "attend(attn_mask=torch.zeros(2, 2))",
        "attend(attn_mask=torch.zeros(3, 3, 3))",
        "attend(attn_mask=torch.zeros(3))",
        "attend(attn_mask=torch.zeros(3, 3, dtype=torch.int64))",
        "attend(key_padding_mask=torch.zeros(3, 3, dtype=torch.bool))",
        "attend(key_padding_mask=torch.zeros(2, 2, dtype=torch.bool))",
        "attend(key_padding_mask=torch.zeros(2, dtype=torch.bool))",
        "attend(x[None], x[None], x[None])",
        "attend(x, x[0], x[0])",
        "attend(x[:, 0], x, x)",
        "attend(x, y, x)",
        "attend(y[..., :4], y[..., :4], y[..., :4])",
        "nn.MultiheadAttention(8, 3)",
        "nn.MultiheadAttention(0, 3)",
        # The module.
        "nn.MultiheadAttention(8, 2, kdim=4, bias=False)",
        "[(n, p.shape, shown(p)[0]) for n, p in nn.MultiheadAttention(4, 2, add_bias_kv=True).named_parameters()]",
        "list(nn.MultiheadAttention(4, 2, kdim=3, vdim=5).state_dict())",
        "import copy; m = nn.MultiheadAttention(8, 2); torch.equal(copy.deepcopy(m)(x, x, x)[0], m(x, x, x)[0])",
        "gradients(nn.MultiheadAttention(8, 2), x, y, y)",
        "gradients(nn.MultiheadAttention(8, 2), x, y, y, attn_mask=torch.zeros(3, 5), need_weights=False)[:3]",
    ],
    "transformer": [
        *[
            f"encode({'first' if 'batch_first' in own else 'x'}, {own}, training={t}, grad={g})"
            for own in _LAYERS
            for t, g in ((True, True), (False, True), (False, False))
        ],
        "encode(x, stack=dict(norm=nn.LayerNorm(8), enable_nested_tensor=False))",
        "encode(x[:, 0])",
        "encode(x, mask=numbers)",
        "encode(x, mask=mask, is_causal=True)",
        *[
            f"encode(first, dict(batch_first=True), {stack}, training=False, grad={g}, {options})"
            for stack in ("None", "dict(norm=nn.LayerNorm(8, bias=True))", "dict(enable_nested_tensor=False)")
            for g in (True, False)
            for options in (
                "src_key_padding_mask=padding",
                "src_key_padding_mask=padding.flip(1)",
                "mask=mask, src_key_padding_mask=padding",
            )
        ],
        "m = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval()\n"
        "m(first, src_key_padding_mask=nothing).isnan().any(-1)",
        "m = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval()\n"
        "with torch.no_grad():\n"
        "    r = m(first, src_key_padding_mask=nothing)\n"
        "r.isnan().any(-1)",
        "decode()",
        "decode(dict(norm_first=True))",
        "decode(tgt_mask=numbers, memory_key_padding_mask=other_padding, tgt_key_padding_mask=padding)",
        "decode(tgt_mask=numbers, tgt_is_causal=True)",
        "decode(dict(dropout=0.0, activation='gelu'), memory_mask=torch.zeros(3, 5))",
        "shown(nn.Transformer(8, 2, 1, 1, 16)(y, x))",
        "shown(nn.Transformer(8, 2, 1, 1, 16, dropout=0.0)(y, x, tgt_mask=numbers))",
        "shown(nn.Transformer(8, 2, 1, 1, 16, batch_first=True, bias=False)(y.transpose(0, 1), first))",
        "shown(nn.Transformer(8, 2, 1, 1, 16)(y[:, 0], x[:, 0]))",
        "nn.Transformer(8, 2, 1, 1, 16)(y[:, :1], x)",
        "nn.Transformer(8, 2, 1, 1, 16)(y[..., :4], x)",
        "nn.Transformer(8, 2, custom_encoder=nn.Identity(), num_decoder_layers=1)",
        "nn.Transformer(8, 2, 1, 1, 16)",
        "nn.TransformerEncoderLayer(8, 2, 16, activation=nn.GELU())",
        "nn.TransformerEncoderLayer(8, 2, activation='tanh')",
        "nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64)",
        "[shown(p)[0] for p in nn.Transformer(4, 2, 1, 1, 3).parameters()]",
        "gradients(nn.TransformerEncoderLayer(8, 2, 4, dropout=0.0), x)",
        "gradients(nn.TransformerDecoderLayer(8, 2, 4, dropout=0.0, norm_first=True), x, y)[:2]",
    ],
}
