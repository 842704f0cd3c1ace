"""Sample calls: recurrent layers and their single steps."""

from __future__ import annotations

from .samples import Sample, T, fails, rough, s

STEPS, BATCH, WIDTH, HIDDEN = 3, 2, 3, 4
DOUBLE = "float64"
_GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def _weights(
    name: str,
    layers: int = 1,
    directions: int = 1,
    biases: bool = True,
    proj: int = 0,
    dtype: str = "float32",
) -> list[T]:
    rows, given = _GATES[name] * HIDDEN, proj or HIDDEN
    found = []
    for layer in range(layers):
        for _ in range(directions):
            found += [
                T(rows, given * directions if layer else WIDTH, dtype=dtype),
                T(rows, given, dtype=dtype),
            ]
            found += [T(rows, dtype=dtype), T(rows, dtype=dtype)] * biases
            found += [T(proj, HIDDEN, dtype=dtype)] * bool(proj)
    return found


def _network(
    name: str,
    layers: int = 1,
    directions: int = 1,
    biases: bool = True,
    batch_first: bool = False,
    proj: int = 0,
    dtype: str = "float32",
    batch: int = BATCH,
    length: int = STEPS,
    smooth: bool = False,
) -> Sample:
    x = T(batch, length, WIDTH, dtype=dtype) if batch_first else T(length, batch, WIDTH, dtype=dtype)
    h = T(layers * directions, batch, proj or HIDDEN, dtype=dtype)
    states = (h, T(layers * directions, batch, HIDDEN, dtype=dtype)) if name == "lstm" else h
    weights = _weights(name, layers, directions, biases, proj, dtype)
    # Numeric differences take a program for each sample: one of them is enough.
    call = s if smooth else rough
    return call(x, states, weights, biases, layers, 0.0, False, directions == 2, batch_first)


def _samples(name: str) -> list[Sample]:
    x, h, weights = (
        T(STEPS, BATCH, WIDTH, dtype=DOUBLE),
        T(1, BATCH, HIDDEN, dtype=DOUBLE),
        _weights(name, dtype=DOUBLE),
    )
    state = (h, h) if name == "lstm" else h
    wide, long = T(1, BATCH, HIDDEN + 1, dtype=DOUBLE), T(1, BATCH + 1, HIDDEN, dtype=DOUBLE)
    single = T(STEPS, BATCH, WIDTH), [T(*t.shape) for t in weights]
    data, sizes = T(5, WIDTH, dtype=DOUBLE), T(values=[2, 2, 1], dtype="int64")
    both = T(2, BATCH, HIDDEN, dtype=DOUBLE)
    two, both = _weights(name, directions=2, dtype=DOUBLE), (both, both) if name == "lstm" else both
    rest = (True, 1, 0.0, False, False, False)
    found = [
        _network(name),
        _network(name, biases=False, dtype=DOUBLE),
        _network(name, directions=2, batch_first=True, dtype=DOUBLE),
        _network(name, layers=2, directions=2, dtype=DOUBLE),
        _network(name, batch=1, length=2, biases=False, smooth=True),
        _network(name, batch=1, length=1),
        _network(name, batch=0),
        _network(name, dtype="complex128")
        if name in ("rnn_tanh", "gru", "lstm")
        else _network(name, layers=2),
        fails(x, state, weights, True, 2, 0.0, False, False, False),
        fails(x, state, weights, False, 1, 0.0, False, False, False),
        fails(x, state, weights[:3], *rest),
        fails(x, state, weights, True, 1, 0.0, False, True, False),
        fails(T(0, BATCH, WIDTH, dtype=DOUBLE), state, weights, *rest),
        fails(T(STEPS, BATCH, WIDTH + 1, dtype=DOUBLE), state, weights, *rest),
        fails(x, (wide, wide) if name == "lstm" else wide, weights, *rest),
        fails(x, (long, long) if name == "lstm" else long, weights, *rest),
        fails(x, state, single[1], *rest),
        fails(x, state, weights),
        rough(data, sizes, state, weights, *rest[:-1]),
        rough(data, sizes, both, two, True, 1, 0.0, False, True),
        fails(data, T(values=[2, 2, 1], dtype="int32"), state, weights, *rest[:-1]),
    ]
    if name == "lstm":
        found += [
            _network(name, layers=2, directions=2, proj=2, dtype=DOUBLE),
            _network(name, biases=False, batch_first=True, proj=2, dtype=DOUBLE),
            fails(x, (h,), weights, *rest),
            fails(x, h, weights, *rest),
        ]
    return found


def _cell(name: str, rows: int) -> list[Sample]:
    def states(*shape: int, dtype: str = "float32") -> T | tuple[T, T]:
        h = T(*shape, dtype=dtype)
        return (h, T(*shape, dtype=dtype)) if name == "lstm_cell" else h

    x, h = T(BATCH, WIDTH), states(BATCH, HIDDEN)
    weights = T(rows, WIDTH), T(rows, HIDDEN)
    return [
        s(x, h, *weights, T(rows), T(rows)),
        s(x, h, *weights),
        s(x, h, *weights, b_hh=T(rows)),
        fails(T(BATCH, WIDTH + 1), h, *weights),
        fails(T(BATCH + 1, WIDTH), h, *weights),
        fails(x, states(BATCH, HIDDEN + 1), *weights),
        fails(x, states(BATCH, HIDDEN, dtype=DOUBLE), *weights),
        fails(T(WIDTH), states(HIDDEN), *weights),
        fails(x, h, *weights, T(rows), T(rows + 1)),
        fails(x, h, T(rows + 1, WIDTH), T(rows, HIDDEN)),
        fails(x, h, T(rows, WIDTH), T(rows + 1, HIDDEN)),
        fails(x),
    ]


SAMPLES: dict[str, list[Sample]] = {
    **{name: _samples(name) for name in _GATES},
    **{
        name: _cell(name, rows * HIDDEN)
        for name, rows in (("rnn_tanh_cell", 1), ("rnn_relu_cell", 1), ("lstm_cell", 4), ("gru_cell", 3))
    },
}
