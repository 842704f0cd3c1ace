"""The arithmetic of optimizer steps: pure functions, recorded for all parameters as one operator.

Hyperparameters are 0-dimensional arrays, so a new learning rate compiles nothing. The order of the
operations is PyTorch's, and so is what is computed in double precision: the numbers that PyTorch's Python
code computes before it calls its kernels. Where a product is added to another, the one that those kernels
fuse into a multiply-add stands
first: it is the one that LLVM fuses, and so the last digits agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.engine import KIND_OF, Entry, Value, record

__all__ = ["Update", "adam", "sgd"]

_MAX_ENTRIES = 512


class Update:
    """An optimizer's arithmetic over all parameters of a group, as one operator of the engine.

    Args:
        name: for reports.
        fn: `fn(rows, *numbers, **switches)`, `rows` being a list with a tuple of arrays for each parameter:
            itself, its gradient, its state. It gives a flat sequence of arrays.

    Example:
        >>> import numpy as np
        >>> from torchlike.engine import from_host
        >>> decay = Update("decay", lambda rows, rate: [p * (1 - rate).astype(p.dtype) for p, in rows])
        >>> decay([(from_host(np.float32([2.0])),)], (0.5,))[0].numpy()
        array([1.], dtype=float32)
    """

    def __init__(self, name: str, fn: Callable[..., Sequence]) -> None:
        self.name = name
        self.fn = fn
        self._entries: dict[tuple, Entry] = {}

    def __call__(
        self, rows: Sequence[tuple[Value, ...]], numbers: Sequence[Any], **switches: Any
    ) -> list[Value]:
        """Record the step of every parameter.

        Args:
            rows: the values of each parameter; rows may differ in length.
            numbers: the hyperparameters that are run-time inputs: Python numbers, or values of 0 dimensions.
            switches: what is part of the program, as whether there is momentum; hashable.

        Returns:
            The values of what `fn` gives.
        """
        inputs = list(numbers)
        for row in rows:
            inputs += row
        kinds = tuple([x.aval if x.__class__ is Value else KIND_OF[x.__class__] for x in inputs])
        key = (kinds, tuple(map(len, rows)), *switches.values())
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries.clear()
            entry = self._entries[key] = self._entry(kinds, len(numbers), key[1], switches)
        return record(entry, inputs)

    def _entry(self, kinds: tuple, count: int, lengths: tuple[int, ...], switches: dict[str, Any]) -> Entry:
        def step(*operands: Any) -> tuple:
            arrays = iter(operands[count:])
            filled = [tuple([next(arrays) for _ in range(n)]) for n in lengths]
            return tuple(self.fn(filled, *operands[:count], **switches))

        return Entry(self.name, step, kinds)


def _computing(dtype: Any) -> Any:
    """The type that PyTorch's kernels compute in: float32 for half types, the real type for complex ones."""
    if jnp.issubdtype(dtype, jnp.complexfloating):
        return jnp.finfo(dtype).dtype
    return jnp.float32 if jnp.finfo(dtype).bits == 16 else dtype


def _add(a: Any, b: Any, alpha: Any) -> Any:
    """`a + alpha * b`, rounded to the type of `a`; of half types, PyTorch rounds `alpha` too."""
    if jnp.issubdtype(a.dtype, jnp.complexfloating):
        return alpha.astype(_computing(a.dtype)) * b + a
    to = _computing(a.dtype)
    return (alpha.astype(a.dtype).astype(to) * b.astype(to) + a.astype(to)).astype(a.dtype)


def _scale(a: Any, factor: Any) -> Any:
    """`factor * a`, rounded to the type of `a`."""
    scaled = (factor.astype(_computing(a.dtype)) * a).astype(a.dtype)
    # The select changes nothing, but LLVM does not fuse a product behind one into the addition that comes
    # next, for which PyTorch has rounded it already.
    return jnp.where(scaled == scaled, scaled, jnp.nan)


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
            grad = _add(grad, param, weight_decay)
        if not has_momentum:
            results.append(_add(param, grad, -lr))
            continue
        buffer = _add(_scale(state[0], momentum), grad, 1 - dampening) if state else grad
        grad = _add(grad, buffer, momentum) if nesterov else buffer
        results += [_add(param, grad, -lr), buffer]
    return results


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
    step = step + jnp.ones((), step.dtype)
    taken = step.astype(jnp.float64)
    # A learning rate that is a tensor keeps its own type, as it does in PyTorch.
    rate = lr.dtype
    step_size = lr / (1 - beta1**taken).astype(rate)
    scale = jnp.sqrt(1 - beta2**taken)
    shrink = 1 - lr * weight_decay.astype(rate)
    results = [step]
    for row in rows:
        parts = [row]
        is_complex = jnp.issubdtype(row[0].dtype, jnp.complexfloating)
        if is_complex:
            # Real and imaginary parts are two parameters.
            parts = [tuple(x.real for x in row), tuple(x.imag for x in row)]
        done = []
        for param, grad, mean, square, *largest in parts:
            if maximize:
                grad = -grad
            if has_weight_decay:
                if decoupled:
                    param = _scale(param, shrink)
                else:
                    grad = _add(grad, param, weight_decay)
            mean = _lerp(mean, grad, 1 - beta1)
            square = _add_square(_scale(square, beta2), grad, 1 - beta2)
            divided_by = square
            if amsgrad:
                divided_by = largest[0] = jnp.maximum(largest[0], square)
            root = jnp.sqrt(divided_by)
            denominator = _over(root, scale)
            denominator = (denominator + eps.astype(_computing(param.dtype))).astype(param.dtype)
            to = _computing(param.dtype)
            moved = (-step_size).astype(to) * mean / denominator.astype(to)
            done.append(((param + moved).astype(param.dtype), mean, square, *largest))
        results += [lax.complex(re, im) for re, im in zip(*done, strict=True)] if is_complex else done[0]
    return results


def _lerp(start: Any, end: Any, weight: Any) -> Any:
    """`start + weight * (end - start)`, from the nearer end."""
    to = _computing(start.dtype)
    weight = weight.astype(to)
    near = jnp.abs(weight) < 0.5
    base = jnp.where(near, start, end)
    return (jnp.where(near, weight, weight - 1) * (end.astype(to) - start) + base).astype(start.dtype)


def _add_square(a: Any, b: Any, value: Any) -> Any:
    """`a + value * b * b`."""
    b = b.astype(_computing(a.dtype))
    return (value.astype(b.dtype) * b * b + a).astype(a.dtype)


def _over(a: Any, divisor: Any) -> Any:
    """`a / divisor`."""
    return (a / divisor.astype(_computing(a.dtype))).astype(a.dtype)
