"""Lines about recurrent networks whose outcome under PyTorch is frozen."""

from __future__ import annotations

# Every case begins with these definitions.
PREAMBLE = """
import copy, pickle, warnings

def seen(*tensors):
    return [(type(t.grad_fn).__name__, t.stride(), t._is_view()) for t in tensors]

def tree(node, depth):
    if node is None or depth == 0:
        return None if node is None else node.name()
    return [node.name(), *[tree(n, depth - 1) for n, _ in node.next_functions]]

def steps(*shape, dtype=torch.float32):
    n = 1
    for k in shape:
        n *= k
    return torch.arange(n, dtype=dtype).reshape(shape).sin()
"""

_OUTPUTS = [
    f"o, h = nn.{net}(3, 4{options})(steps({shape})); seen(o, *(h if isinstance(h, tuple) else (h,)))"
    for net in ("RNN", "GRU", "LSTM")
    for options, shape in (
        ("", "5, 2, 3"),
        (", batch_first=True", "5, 2, 3"),
        (", bidirectional=True", "5, 2, 3"),
        (", num_layers=2, batch_first=True, bidirectional=True", "5, 2, 3"),
        ("", "5, 3"),
        (", batch_first=True", "5, 3"),
        (", dtype=torch.float64", "5, 2, 3, dtype=torch.float64"),
        ("", "5, 0, 3"),
    )
]

_ERRORS = [
    f"nn.{net}(3, 4)({arguments})"
    for net in ("RNN", "GRU")
    for arguments in (
        "steps(3)",
        "steps(2, 2, 2, 3)",
        "steps(5, 2, 4)",
        "steps(0, 2, 3)",
        "steps(5, 2, 3), steps(2, 4)",
        "steps(5, 3), steps(1, 2, 4)",
        "steps(5, 2, 3), steps(1, 3, 4)",
        "steps(5, 2, 3), steps(2, 2, 4)",
        "steps(5, 2, 3), steps(1, 2, 3)",
        "steps(5, 2, 3).double()",
        "steps(5, 2, 3), steps(1, 2, 4).double()",
        "torch.ones(5, 2, 3, dtype=torch.int64)",
    )
]

_CELL_ERRORS = [
    line
    for cell in ("RNNCell", "GRUCell", "LSTMCell")
    for line in (
        f"nn.{cell}(3, 4)(steps(2, 2, 3))",
        f"nn.{cell}(3, 4)(steps(2, 4))",
        f"nn.{cell}(3, 4)(steps(2, 3).double())",
        f"m = nn.{cell}(3, 4); h = steps(1, 2, 4); m(steps(2, 3), (h, h) if '{cell}' == 'LSTMCell' else h)",
        f"m = nn.{cell}(3, 4); h = steps(3, 4); m(steps(2, 3), (h, h) if '{cell}' == 'LSTMCell' else h)",
        f"m = nn.{cell}(3, 4); h = steps(2, 5); m(steps(2, 3), (h, h) if '{cell}' == 'LSTMCell' else h)",
        f"nn.{cell}(3)",
    )
]

_CELLS = [
    line
    for cell in ("RNNCell", "GRUCell", "LSTMCell")
    for line in (
        f"o = nn.{cell}(3, 4)(steps(2, 3)); o = o if isinstance(o, tuple) else (o,); seen(*o)",
        f"o = nn.{cell}(3, 4)(steps(2, 3)); o = o if isinstance(o, tuple) else (o,); "
        "[tree(q.grad_fn, 4) for q in o]",
        f"o = nn.{cell}(3, 4)(steps(3)); o = o if isinstance(o, tuple) else (o,); seen(*o)",
        f"nn.{cell}(3, 4), nn.{cell}(3, 4, bias=False)",
        f"m = nn.{cell}(3, 4, False); list(m.state_dict()), m.bias_ih, m.bias_hh",
    )
]

_GRU = "m = nn.GRU(3, 4); torch.gru(steps(5, 2, 3)"
_OFF = "0.0, False, False"

