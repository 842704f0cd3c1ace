"""Recurrent networks of several layers and directions, and single steps of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.errors import missing, warn
from torchlike.operators import declaration
from torchlike.operators.declaration import Operator
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.packing import Packing, sizes_of_steps
from torchlike.tensors.python_functions import builtin
from torchlike.tensors.queries import size_dim
from torchlike.tensors.tensor import Tensor
from torchlike.tensors.views import transpose, transpose_

__all__: list[str] = []

_get = declaration.get
_OPERATORS = {
    mode: (_get(f"_{name}_steps"), _get(f"_{name}_layer"))
    for mode, name in (("rnn_tanh", "rnn"), ("rnn_relu", "rnn"), ("lstm", "lstm"), ("gru", "gru"))
}
_STACK, _CAT = _get("stack"), _get("cat")
_dropout, _unbind = builtin("torch", "dropout"), builtin("torch", "unbind")


class _Direction(NamedTuple):
    """The parameters of a layer in one direction; what there is none of is None."""

    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor | None
    b_hh: Tensor | None
    w_hr: Tensor | None


def _directions(params: Sequence[Tensor], has_biases: bool, projected: bool) -> list[_Direction]:
    each = 2 + 2 * has_biases + projected
    if len(params) % each:
        raise RuntimeError("got an incorrect number of RNN parameters")
    found = []
    for i in range(0, len(params), each):
        given = params[i : i + each]
        b_ih, b_hh = given[2:4] if has_biases else (None, None)
        found.append(_Direction(given[0], given[1], b_ih, b_hh, given[-1] if projected else None))
    return found


class _Network(NamedTuple):
    """What is the same for all layers of a call."""

    mode: str
    num_layers: int
    dropout: float
    train: bool
    bidirectional: bool
    packing: Packing | None = None


def _run(
    net: _Network, input: Tensor, states: list[tuple[Tensor, ...]], weights: list[_Direction]
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """All layers.

    Args:
        net: the options.
        input: (T, N, *), or the data of a packed sequence.
        states: of each layer's directions, one after the other: h, with an LSTM's c.
        weights: likewise.

    Returns:
        The last layer's output and all last states.
    """
    if net.bidirectional and (len(weights) % 2 or len(states) % 2):
        raise RuntimeError("Odd number of params or hiddens given to a bidirectional RNN")
    directions = 2 if net.bidirectional else 1
    if len(states) != net.num_layers * directions:
        raise RuntimeError("Expected more hidden states in stacked_rnn")
    if len(weights) != net.num_layers * directions:
        raise RuntimeError("Expected more weights in stacked_rnn")
    ends: list[tuple[Tensor, ...]] = []
    for layer in range(net.num_layers):
        outputs = []
        for k in range(directions):
            i = layer * directions + k
            output, *end = _run_direction(net, input, states[i], weights[i], bool(k))
            outputs.append(output)
            ends.append(tuple(end))
        input = (
            outputs[0] if len(outputs) == 1 else dispatch.call(_CAT, (tuple(outputs), outputs[0].ndim - 1))
        )
        if net.dropout != 0 and net.train and layer < net.num_layers - 1:
            input = _dropout(input, net.dropout, True)
    return input, ends


def _run_direction(
    net: _Network, input: Tensor, states: tuple[Tensor, ...], weights: _Direction, reverse: bool
) -> tuple[Tensor, ...]:
    packing = net.packing
    if packing is not None:
        input = packing.padded(input)
    if input.ndim != 3:
        raise missing(f"torch.{net.mode} of an input with {input.ndim} dimensions")
    if input.shape[0] == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    operands = (input, *states, *(weights if net.mode == "lstm" else weights[:4]))
    args = (*operands, None if packing is None else packing.lengths, net.mode, reverse)
    steps, layer = _OPERATORS[net.mode]
    made = dispatch.call(steps, args)
    if state.enabled and any(t is not None and t._edge is not None for t in operands):
        made = dispatch.call(layer, (*args, *made))
    output, *ends = made[:3] if net.mode == "lstm" else made[:2]
    return (output if packing is None else packing.packed(output), *ends)


def _stacked(ends: list[tuple[Tensor, ...]], i: int) -> Tensor:
    return dispatch.call(_STACK, (tuple([end[i] for end in ends]), 0))


_OPTIONS = "Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional"


def _declare(mode: str) -> None:
    @composite(
        f"{mode}.data(Tensor data, Tensor batch_sizes, Tensor hx, {_OPTIONS}) -> (Tensor, Tensor)",
        method=False,
    )
    def of_data(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional):
        packing = Packing(sizes_of_steps(data, batch_sizes))
        net = _Network(mode, num_layers, dropout, train, bidirectional, packing)
        weights = _directions(params, has_biases, False)
        output, ends = _run(net, data, [(h,) for h in _unbind(hx)], weights)
        return output, _stacked(ends, 0)

    @composite(
        f"{mode}.input(Tensor input, Tensor hx, {_OPTIONS}, bool batch_first) -> (Tensor, Tensor)",
        method=False,
    )
    def of_input(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
        net = _Network(mode, num_layers, dropout, train, bidirectional)
        if batch_first:
            input = transpose(input, 0, 1)
        weights = _directions(params, has_biases, False)
        output, ends = _run(net, input, [(h,) for h in _unbind(hx)], weights)
        # In PyTorch it is no view of what it was before.
        return transpose_(output, 0, 1) if batch_first else output, _stacked(ends, 0)


for _mode in ("rnn_tanh", "rnn_relu", "gru"):
    _declare(_mode)


@composite(
    f"lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, {_OPTIONS}) -> (Tensor, Tensor, Tensor)",
    method=False,
)
def lstm_of_data(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional):
    _check_two("lstm", hx)
    net = _Network(
        "lstm", num_layers, dropout, train, bidirectional, Packing(sizes_of_steps(data, batch_sizes))
    )
    output, ends = _run(net, data, _pairs(hx), _directions(params, has_biases, _is_projected(hx)))
    return output, _stacked(ends, 0), _stacked(ends, 1)


@composite(
    f"lstm.input(Tensor input, Tensor[] hx, {_OPTIONS}, bool batch_first) -> (Tensor, Tensor, Tensor)",
    method=False,
)
def lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    _check_two("lstm", hx)
    net = _Network("lstm", num_layers, dropout, train, bidirectional)
    if batch_first:
        input = transpose(input, 0, 1)
    projected = _is_projected(hx)
    if projected and input.dtype in (dtypes.float32, dtypes.bfloat16):
        warn("LSTM with projections is not supported with oneDNN. Using default implementation.", once=True)
    output, ends = _run(net, input, _pairs(hx), _directions(params, has_biases, projected))
    return transpose(output, 0, 1) if batch_first else output, _stacked(ends, 0), _stacked(ends, 1)


def _check_two(name: str, hx: Sequence[Tensor]) -> None:
    if len(hx) != 2:
        raise RuntimeError(f"{name} expects two hidden states")


def _is_projected(hx: Sequence[Tensor]) -> bool:
    return size_dim(hx[0], 2) != size_dim(hx[1], 2)


def _pairs(hx: Sequence[Tensor]) -> list[tuple[Tensor, ...]]:
    h, c = _unbind(hx[0]), _unbind(hx[1])
    if len(h) != len(c):
        raise RuntimeError(f"Expected hx and cx to have as many layers, but got {len(h)} and {len(c)}")
    return list(zip(h, c, strict=True))


# -- single steps -----------------------------------------------------------------------------------------------------

_LINEAR, _GATES, _ADD, _SUB, _MUL, _TANH, _SIGMOID, _RELU = (
    _get(name) for name in ("linear", "_gates", "add", "sub", "mul", "tanh", "sigmoid", "relu")
)


def _check_cell(input: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, chunks: int) -> None:
    if size_dim(input, 1) != size_dim(w_ih, 1):
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}"
        )
    hidden = size_dim(w_hh, 1)
    for i, h in enumerate(states):
        if input.shape[0] != size_dim(h, 0):
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{i} batch size {h.shape[0]}"
            )
        if size_dim(h, 1) != hidden:
            raise RuntimeError(f"hidden{i} has inconsistent hidden_size: got {h.shape[1]}, expected {hidden}")
    for name, weight in (("weight_ih", w_ih), ("weight_hh", w_hh)):
        if weight.shape[0] != chunks * hidden:
            raise RuntimeError(
                f"{name} first dim must be {chunks} * hidden_size = {chunks * hidden}, but got {weight.shape[0]}"
            )


def _plus(a: Tensor, b: Tensor) -> Tensor:
    return dispatch.call(_ADD, (a, b, 1))


def _times(a: Tensor, b: Tensor) -> Tensor:
    return dispatch.call(_MUL, (a, b))


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return dispatch.call(_LINEAR, (x, weight, bias))


_CELL = "Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None"


def _declare_cell(name: str, nonlinearity: Operator) -> None:
    @composite(f"{name}(Tensor input, Tensor hx, {_CELL}) -> Tensor", method=False)
    def cell(input, hx, w_ih, w_hh, b_ih, b_hh):
        _check_cell(input, (hx,), w_ih, w_hh, 1)
        from_input, from_state = _linear(input, w_ih, b_ih), _linear(hx, w_hh, b_hh)
        return dispatch.call(nonlinearity, (_plus(from_state, from_input),))


_declare_cell("rnn_tanh_cell", _TANH)
_declare_cell("rnn_relu_cell", _RELU)


def _refuse_integers(input: Tensor) -> None:
    if input.dtype.category < 2:
        shown = dtypes.get_default_dtype().legacy_name
        raise RuntimeError(
            f"result type {shown} can't be cast to the desired output type {input.dtype.legacy_name}"
        )


@composite(f"lstm_cell(Tensor input, Tensor[] hx, {_CELL}) -> (Tensor, Tensor)", method=False)
def lstm_cell(input, hx, w_ih, w_hh, b_ih, b_hh):
    _check_two("lstm_cell", hx)
    h, c = hx
    _check_cell(input, (h, c), w_ih, w_hh, 4)
    from_input, from_state = _linear(input, w_ih, b_ih), _linear(h, w_hh, b_hh)
    _refuse_integers(input)
    i, f, g, o = dispatch.call(_GATES, (_plus(from_state, from_input), 4))
    i, f, o = (dispatch.call(_SIGMOID, (gate,)) for gate in (i, f, o))
    c = _plus(_times(f, c), _times(i, dispatch.call(_TANH, (g,))))
    return _times(o, dispatch.call(_TANH, (c,))), c


@composite(f"gru_cell(Tensor input, Tensor hx, {_CELL}) -> Tensor", method=False)
def gru_cell(input, hx, w_ih, w_hh, b_ih, b_hh):
    _check_cell(input, (hx,), w_ih, w_hh, 3)
    from_input, from_state = _linear(input, w_ih, b_ih), _linear(hx, w_hh, b_hh)
    _refuse_integers(input)
    x_r, x_z, x_n = dispatch.call(_GATES, (from_input, 3))
    h_r, h_z, h_n = dispatch.call(_GATES, (from_state, 3))
    r = dispatch.call(_SIGMOID, (_plus(h_r, x_r),))
    z = dispatch.call(_SIGMOID, (_plus(h_z, x_z),))
    n = dispatch.call(_TANH, (_plus(x_n, _times(h_n, r)),))
    return _plus(_times(dispatch.call(_SUB, (hx, n, 1)), z), n)
