"""Recurrent layers: one layer in one direction over all steps, as one loop.

What every step reads of the input is one product before the loop; the gradients of all weights are one product each
behind the loop that goes backward. That loop reads what the one forward has kept, and a gradient has no other means to
get it than as an operand. So a layer is two operators: `_lstm_steps` runs the loop and is outside the graph, and
`_lstm_layer` gives what that has made, as a function of the layer's operands whose gradient reads what was kept.

A cell's own gradient is written out, so that a step keeps its gates and nothing else. Derivatives of higher order are
those of the loop as JAX differentiates it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.engine import Aval, aval
from torchlike.errors import missing
from torchlike.operators.declaration import operator
from torchlike.operators.products_checks import check_linear

__all__: list[str] = []


class Cell(NamedTuple):
    """One step, behind the products with the weights.

    Attributes:
        gates: the rows of the weights, in sizes of the state.
        joined: whether it reads only the sum of what comes from the input and what comes from the state.
        forward: (from_input, from_state, h, c) -> (h, c, kept): what is `joined` is in `from_input`.
        backward: (kept, h_after, h, c_after, c, d_h, d_c) -> the gradients of from_input, from_state, h and c; None
            where there is none, or where that of from_state is that of from_input.
    """

    gates: int
    joined: bool
    forward: Callable
    backward: Callable


def _tanh_step(gates, _, h, c):
    return jnp.tanh(gates), None, None


def _tanh_step_back(kept, h_after, h, c_after, c, d_h, d_c):
    return d_h * (1 - h_after * h_after), None, None, None


def _relu_step(gates, _, h, c):
    return jnp.maximum(gates, jnp.zeros((), gates.dtype)), None, None


def _relu_step_back(kept, h_after, h, c_after, c, d_h, d_c):
    return jnp.where(h_after > 0, d_h, jnp.zeros((), d_h.dtype)), None, None, None


def _lstm_step(gates, _, h, c):
    i, f, g, o = jnp.split(gates, 4, -1)
    i, f, g, o = lax.logistic(i), lax.logistic(f), jnp.tanh(g), lax.logistic(o)
    c = f * c + i * g
    return o * jnp.tanh(c), c, jnp.concatenate((i, f, g, o), -1)


def _lstm_step_back(kept, h_after, h, c_after, c, d_h, d_c):
    i, f, g, o = jnp.split(kept, 4, -1)
    t = jnp.tanh(c_after)
    d_c = d_c + d_h * o * (1 - t * t)
    gates = (d_c * g * i * (1 - i), d_c * c * f * (1 - f), d_c * i * (1 - g * g), d_h * t * o * (1 - o))
    return jnp.concatenate(gates, -1), None, None, d_c * f


def _gru_step(from_input, from_state, h, c):
    x_r, x_z, x_n = jnp.split(from_input, 3, -1)
    h_r, h_z, h_n = jnp.split(from_state, 3, -1)
    r, z = lax.logistic(x_r + h_r), lax.logistic(x_z + h_z)
    n = jnp.tanh(x_n + r * h_n)
    return (h - n) * z + n, None, jnp.concatenate((r, z, n, h_n), -1)


def _gru_step_back(kept, h_after, h, c_after, c, d_h, d_c):
    r, z, n, h_n = jnp.split(kept, 4, -1)
    d_n = d_h * (1 - z) * (1 - n * n)
    d_r, d_z = d_n * h_n * r * (1 - r), d_h * (h - n) * z * (1 - z)
    return jnp.concatenate((d_r, d_z, d_n), -1), jnp.concatenate((d_r, d_z, d_n * r), -1), d_h * z, None


_CELLS = {
    "rnn_tanh": Cell(1, True, _tanh_step, _tanh_step_back),
    "rnn_relu": Cell(1, True, _relu_step, _relu_step_back),
    "lstm": Cell(4, True, _lstm_step, _lstm_step_back),
    "gru": Cell(3, False, _gru_step, _gru_step_back),
}


class Operands(NamedTuple):
    """A layer's: (T, N, *), (N, *), (N, *), and its weights; what a layer does not have is None."""

    input: Any
    hx: Any
    cx: Any
    w_ih: Any
    w_hh: Any
    b_ih: Any
    b_hh: Any
    w_hr: Any


class Results(NamedTuple):
    """What the loop gives: the output of each step and the last states, and per step what the gradient reads."""

    output: Any
    h_n: Any
    c_n: Any
    cells: Any
    kept: Any


def _wide(x):
    """Half types are computed in float32; the states are rounded at every step, as in PyTorch."""
    return x.astype(jnp.float32) if x is not None and x.dtype in (jnp.float16, jnp.bfloat16) else x