_P = "R = nn.utils.rnn; x = steps(5, 2, 3).requires_grad_(); p = R.pack_padded_sequence(x, "
_TOLD = "; [(tuple(t.shape), *s) for t, s in zip(found, seen(*found))]"

_PACKED = [
    *(
        f"{_P}{arguments}); p"
        for arguments in (
            "[5, 3]",
            "[4, 3]",
            "torch.tensor([4, 1])",
            "[3, 5]",
            "[3, 5], enforce_sorted=False",
            "[3, 0]",
            "[3, 3, 3]",
            "[]",
            "5",
            "torch.tensor([[5, 3]])",
            "torch.tensor([5.0, 3.0])",
            "[5, 3], batch_first=True",
            "[2, 1, 2, 2, 1], True, False",
        )
    ),
    "nn.utils.rnn.pack_padded_sequence(steps(5, 2), [5, 3])",
    "nn.utils.rnn.pack_padded_sequence(torch.tensor([[1, 2], [3, 4]]), [2, 1])",
    "nn.utils.rnn.pack_padded_sequence(steps(5), [5])",
    "nn.utils.rnn.pack_padded_sequence(steps(5, 0, 3), [])",
    f"{_P}[5, 3]); (p.data * steps(8, 3)).sum().backward(); x.grad",
    f"{_P}[5, 3]); found = [p.data]{_TOLD}",
    "R = nn.utils.rnn; R.pack_sequence([steps(3), steps(2)]), R.pack_sequence([steps(2), steps(3)], False)",
    "nn.utils.rnn.pack_sequence([steps(2), steps(3)])",
    "R = nn.utils.rnn; R.PackedSequence(steps(3), torch.tensor([2, 1]))",
    "R = nn.utils.rnn; R.PackedSequence((steps(3), torch.tensor([2, 1])))",
    "R = nn.utils.rnn; R.PackedSequence(steps(3))",
    "R = nn.utils.rnn; p = R.PackedSequence(steps(3), torch.tensor([2, 1]), torch.tensor([1, 0])); "
    "p.double(), p.float() is p, p.to(torch.float32) is p, p.is_cuda, p.is_pinned(), p.long().data.dtype, p.cpu() is p",
    "R = nn.utils.rnn; R.invert_permutation(torch.tensor([2, 0, 1])), R.invert_permutation(None)",
    "R = nn.utils.rnn; sorted(R.__all__), R.PackedSequence._fields",
]

_PADDED = [
    *(
        f"{_P}[3, 5], enforce_sorted=False); R.pad_packed_sequence(p{arguments})"
        for arguments in ("", ", True", ", True, -1.0, 7", ", total_length=3", ", padding_value=2.5")
    ),
    f"{_P}[5, 3]); found = [R.pad_packed_sequence(p)[0], R.pad_packed_sequence(p, True)[0]]{_TOLD}",
    f"{_P}[5, 3]); (R.pad_packed_sequence(p, padding_value=2.0)[0] * steps(5, 2, 3)).sum().backward(); x.grad",
    "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]))",
    *(
        f"nn.utils.rnn.pad_sequence({arguments})"
        for arguments in (
            "[steps(3, 2), steps(2, 2)]",
            "[steps(3, 2), steps(2, 2)], True, 1.5",
            "[steps(3), steps(2)], padding_side='left'",
            "[steps(3, 2), steps(2, 3)]",
            "[]",
            "3",
            "steps(3, 2)",
            "(steps(n) for n in (1, 2))",
            "[steps(3), 3]",
            "[steps(3)], padding_side='x'",
            "[steps(3), torch.ones(2, dtype=torch.int64)]",
            "[torch.tensor(1.0)]",
            "[torch.ones(2, dtype=torch.int64), torch.ones(3, dtype=torch.int64)], padding_value=2",
        )
    ),
    "x = steps(3, 2).requires_grad_(); y = steps(2, 2).requires_grad_(); p = nn.utils.rnn.pad_sequence([x, y], True); "
    "(p * steps(2, 3, 2)).sum().backward(); x.grad, y.grad, seen(p)",
    "R = nn.utils.rnn; R.unpack_sequence(R.pack_sequence([steps(2), steps(3)], False))",
    "R = nn.utils.rnn; R.unpad_sequence(R.pad_sequence([steps(3, 2), steps(2, 2)]), torch.tensor([3, 2]))",
]

