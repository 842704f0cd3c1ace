"""Optimizer steps in which each gradient is scaled by its own past: RMSprop, Adagrad, Adadelta, Rprop.

Pure functions over all parameters that step together; `step_arithmetic` says what holds for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from torchlike.operators.step_arithmetic import (
    add,
    add_product,
    add_quotient,
    add_square,
    each,
    lerp,
    plus,
    rounded,
    scale,
)

__all__ = ["adadelta", "adagrad", "rmsprop", "rprop"]


def rmsprop(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    alpha: Any,
    eps: Any,
    weight_decay: Any,
    momentum: Any,
    *,
    has_weight_decay: bool,
    has_momentum: bool,
    centered: bool,
    maximize: bool,
) -> list:
    """RMSprop: `v = a v + (1 - a) g**2`, `p = p - lr * g / (sqrt(v) + eps)`.

    With momentum, `b = momentum * b + g / (sqrt(v) + eps)` and `p = p - lr * b`; centered, `v` less the square
    of the gradient's mean `m = a m + (1 - a) g`.

    Args:
        rows: (parameter, gradient, v) of each, then b if there is momentum, then m if `centered`.
        step: the steps already taken, of 0 dimensions.
        lr, alpha, eps, weight_decay, momentum: hyperparameters.
        has_weight_decay, has_momentum: whether these are not 0.
        centered: as in the formula.
        maximize: go up the gradient.

    Returns:
        The count with this step, then the new arrays of each row, without the gradient.
    """

    def update(param: Any, grad: Any, square: Any, *state: Any) -> tuple:
        if maximize:
            grad = -grad
        if has_weight_decay:
            grad = add(grad, param, weight_decay)
        square = add_square(scale(square, alpha), grad, 1 - alpha)
        variance = square
        new = list(state)
        if centered:
            new[-1] = mean = lerp(state[-1], grad, 1 - alpha)
            variance = add_square(square, mean, -jnp.ones((), alpha.dtype))
        root = plus(jnp.sqrt(variance), eps)
        if has_momentum:
            one = jnp.ones((), momentum.dtype)
            new[0] = add_quotient(scale(state[0], momentum), grad, root, one)
            return add(param, new[0], -lr), square, *new
        return add_quotient(param, grad, root, -lr), square, *new

    return [step + jnp.ones((), step.dtype), *each(rows, update)]


def adagrad(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    lr_decay: Any,
    eps: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    maximize: bool,
) -> list:
    """Adagrad: `s = s + g**2`, `p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)`.

    Args:
        rows: (parameter, gradient, s) of each.
        step: t - 1, the steps already taken, of 0 dimensions.
        lr, lr_decay, eps, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        maximize: go up the gradient.

    Returns:
        t, then the new parameter and s of each row.
    """
    rate = lr / (1 + step.astype(jnp.float64) * lr_decay).astype(lr.dtype)

    def update(param: Any, grad: Any, total: Any) -> tuple:
        if maximize:
            grad = -grad
        if has_weight_decay:
            grad = add(grad, param, weight_decay)
        total = add_square(total, grad, jnp.ones((), eps.dtype))
        return add_quotient(param, grad, plus(jnp.sqrt(total), eps), -rate), total

    return [step + jnp.ones((), step.dtype), *each(rows, update)]


def adadelta(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    rho: Any,
    eps: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    maximize: bool,
) -> list:
    """Adadelta: `v = rho v + (1 - rho) g**2`, `d = sqrt(u + eps) / sqrt(v + eps) * g`, `p = p - lr * d`.

    `u = rho u + (1 - rho) d**2` is for the next step.

    Args:
        rows: (parameter, gradient, v, u) of each.
        step: the steps already taken, of 0 dimensions.
        lr, rho, eps, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        maximize: go up the gradient.

    Returns:
        The count with this step, then the new parameter, v and u of each row.
    """

    def update(param: Any, grad: Any, square: Any, moves: Any) -> tuple:
        if maximize:
            grad = -grad
        if has_weight_decay:
            grad = add(grad, param, weight_decay)
        square = add_square(scale(square, rho), grad, 1 - rho)
        before, root = (rounded(jnp.sqrt(rounded(plus(x, eps)))) for x in (moves, square))
        moved = rounded(rounded(before / root) * grad)
        moves = add_square(scale(moves, rho), moved, 1 - rho)
        return add(param, moved, -lr), square, moves

    return [step + jnp.ones((), step.dtype), *each(rows, update)]


def rprop(
    rows: Sequence[tuple],
    step: Any,
    shrink: Any,
    grow: Any,
    least: Any,
    largest: Any,
    *,
    maximize: bool,
) -> list:
    """Rprop: `p = p - s * sign(g)`, s growing while the sign stays, shrinking when it changes.

    Args:
        rows: (parameter, gradient, the gradient before, s) of each.
        step: the steps already taken, of 0 dimensions.
        shrink, grow: what s is multiplied by.
        least, largest: what s stays between.
        maximize: go up the gradient.

    Returns:
        The count with this step, then the new parameter, the gradient (0 where its sign has changed) and s of
        each row.
    """

    def update(param: Any, grad: Any, before: Any, size: Any) -> tuple:
        if maximize:
            grad = -grad
        sign = jnp.sign(grad * before)
        factor = jnp.where(sign == 0, 1, sign)
        factor = jnp.where(sign > 0, grow.astype(sign.dtype), factor)
        factor = jnp.where(sign < 0, shrink.astype(sign.dtype), factor)
        size = jnp.clip(size * factor, least.astype(size.dtype), largest.astype(size.dtype))
        grad = jnp.where(sign < 0, 0, grad)
        return add_product(param, jnp.sign(grad), size, -jnp.ones((), grow.dtype)), grad, size

    return [step + jnp.ones((), step.dtype), *each(rows, update)]