def _product(a, b, over_a: tuple[int, ...], over_b: tuple[int, ...]):
    a, b = _wide(a), _wide(b)
    sums = ((over_a, over_b), ((), ()))
    return lax.dot_general(a, b, sums, precision=lax.Precision.HIGHEST, preferred_element_type=a.dtype)


def _times(x, weight):
    """`x @ weight.T`, contracted as it lies."""
    return _product(x, weight, (x.ndim - 1,), (1,))


def _times_transposed(x, weight):
    return _product(x, weight, (x.ndim - 1,), (0,))


def _plus(x, *biases):
    for bias in biases:
        if bias is not None:
            x = x + _wide(bias)
    return x


def _present(input, lengths):
    """(T, N, 1): which steps a sequence has; None where all of them have all."""
    if lengths is None:
        return None
    steps = lax.broadcasted_iota(lengths.dtype, (input.shape[0], lengths.shape[0], 1), 0)
    return steps < lengths[None, :, None]


def _chosen(present, one, other):
    return one if present is None or one is None else jnp.where(present, one, other)


def _loop(mode: str, reverse: bool, x: Operands, lengths) -> Results:
    cell = _CELLS[mode]
    from_input = _plus(_times(x.input, x.w_ih), x.b_ih, x.b_hh if cell.joined else None)

    def step(states, at):
        h, c = states
        gates, here = at
        from_state = _times(h, x.w_hh)
        if cell.joined:
            gates = gates + from_state
        else:
            from_state = _plus(from_state, x.b_hh)
        new_h, new_c, kept = cell.forward(gates, from_state, _wide(h), _wide(c))
        if x.w_hr is not None:
            new_h = _times(new_h, x.w_hr)
        new_h = _chosen(here, new_h.astype(h.dtype), h)
        if new_c is not None:
            new_c = _chosen(here, new_c.astype(c.dtype), c)
        return (new_h, new_c), (new_h, new_c, kept)

    xs = (from_input, _present(x.input, lengths))
    (h_n, c_n), (output, cells, kept) = lax.scan(step, (x.hx, x.cx), xs, reverse=reverse)
    return Results(output, h_n, c_n, cells, kept)


def _before(first, states, reverse: bool):
    """The state before each step."""
    if states is None:
        return None
    parts = (states[1:], first[None]) if reverse else (first[None], states[:-1])
    return _wide(jnp.concatenate(parts))


def _backward(mode: str, reverse: bool, x: Operands, lengths, made: Results, cotangents: tuple) -> Operands:
    """The gradients of the operands, from what the loop has kept."""
    cell = _CELLS[mode]
    d_output, d_h, d_c = (_wide(d) for d in cotangents)
    before = _before(x.hx, made.output, reverse)

    def step(carried, at):
        d_h, d_c = carried
        d_output, h_after, h, c_after, c, kept, here = at
        d_h = d_h + d_output
        zero = jnp.zeros((), d_h.dtype)
        passed_h = None if here is None else jnp.where(here, zero, d_h)
        passed_c = None if here is None or d_c is None else jnp.where(here, zero, d_c)
        d_h, d_c = _chosen(here, d_h, zero), _chosen(here, d_c, zero)
        d_made = d_h if x.w_hr is None else _times_transposed(d_h, x.w_hr)
        d_input, d_state, d_before, d_c = cell.backward(kept, h_after, h, c_after, c, d_made, d_c)
        behind = _times_transposed(d_input if d_state is None else d_state, x.w_hh)
        behind = _plus(behind, d_before, passed_h)
        return (behind, d_c if d_c is None else _plus(d_c, passed_c)), (d_input, d_state, d_h)

    c_before = _before(x.cx, made.cells, reverse)
    present = _present(x.input, lengths)
    per_step = (d_output, _wide(made.output), before, _wide(made.cells), c_before, made.kept, present)
    (d_hx, d_cx), (d_input, d_state, d_made) = lax.scan(step, (d_h, d_c), per_step, reverse=not reverse)
    d_state = d_input if d_state is None else d_state

    def of_weight(d, operand):
        return _product(d, operand, (0, 1), (0, 1))

    def of_bias(d):
        rows = d.reshape(-1, d.shape[-1])
        return jnp.ones(rows.shape[0], rows.dtype) @ rows

    found = Operands(
        _times_transposed(d_input, x.w_ih),
        d_hx,
        d_cx,
        of_weight(d_input, x.input),
        of_weight(d_state, before),
        None if x.b_ih is None else of_bias(d_input),
        None if x.b_hh is None else of_bias(d_state),
        None if x.w_hr is None else of_weight(d_made, _hidden(made)),
    )
    return jax.tree.map(lambda d, operand: d.astype(operand.dtype), found, x)