_RUNS = [
    line
    for net, options in (
        ("RNN", ""),
        ("GRU", ", bidirectional=True"),
        ("LSTM", ", num_layers=2, bidirectional=True"),
        ("LSTM", ", batch_first=True"),
        ("GRU", ", num_layers=2, dropout=0.5"),
    )
    for line in (
        f"{_P}[3, 5], enforce_sorted=False); o, h = nn.{net}(3, 4{options})(p); o, h",
        f"{_P}[5, 3]); o, h = nn.{net}(3, 4{options})(p); "
        f"found = [o.data, *(h if isinstance(h, tuple) else (h,))]{_TOLD}",
        f"{_P}[3, 5], enforce_sorted=False); o, h = nn.{net}(3, 4{options})(p); "
        "(o.data * steps(*o.data.shape)).sum().backward(); x.grad",
    )
] + [
    f"{_P}[3, 5], enforce_sorted=False); h = steps(1, 2, 4); nn.GRU(3, 4)(p, h)[1]",
    f"{_P}[3, 5], enforce_sorted=False); h = steps(1, 2, 4); nn.LSTM(3, 4)(p, (h, h))[1]",
    f"{_P}[5, 3]); nn.GRU(3, 4)(p, steps(1, 3, 4))",
    f"{_P}[5, 3]); nn.GRU(2, 4)(p)",
    f"{_P}[5, 3]); nn.LSTM(3, 4).double()(p)",
    f"{_P}[5, 3]); m = nn.GRU(3, 4); torch.gru(p.data, p.batch_sizes.int(), steps(1, 2, 4), m._flat_weights, True, 1, "
    "0.0, False, False)",
]

