"""Optimizer steps that take a parameter as a whole: Adafactor, Muon, the direction of L-BFGS.

Pure functions over all parameters that step together; `step_arithmetic` says what holds for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.operators.step_arithmetic import add, computing, lerp, rounded, scale

__all__ = ["adafactor", "lbfgs", "muon"]


def adafactor(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    beta2_decay: Any,
    eps1: Any,
    eps2: Any,
    d: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    maximize: bool,
) -> list:
    """Adafactor: a step by `g / sqrt(v)`, where a matrix's v is the product of a column and a row.

    Args:
        rows: (parameter, gradient, the column, the row) of each that has two dimensions or more, (parameter,
            gradient, v) of the others.
        step: t - 1, the steps already taken, of 0 dimensions.
        lr, beta2_decay, eps1, eps2, d, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        maximize: go up the gradient.

    Returns:
        t, then the new arrays of each row, without the gradient.
    """
    step = step + jnp.ones((), step.dtype)
    taken = step.astype(jnp.float64)
    weight = taken**beta2_decay
    slowest = 1 / jnp.sqrt(taken)
    # A learning rate that is a tensor keeps its own type, as it does in PyTorch.
    shrink = 1 - lr * weight_decay.astype(lr.dtype)

    def rate(size: Any, clipped: Any) -> Any:
        of_lr = -(size.astype(lr.dtype) * lr) / clipped.astype(lr.dtype)
        return jnp.where(slowest < lr, -(size * slowest) / clipped, of_lr)

    results = [step]
    for param, grad, *state in rows:
        if maximize:
            grad = -grad
        to = param.dtype
        size = jnp.maximum(eps2, _norm(param).astype(jnp.float64) / math.sqrt(param.size))
        if has_weight_decay:
            param = scale(param, shrink)
        if grad.ndim > 1:
            columns, rows_ = (
                lerp(old, _square(rounded(_norm(grad, axis))) / grad.shape[axis], weight)
                for old, axis in zip(state, (-1, -2), strict=True)
            )
            state = [columns, rows_]
            mean = rounded(jnp.mean(columns, -2, keepdims=True, dtype=computing(to)).astype(to))
            variance = rounded(columns * rows_) / jnp.maximum(mean, eps1.astype(to))
        else:
            state = [lerp(state[0], rounded(grad * grad), weight)]
            variance = state[0]
        variance = jnp.maximum(rounded(variance), (eps1 * eps1).astype(to)).astype(computing(to))
        update = rounded(rounded((1 / jnp.sqrt(variance)).astype(to)) * grad)
        clipped = jnp.maximum(1.0, _norm(update).astype(jnp.float64) / (math.sqrt(update.size) * d))
        results += [add(param, update, rate(size, clipped)), *state]
    return results


def _norm(x: Any, axis: int | None = None) -> Any:
    """The root of the sum of squares, of all or along an axis that is kept."""
    squares = jnp.square(x.astype(computing(x.dtype)))
    return jnp.sqrt(jnp.sum(squares, axis, keepdims=axis is not None)).astype(x.dtype)


def _square(x: Any) -> Any:
    return rounded(x * x)


def muon(
    rows: Sequence[tuple],
    lr: Any,
    weight_decay: Any,
    momentum: Any,
    eps: Any,
    a: Any,
    b: Any,
    c: Any,
    *,
    nesterov: bool,
    ns_steps: int,
    adjust_lr_fn: str | None,
) -> list:
    """Muon: `p = (1 - lr * weight_decay) * p - lr' * O`, O being the momentum made orthogonal.

    Args:
        rows: (parameter, gradient, momentum buffer) of each.
        lr, weight_decay, momentum, eps: hyperparameters.
        a, b, c: the coefficients of the Newton-Schulz iteration.
        nesterov: take the gradient's part of the momentum once more.
        ns_steps: how often to iterate.
        adjust_lr_fn: which factor by the matrix's shape makes lr' of lr.

    Returns:
        The new parameter and buffer of each row.
    """
    results = []
    for param, grad, buffer in rows:
        buffer = lerp(buffer, grad, 1 - momentum)
        normal = _normal(lerp(grad, buffer, momentum) if nesterov else buffer, eps)
        if not nesterov and buffer.dtype == normal.dtype:
            # What PyTorch divides by its norm is the buffer itself then.
            buffer = normal
        update = _orthogonal(normal, (a, b, c), ns_steps)
        height, width = param.shape
        ratio = math.sqrt(max(1, height / width))
        if adjust_lr_fn == "match_rms_adamw":
            ratio = 0.2 * math.sqrt(max(height, width))
        shrunk = scale(param, 1 - lr * weight_decay.astype(lr.dtype))
        together = jnp.promote_types(param.dtype, update.dtype)
        moved = add(shrunk.astype(together), update.astype(together), -lr * jnp.asarray(ratio, lr.dtype))
        results += [moved.astype(param.dtype), buffer]
    return results


def _normal(x: Any, eps: Any) -> Any:
    """The matrix over its norm, in bfloat16."""
    x = rounded(x.astype(jnp.bfloat16))
    return rounded(x / jnp.maximum(rounded(_norm(x)), eps.astype(jnp.bfloat16)))


def _orthogonal(x: Any, coefficients: tuple, steps: int) -> Any:
    """The nearest orthogonal matrix, roughly: each step makes the singular values more equal."""
    a, b, c = (number.astype(jnp.float32) for number in coefficients)
    is_tall = x.shape[0] > x.shape[1]
    x = x.T if is_tall else x
    for _ in range(steps):
        gram = rounded(_product(x, x.T).astype(x.dtype))
        polynomial = rounded((b * gram + c * _product(gram, gram)).astype(x.dtype))
        x = rounded((a * x + _product(polynomial, x)).astype(x.dtype))
    return x.T if is_tall else x


def _product(x: Any, y: Any) -> Any:
    return jnp.matmul(x, y, preferred_element_type=jnp.float32)


def lbfgs(rows: Sequence[tuple], diagonal: Any) -> list:
    """The direction of L-BFGS: the gradient times an inverse of the Hessian's estimate, negated.

    Args:
        rows: (gradient,), then (change of the gradient, change of the parameters, 1 / their product) of each
            step that is remembered, the oldest first; rows of zeros change nothing.
        diagonal: the estimate of the inverse before the first of them, of 0 dimensions.

    Returns:
        The direction, then the factor by which each row's change of the gradient was taken off.
    """
    (grad,), *history = rows
    if not history:
        return [-grad * diagonal.astype(grad.dtype)]
    changes, moves, inverses = (jnp.stack(column) for column in zip(*history, strict=True))

    def back(q: Any, row: tuple) -> tuple:
        change, move, inverse = row
        factor = jnp.dot(move, q, precision=lax.Precision.HIGHEST) * inverse
        return _fused(q, change, -factor), factor

    def forth(r: Any, row: tuple) -> tuple:
        change, move, inverse, factor = row
        there = jnp.dot(change, r, precision=lax.Precision.HIGHEST) * inverse
        return _fused(r, move, factor - there), None

    factors: Any
    q, factors = lax.scan(back, -grad, (changes, moves, inverses), reverse=True)
    direction, _ = lax.scan(forth, q * diagonal.astype(q.dtype), (changes, moves, inverses, factors))
    return [direction, *factors]


def _fused(a: Any, b: Any, factor: Any) -> Any:
    """`a + factor * b`, rounded once as PyTorch's kernel does, however well the program is compiled.

    A few iterations of L-BFGS make large differences of last digits.
    """
    product = factor.astype(jnp.float64) * b.astype(jnp.float64)
    return (product + a.astype(jnp.float64)).astype(a.dtype)