def _hidden(made: Results):
    """What an LSTM's steps gave before it was projected."""
    return jnp.split(made.kept, 4, -1)[3] * jnp.tanh(_wide(made.cells))


def _backward_of_loop(mode: str, reverse: bool, x: Operands, lengths, cotangents: tuple) -> Operands:
    """The same as `_backward`, of the operands alone: what there are derivatives of."""

    def states(x: Operands) -> tuple:
        made = _loop(mode, reverse, x, lengths)
        return made.output, made.h_n, made.c_n

    return jax.vjp(states, x)[1](cotangents)[0]


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _gradient(mode, reverse, x, lengths, made, cotangents):
    # What was kept depends on all operands, and so does each gradient, though it may read what was kept alone.
    x, made = lax.optimization_barrier((x, made))
    return _backward(mode, reverse, x, lengths, made, cotangents)


def _gradient_forward(mode, reverse, x, lengths, made, cotangents):
    return _gradient(mode, reverse, x, lengths, made, cotangents), (x, lengths, made, cotangents)


def _gradient_backward(mode, reverse, known, given):
    x, lengths, made, cotangents = known
    of_loop = partial(_backward_of_loop, mode, reverse)
    _, pull = jax.vjp(lambda x, cotangents: of_loop(x, lengths, cotangents), x, cotangents)
    d_x, d_cotangents = pull(given)
    return d_x, None, jax.tree.map(jnp.zeros_like, made), d_cotangents


