"""The arithmetic of optimizer steps as operators of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from torchlike.engine import from_host
from torchlike.operators.optimizers import adam, sgd
from torchlike.operators.step_arithmetic import Update

SWITCHES = {"has_momentum": False, "has_weight_decay": False, "nesterov": False, "maximize": False}


def value(*numbers: float, dtype: type = np.float32):
    return from_host(np.array(numbers, dtype))


def test_a_new_learning_rate_makes_no_new_entry():
    update = Update("sgd", sgd)
    for lr in (0.5, 0.25, 1.0):
        (new,) = update([(value(1.0, 2.0), value(1.0, 1.0))], (lr, 0.0, 0.0, 0.0), **SWITCHES)
        np.testing.assert_array_equal(new.numpy(), np.float32([1 - lr, 2 - lr]))
    assert len(update._entries) == 1


def test_a_switch_makes_one():
    update = Update("sgd", sgd)
    row = (value(1.0), value(2.0))
    up = update([row], (0.5, 0.0, 0.0, 0.0), **{**SWITCHES, "maximize": True})
    down = update([row], (0.5, 0.0, 0.0, 0.0), **SWITCHES)
    assert [x[0].numpy().item() for x in (up, down)] == [2.0, 0.0]
    assert len(update._entries) == 2


def test_parameters_with_and_without_a_buffer_step_together():
    update = Update("sgd", sgd)
    rows = [(value(1.0), value(1.0)), (value(1.0), value(1.0), value(2.0))]
    results = update(rows, (1.0, 0.5, 0.0, 0.0), **{**SWITCHES, "has_momentum": True})
    assert [x.numpy().item() for x in results] == [0.0, 1.0, -1.0, 2.0]


def test_old_entries_are_forgotten():
    update = Update("sgd", sgd)
    for n in range(1, 600):
        update._entries[n] = None  # type: ignore[assignment]
    update([(value(1.0), value(1.0))], (1.0, 0.0, 0.0, 0.0), **SWITCHES)
    assert len(update._entries) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_advances_its_count_once(dtype):
    update = Update("adam", adam)
    rows = [tuple(value(x, dtype=dtype) for x in (1.0, 0.5, 0.0, 0.0)) for _ in range(3)]
    step, *results = update(
        rows,
        (from_host(np.float32(0)), 0.1, 0.9, 0.999, 0.0, 0.0),
        has_weight_decay=False,
        decoupled=False,
        amsgrad=False,
        maximize=False,
    )
    assert step.numpy().item() == 1.0
    assert len(results) == 9
    np.testing.assert_allclose([x.numpy().item() for x in results[::3]], 0.9, rtol=1e-6)
    assert {x.aval.dtype.np for x in results} == {np.dtype(dtype)}


def test_a_product_that_pytorch_rounds_is_rounded():
    rng = np.random.default_rng(0)
    p, g, buffer = rng.standard_normal((3, 1000)).astype(np.float32)
    rows = [tuple(from_host(x) for x in (p, g, buffer))]
    _, new = Update("sgd", sgd)(rows, (0.1, 0.9, 0.3, 0.0), **{**SWITCHES, "has_momentum": True})
    # PyTorch multiplies the buffer by the momentum, rounds, and then fuses the second product into the sum; a
    # program that is compiled quickly fuses nothing. What must not happen is that the first product is fused.
    rounded = buffer * np.float32(0.9)
    factor = np.float32(1 - 0.3)
    fused = (np.float64(factor) * g + rounded).astype(np.float32)
    found = new.numpy()
    assert np.all((found == fused) | (found == rounded + factor * g))