CASES: dict[str, list[str]] = {
    "rnn": [
        *_OUTPUTS,
        *_ERRORS,
        *_CELL_ERRORS,
        *_CELLS,
        "nn.LSTM(3, 4)(steps(3))",
        "nn.LSTM(3, 4)(steps(2, 2, 2, 3))",
        "nn.LSTM(3, 4)(steps(5, 2, 4))",
        "nn.LSTM(3, 4)(steps(0, 2, 3))",
        "nn.LSTM(3, 4)(steps(5, 2, 3), (steps(2, 4), steps(2, 4)))",
        "nn.LSTM(3, 4)(steps(5, 3), (steps(1, 2, 4), steps(1, 2, 4)))",
        "nn.LSTM(3, 4)(steps(5, 2, 3), (steps(1, 3, 4), steps(1, 2, 4)))",
        "nn.LSTM(3, 4)(steps(5, 2, 3), (steps(1, 2, 4), steps(1, 2, 3)))",
        "nn.LSTM(3, 4, proj_size=2)(steps(5, 2, 3), (steps(1, 2, 4), steps(1, 2, 4)))",
        "nn.LSTM(3, 4)(steps(5, 2, 3).double())",
        "nn.LSTM(3, 4)(steps(5, 2, 3), steps(1, 2, 4))",
        # The options.
        "nn.RNN(3, 4), nn.RNN(3, 4, 2, 'relu', False, True, 0.5, True)",
        "nn.LSTM(3, 4, 2, proj_size=2, bias=False, batch_first=True, dropout=0.25, bidirectional=True)",
        "nn.GRU(3, 4), nn.GRU(3, 4, 2, bidirectional=True)",
        "nn.RNN(3, 4).mode, nn.RNN(3, 4, nonlinearity='relu').mode, nn.GRU(3, 4).mode",
        "nn.RNN(3, 4, nonlinearity='sine')",
        "nn.RNN(3, 4, proj_size=2)",
        "nn.GRU(3, 4, proj_size=2)",
        "nn.LSTM(3, 4, proj_size=4)",
        "nn.LSTM(3, 4, proj_size=-1)",
        "nn.LSTM(3)",
        "nn.LSTM(3, 4, dropout=1.5)",
        "nn.LSTM(3, 4, dropout=True)",
        "nn.LSTM(3, 4, dropout='a')",
        "nn.LSTM(3, 4, dropout=0.5)",
        "nn.LSTM(3, 4, bias=1)",
        "nn.LSTM(3, 4, batch_first=1)",
        "nn.LSTM(3.0, 4)",
        "nn.LSTM(0, 4)",
        "nn.LSTM(3, 4.0)",
        "nn.LSTM(3, 0)",
        "nn.LSTM(3, 4, 0)",
        "nn.RNNBase('RNN', 3, 4)",
        "nn.RNNBase('GRU', 3, 4)(steps(5, 2, 3))",
        "nn.RNNCell(3, 4, nonlinearity='sine')(steps(2, 3))",
        "nn.RNNCell(3, 4, nonlinearity='relu')",
        "nn.modules.rnn.LSTM is nn.LSTM, nn.modules.rnn.RNNBase is nn.RNNBase",
        # The parameters.
        "m = nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2); [(n, tuple(p.shape)) for n, p in m.named_parameters()]",
        "m = nn.GRU(3, 4, 2, bias=False); list(m.state_dict()), m._flat_weights_names, m._all_weights",
        "m = nn.RNN(3, 2); [[tuple(p.shape) for p in ps] for ps in m.all_weights]",
        "m = nn.RNN(3, 2); m.flatten_parameters(), [p is q for p, q in zip(m._flat_weights, m.parameters())]",
        "m = nn.RNN(3, 2); m.weight_ih_l0 = nn.Parameter(torch.zeros(2, 3)); m._flat_weights[0] is m.weight_ih_l0",
        "m = nn.RNN(3, 2); m.weight_ih_l0 = torch.zeros(2, 3)",
        "m = nn.RNN(3, 2).double(); m._flat_weights[0].dtype, m(steps(5, 2, 3, dtype=torch.float64))[0].dtype",
        "m = nn.GRU(3, 2); n = copy.deepcopy(m); x = steps(5, 2, 3); [torch.allclose(n(x)[0], m(x)[0]), "
        "n._flat_weights[0] is n.weight_ih_l0, n.weight_ih_l0 is m.weight_ih_l0]",
        "m = nn.GRU(3, 2); n = pickle.loads(pickle.dumps(m)); x = steps(5, 2, 3); "
        "[torch.allclose(n(x)[0], m(x)[0]), n._flat_weights[0] is n.weight_ih_l0, n]",
        "m, n = nn.GRU(3, 2), nn.GRU(3, 2); x = steps(5, 2, 3); n.load_state_dict(m.state_dict()), "
        "torch.allclose(n(x)[0], m(x)[0])",
        "m = nn.GRU(3, 2); del m._parameters['weight_hh_l0']; m.weight_hh_l0 = torch.zeros(6, 2); "
        "m(steps(1, 1, 3))[0], m",
        "m = nn.RNN(3, 2); state = m.__getstate__(); '_flat_weight_refs' in state, '_flat_weights' in state",
        "m = nn.RNN(3, 2).requires_grad_(False); m(steps(5, 2, 3))[0].requires_grad",
        "m = nn.LSTM(3, 2); m.get_expected_hidden_size(steps(5, 2, 3), None), "
        "m.get_expected_cell_size(steps(5, 2, 3), None)",
        "m = nn.LSTM(3, 2); m.permute_hidden((steps(1, 2, 2), steps(1, 2, 2)), torch.tensor([1, 0]))",
        # What comes out.
        "o, (h, c) = nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True, dtype=torch.float64)("
        "steps(5, 2, 3, dtype=torch.float64)); o, h, c",
        "o, (h, c) = nn.LSTM(3, 4, proj_size=2, batch_first=True, dtype=torch.float64)("
        "steps(5, 2, 3, dtype=torch.float64)); seen(o, h, c)",
        "m = nn.LSTM(3, 4); o, (h, c) = m(steps(1, 2, 3)); m(steps(2, 2, 3)[1:], (h, c))",
        "m = nn.GRU(3, 4); x = steps(5, 2, 3).requires_grad_(); h = steps(1, 2, 4).requires_grad_(); "
        "o, e = m(x, h); (o.sum() + 2 * e.sum()).backward(); x.grad, h.grad, m.bias_hh_l0.grad",
        "m = nn.LSTM(3, 4); x = steps(5, 2, 3).requires_grad_(); o, (h, c) = m(x); c.sum().backward(); x.grad",
        "m = nn.RNN(3, 4, dtype=torch.float64); x = steps(5, 2, 3, dtype=torch.float64).requires_grad_(); "
        "g, = torch.autograd.grad(m(x)[0].sum(), x, create_graph=True); "
        "torch.autograd.grad((g * g).sum(), m.bias_ih_l0)",
        "m = nn.LSTM(3, 4); m.eval()\nwith torch.no_grad():\n    o, (h, c) = m(steps(5, 2, 3))\no.requires_grad, o",
        "m = nn.LSTM(3, 4); x = steps(5, 2, 3); o, _ = m(x); x.add_(1); o.sum().backward()",
        "m = nn.GRU(3, 4); o, _ = m(steps(5, 2, 3)); m.weight_hh_l0.data.add_(1); o.sum().backward(); "
        "m.bias_hh_l0.grad.shape",
        "m = nn.GRU(3, 4); o, _ = m(steps(5, 2, 3)); o.sum().backward(); o.sum().backward()",
        "m = nn.RNN(3, 4, 2, dropout=0.5); m.train(); o, _ = m(steps(3, 2, 3)); o, torch.rand(1)",
        "nn.GRU(3, 4, 2, dropout=1.0)(steps(3, 2, 3))[0]",
        # The functions.
        f"{_GRU}, steps(1, 2, 4), m._flat_weights, True, 1, {_OFF}, False)",
        f"{_GRU}, steps(1, 2, 4), m._flat_weights)",
        f"{_GRU}, steps(1, 2, 4), m._flat_weights, True, 2, {_OFF}, False)",
        f"{_GRU}, steps(1, 2, 4), m._flat_weights, False, 1, {_OFF}, False)",
        f"{_GRU}, steps(1, 2, 4), m._flat_weights[:3], True, 1, {_OFF}, False)",
        f"{_GRU}, steps(1, 2, 4), m._flat_weights, True, 1, 0.0, False, True, False)",
        f"{_GRU}, steps(1, 1, 4), m._flat_weights, True, 1, {_OFF}, False)",
        f"m = nn.LSTM(3, 4); torch.lstm(steps(5, 2, 3), (steps(1, 2, 4),), m._flat_weights, True, 1, {_OFF}, False)",
        "m = nn.LSTMCell(3, 4); torch.lstm_cell(steps(2, 3), (steps(2, 4),), m.weight_ih, m.weight_hh)",
        "m = nn.LSTMCell(3, 4); torch.lstm_cell(steps(2, 3), steps(2, 4), m.weight_ih, m.weight_hh)",
        "m = nn.RNNCell(3, 4); torch.rnn_relu_cell(steps(2, 3), steps(2, 4), m.weight_ih, m.weight_hh, m.bias_ih)",
        "m = nn.RNNCell(3, 4); torch.rnn_tanh_cell(steps(2, 3), steps(2, 4), m.weight_ih, m.weight_hh, m.bias_ih, "
        "torch.ones(5))",
        "m = nn.GRUCell(3, 4).to(torch.int64)",
    ],
    "packing": [*_PACKED, *_PADDED, *_RUNS],
}