_gradient.defvjp(_gradient_forward, _gradient_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _layer(mode, reverse, x, lengths, made):
    return made.output, made.h_n, made.c_n


def _layer_forward(mode, reverse, x, lengths, made):
    return (made.output, made.h_n, made.c_n), (x, lengths, made)


def _layer_backward(mode, reverse, known, cotangents):
    x, lengths, made = known
    return (
        _gradient(mode, reverse, x, lengths, made, cotangents),
        None,
        jax.tree.map(jnp.zeros_like, made),
    )


_layer.defvjp(_layer_forward, _layer_backward)


# -- the operators ----------------------------------------------------------------------------------------------------


def _check(mode: str, x: Operands) -> None:
    """Raise what PyTorch's operations of the first step would."""
    step = aval(tuple(x.input.shape[1:]), x.input.dtype, x.input.device)
    rows = aval((x.input.shape[0] * x.input.shape[1], x.input.shape[2]), x.input.dtype, x.input.device)
    check_linear(rows, x.w_ih, x.b_ih)
    check_linear(x.hx, x.w_hh, x.b_hh)
    count, states = step.shape[0], x.hx.shape[0]
    width = x.w_hh.shape[0] // (1 if _CELLS[mode].joined else 3)
    hidden = (x.hx if x.cx is None else x.cx).shape[-1]
    rows_of_gates = _CELLS[mode].gates * hidden
    if x.w_ih.shape[0] != rows_of_gates or x.w_hh.shape[0] != rows_of_gates:
        raise missing(f"torch.{mode} with weights of another height than {_CELLS[mode].gates} * {hidden}")
    if count != states:
        if states == 1:
            raise RuntimeError(
                f"output with shape [1, {width}] doesn't match the broadcast shape [{count}, {width}]"
            )
        raise RuntimeError(
            f"The size of tensor a ({states}) must match the size of tensor b ({count}) at non-singleton "
            "dimension 0"
        )
    if x.input.dtype.is_complex and mode == "rnn_relu":
        raise NotImplementedError("clamp is not supported for complex types")
    if x.input.dtype.category < 2 and mode != "rnn_relu":
        float_name = dtypes.get_default_dtype().legacy_name
        name = x.input.dtype.legacy_name
        if mode == "rnn_tanh":
            raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {float_name} and {name}")
        raise RuntimeError(f"result type {float_name} can't be cast to the desired output type {name}")


_INPUTS = "Tensor input, Tensor hx"
_WEIGHTS = "Tensor w_ih, Tensor w_hh, Tensor? b_ih, Tensor? b_hh"
_OPTIONS = "Tensor? lengths, str mode, bool reverse"
_INTERNAL: dict[str, Any] = {"namespaces": (), "method": False, "out": False}
# The biases are read by derivatives of second order only, for which PyTorch too has what they were.
_SAVED = ("input", "hx", "cx", "w_ih", "w_hh", "w_hr")


def _check_rnn(input: Aval, hx: Aval, w_ih: Aval, w_hh: Aval, b_ih: Any, b_hh: Any, *rest: Any) -> None:
    _check(rest[1], Operands(input, hx, None, w_ih, w_hh, b_ih, b_hh, None))


def _check_lstm(
    input: Aval, hx: Aval, cx: Aval, w_ih: Aval, w_hh: Aval, b_ih: Any, b_hh: Any, w_hr: Any, *rest: Any
) -> None:
    _check("lstm", Operands(input, hx, cx, w_ih, w_hh, b_ih, b_hh, w_hr))


@operator(
    f"_rnn_steps({_INPUTS}, {_WEIGHTS}, {_OPTIONS}) -> (Tensor, Tensor)",
    check=_check_rnn,
    differentiable=False,
    **_INTERNAL,
)
def rnn_steps(input, hx, w_ih, w_hh, b_ih, b_hh, lengths, mode, reverse):
    made = _loop(mode, reverse, Operands(input, hx, None, w_ih, w_hh, b_ih, b_hh, None), lengths)
    return made.output, made.h_n


@operator(
    f"_rnn_layer({_INPUTS}, {_WEIGHTS}, {_OPTIONS}, Tensor output, Tensor h_n) -> (Tensor, Tensor)",
    check=lambda *_: None,
    aside=("lengths", "output", "h_n"),
    saves=_SAVED,
    backward="StackBackward0",
    **_INTERNAL,
)
def rnn_layer(input, hx, w_ih, w_hh, b_ih, b_hh, lengths, mode, reverse, output, h_n):
    x = Operands(input, hx, None, w_ih, w_hh, b_ih, b_hh, None)
    return _layer(mode, reverse, x, lengths, Results(output, h_n, None, None, None))[:2]


@operator(
    f"_gru_steps({_INPUTS}, {_WEIGHTS}, {_OPTIONS}) -> (Tensor, Tensor, Tensor)",
    check=_check_rnn,
    differentiable=False,
    **_INTERNAL,
)
def gru_steps(input, hx, w_ih, w_hh, b_ih, b_hh, lengths, mode, reverse):
    made = _loop(mode, reverse, Operands(input, hx, None, w_ih, w_hh, b_ih, b_hh, None), lengths)
    return made.output, made.h_n, made.kept


@operator(
    f"_gru_layer({_INPUTS}, {_WEIGHTS}, {_OPTIONS}, Tensor output, Tensor h_n, Tensor kept) -> (Tensor, Tensor)",
    check=lambda *_: None,
    aside=("lengths", "output", "h_n", "kept"),
    saves=_SAVED,
    backward="StackBackward0",
    **_INTERNAL,
)
def gru_layer(input, hx, w_ih, w_hh, b_ih, b_hh, lengths, mode, reverse, output, h_n, kept):
    x = Operands(input, hx, None, w_ih, w_hh, b_ih, b_hh, None)
    return _layer(mode, reverse, x, lengths, Results(output, h_n, None, None, kept))[:2]


def _lstm_node(input: Aval, hx: Aval, cx: Aval, *rest: Any) -> str:
    # PyTorch has a kernel for these on CPUs.
    fused = input.dtype in (dtypes.float32, dtypes.bfloat16) and hx.shape == cx.shape and hx.shape.numel() > 0
    return "MkldnnRnnLayerBackward0" if fused else "StackBackward0"


_LSTM = f"{_INPUTS}, Tensor cx, {_WEIGHTS}, Tensor? w_hr, {_OPTIONS}"


@operator(
    f"_lstm_steps({_LSTM}) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
    check=_check_lstm,
    differentiable=False,
    **_INTERNAL,
)
def lstm_steps(input, hx, cx, w_ih, w_hh, b_ih, b_hh, w_hr, lengths, mode, reverse):
    return tuple(_loop(mode, reverse, Operands(input, hx, cx, w_ih, w_hh, b_ih, b_hh, w_hr), lengths))


@operator(
    f"_lstm_layer({_LSTM}, Tensor output, Tensor h_n, Tensor c_n, Tensor cells, Tensor kept) -> "
    "(Tensor, Tensor, Tensor)",
    check=lambda *_: None,
    aside=("lengths", "output", "h_n", "c_n", "cells", "kept"),
    saves=_SAVED,
    backward=_lstm_node,
    **_INTERNAL,
)
def lstm_layer(
    input, hx, cx, w_ih, w_hh, b_ih, b_hh, w_hr, lengths, mode, reverse, output, h_n, c_n, cells, kept
):
    x = Operands(input, hx, cx, w_ih, w_hh, b_ih, b_hh, w_hr)
    return _layer(mode, reverse, x, lengths, Results(output, h_n, c_n, cells, kept))


@operator("_gates(Tensor self, int count) -> Tensor[]", backward="UnsafeSplitBackward0", **_INTERNAL)
def gates(self, count):
    """Equal parts of the last dimension."""
    return jnp.split(self, count, -1)
