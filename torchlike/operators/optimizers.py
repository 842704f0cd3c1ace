"""Optimizer steps along the gradient's mean: SGD, ASGD, Adam and its kind.

Pure functions over all parameters that step together; `step_arithmetic` says what holds for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from torchlike.operators.step_arithmetic import (
    add,
    add_quotient,
    add_square,
    each,
    lerp,
    over,
    plus,
    scale,
)

__all__ = ["adam", "adamax", "asgd", "nadam", "radam", "sgd"]


def sgd(
    rows: Sequence[tuple],
    lr: Any,
    momentum: Any,
    dampening: Any,
    weight_decay: Any,
    *,
    has_momentum: bool,
    has_weight_decay: bool,
    nesterov: bool,
    maximize: bool,
) -> list:
    """Stochastic gradient descent: `v = momentum * v + (1 - dampening) * g`, `p = p - lr * v`.

    Args:
        rows: (parameter, gradient) or (parameter, gradient, momentum buffer) of each; without a buffer, the
            gradient becomes it.
        lr, momentum, dampening, weight_decay: hyperparameters.
        has_momentum, has_weight_decay: whether these are not 0.
        nesterov: step along `g + momentum * v`.
        maximize: go up the gradient.

    Returns:
        The new parameter of each row, each followed by its new buffer if there is momentum.
    """
    results = []
    for param, grad, *state in rows:
        if maximize:
            grad = -grad
        if has_weight_decay:
            grad = add(grad, param, weight_decay)
        if not has_momentum:
            results.append(add(param, grad, -lr))
            continue
        buffer = add(scale(state[0], momentum), grad, 1 - dampening) if state else grad
        grad = add(grad, buffer, momentum) if nesterov else buffer
        results += [add(param, grad, -lr), buffer]
    return results


def asgd(
    rows: Sequence[tuple],
    step: Any,
    eta: Any,
    mu: Any,
    lr: Any,
    lambd: Any,
    alpha: Any,
    t0: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    maximize: bool,
) -> list:
    """Averaged gradient descent: `p = (1 - lambd * eta) * p - eta * g`, `a = a + mu * (p - a)`.

    Args:
        rows: (parameter, gradient, average) of each.
        step: t - 1, the steps already taken, of 0 dimensions.
        eta, mu: the rates of this step, of 0 dimensions.
        lr, lambd, alpha, t0, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        maximize: go up the gradient.

    Returns:
        t; the next step's `lr / (1 + lambd * lr * t)**alpha` and `1 / max(1, t - t0)`; then the new
        parameter and average of each row.
    """
    rate = eta.astype(jnp.float64)

    def update(param: Any, grad: Any, average: Any) -> tuple:
        if maximize:
            grad = -grad
        if has_weight_decay:
            grad = add(grad, param, weight_decay)
        param = add(scale(param, 1 - lambd * rate), grad, -rate)
        return param, jnp.where(mu == 1, param, average + scale(param - average, mu))

    results = each(rows, update)
    step = step + jnp.ones((), step.dtype)
    taken = step.astype(jnp.float64)
    decay = (1 + lambd.astype(lr.dtype) * lr * taken.astype(lr.dtype)).astype(jnp.float64) ** alpha
    return [
        step,
        (lr / decay.astype(lr.dtype)).astype(eta.dtype),
        (1 / jnp.maximum(1, taken - t0)).astype(mu.dtype),
        *results,
    ]


def adam(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    decoupled: bool,
    amsgrad: bool,
    maximize: bool,
) -> list:
    """Adam: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g**2`, `p = p - lr m' / (sqrt(v') + eps)`.

    `m'` and `v'` are `m / (1 - b1**t)` and `v / (1 - b2**t)`.

    Args:
        rows: (parameter, gradient, m, v) of each, and the largest v so far if `amsgrad`.
        step: t - 1, the steps already taken, of 0 dimensions.
        lr, beta1, beta2, eps, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        decoupled: shrink the parameter (AdamW) rather than add to the gradient.
        amsgrad: divide by the largest v so far.
        maximize: go up the gradient.

    Returns:
        t, then the new arrays of each row, without the gradient.
    """
    step, taken = _next(step)
    step_size = lr / (1 - beta1**taken).astype(lr.dtype)
    root_of_correction = jnp.sqrt(1 - beta2**taken)
    decay = _weight_decay(lr, weight_decay, has_weight_decay, decoupled, maximize)

    def update(param: Any, grad: Any, mean: Any, square: Any, *largest: Any) -> tuple:
        param, grad = decay(param, grad)
        mean = lerp(mean, grad, 1 - beta1)
        square = add_square(scale(square, beta2), grad, 1 - beta2)
        if amsgrad:
            largest = (jnp.maximum(largest[0], square),)
        root = jnp.sqrt(largest[0] if amsgrad else square)
        denominator = plus(over(root, root_of_correction), eps)
        return add_quotient(param, mean, denominator, -step_size), mean, square, *largest

    return [step, *each(rows, update)]


def adamax(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    maximize: bool,
) -> list:
    """Adamax: `m = b1 m + (1 - b1) g`, `u = max(b2 u, |g| + eps)`, `p = p - lr / (1 - b1**t) * m / u`.

    Args:
        rows: (parameter, gradient, m, u) of each.
        step: t - 1, the steps already taken, of 0 dimensions.
        lr, beta1, beta2, eps, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        maximize: go up the gradient.

    Returns:
        t, then the new parameter, m and u of each row.
    """
    step, taken = _next(step)
    step_size = lr / (1 - beta1**taken).astype(lr.dtype)
    decay = _weight_decay(lr, weight_decay, has_weight_decay, False, maximize)

    def update(param: Any, grad: Any, mean: Any, largest: Any) -> tuple:
        param, grad = decay(param, grad)
        mean = lerp(mean, grad, 1 - beta1)
        largest = jnp.maximum(scale(largest, beta2), plus(jnp.abs(grad), eps))
        return add_quotient(param, mean, largest, -step_size), mean, largest

    return [step, *each(rows, update)]


def nadam(
    rows: Sequence[tuple],
    step: Any,
    product: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    momentum_decay: Any,
    *,
    has_weight_decay: bool,
    decoupled: bool,
    maximize: bool,
) -> list:
    """Adam with Nesterov momentum: it steps along `(1 - u) g / (1 - U) + u' m / (1 - U u')`.

    `u = b1 * (1 - 0.96**(t * momentum_decay) / 2)`, `u'` the same of t + 1, `U` the product of all `u`.

    Args:
        rows: (parameter, gradient, m, v) of each; see `adam`.
        step: t - 1, the steps already taken, of 0 dimensions.
        product: `U` before this step, of 0 dimensions.
        lr, beta1, beta2, eps, weight_decay, momentum_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        decoupled: shrink the parameter rather than add to the gradient.
        maximize: go up the gradient.

    Returns:
        t and `U`, then the new parameter, m and v of each row.
    """
    step, taken = _next(step)
    correction = 1 - beta2**taken
    mu = beta1 * (1.0 - 0.5 * 0.96 ** (taken * momentum_decay))
    next_mu = beta1 * (1.0 - 0.5 * 0.96 ** ((taken + 1) * momentum_decay))
    product = product * mu.astype(product.dtype)
    so_far = product.astype(jnp.float64)
    rate = lr.dtype
    of_gradient = -lr * (1.0 - mu).astype(rate) / (1.0 - so_far).astype(rate)
    of_mean = -lr * next_mu.astype(rate) / (1.0 - so_far * next_mu).astype(rate)
    decay = _weight_decay(lr, weight_decay, has_weight_decay, decoupled, maximize)

    def update(param: Any, grad: Any, mean: Any, square: Any) -> tuple:
        param, grad = decay(param, grad)
        mean = lerp(mean, grad, 1 - beta1)
        square = add_square(scale(square, beta2), grad, 1 - beta2)
        denominator = plus(jnp.sqrt(over(square, correction)), eps)
        param = add_quotient(param, grad, denominator, of_gradient)
        return add_quotient(param, mean, denominator, of_mean), mean, square

    return [step, product, *each(rows, update)]


def radam(
    rows: Sequence[tuple],
    step: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    *,
    has_weight_decay: bool,
    decoupled: bool,
    maximize: bool,
) -> list:
    """Rectified Adam: `p = p - lr * m'` while v says little, then `p = p - lr * m' * r / (sqrt(v') + eps)`.

    `r` grows to 1; see Liu et al. (2020), https://arxiv.org/abs/1908.03265.

    Args:
        rows: (parameter, gradient, m, v) of each; see `adam`.
        step: t - 1, the steps already taken, of 0 dimensions.
        lr, beta1, beta2, eps, weight_decay: hyperparameters.
        has_weight_decay: whether the weight decay is not 0.
        decoupled: shrink the parameter rather than add to the gradient.
        maximize: go up the gradient.

    Returns:
        t, then the new parameter, m and v of each row.
    """
    step, taken = _next(step)
    corrections = 1 - beta1**taken, 1 - beta2**taken
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * taken * beta2**taken / corrections[1]
    is_long = length > 5.0
    rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    decay = _weight_decay(lr, weight_decay, has_weight_decay, decoupled, maximize)

    def update(param: Any, grad: Any, mean: Any, square: Any) -> tuple:
        param, grad = decay(param, grad)
        mean = lerp(mean, grad, 1 - beta1)
        square = add_square(scale(square, beta2), grad, 1 - beta2)
        moved = scale(over(mean, corrections[0]), lr)
        inverse = scale(1 / plus(jnp.sqrt(square), eps), jnp.sqrt(corrections[1]))
        return param - jnp.where(is_long, scale(moved * inverse, jnp.sqrt(rectified)), moved), mean, square

    return [step, *each(rows, update)]


def _next(step: Any) -> tuple[Any, Any]:
    """The count with this step, and the same in double precision."""
    step = step + jnp.ones((), step.dtype)
    return step, step.astype(jnp.float64)


def _weight_decay(
    lr: Any, weight_decay: Any, has_weight_decay: bool, decoupled: bool, maximize: bool
) -> Callable[[Any, Any], tuple]:
    """What makes of a parameter and its gradient those that the step goes on with."""
    # A learning rate that is a tensor keeps its own type, as it does in PyTorch.
    shrink = 1 - lr * weight_decay.astype(lr.dtype)

    def decay(param: Any, grad: Any) -> tuple:
        if maximize:
            grad = -grad
        if has_weight_decay and decoupled:
            param = scale(param, shrink)
        elif has_weight_decay:
            grad = add(grad, param, weight_decay)
        return param, grad

    return decay
