"""What optimizer steps are made of: PyTorch's kernels, with their roundings, and a step as one operator.

Hyperparameters are 0-dimensional arrays, so a new learning rate compiles nothing. The order of the
operations is PyTorch's, and so is what is computed in double precision: the numbers that PyTorch's Python
code computes before it calls its kernels. Where a product is added to another, the one that those kernels
fuse into a multiply-add stands first: it is the one that LLVM fuses, and so the last digits agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.engine import KIND_OF, Entry, Value, record

__all__ = [
    "Update",
    "add",
    "add_product",
    "add_quotient",
    "add_square",
    "computing",
    "each",
    "lerp",
    "over",
    "plus",
    "rounded",
    "scale",
]

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


def computing(dtype: Any) -> Any:
    """The type that PyTorch's kernels compute in: float32 for half types, the real type for complex ones."""
    if jnp.issubdtype(dtype, jnp.complexfloating):
        return jnp.finfo(dtype).dtype
    return jnp.float32 if jnp.finfo(dtype).bits == 16 else dtype


def add(a: Any, b: Any, alpha: Any) -> Any:
    """`a + alpha * b`, rounded to the type of `a`; of half types, PyTorch rounds `alpha` too."""
    if jnp.issubdtype(a.dtype, jnp.complexfloating):
        return alpha.astype(computing(a.dtype)) * b + a
    to = computing(a.dtype)
    return (alpha.astype(a.dtype).astype(to) * b.astype(to) + a.astype(to)).astype(a.dtype)


def scale(a: Any, factor: Any) -> Any:
    """`factor * a`, rounded to the type of `a`."""
    return rounded((factor.astype(computing(a.dtype)) * a).astype(a.dtype))


def lerp(start: Any, end: Any, weight: Any) -> Any:
    """`start + weight * (end - start)`, from the nearer end."""
    to = computing(start.dtype)
    weight = weight.astype(to)
    near = jnp.abs(weight) < 0.5
    base = jnp.where(near, start, end)
    return (jnp.where(near, weight, weight - 1) * (end.astype(to) - start) + base).astype(start.dtype)


def add_square(a: Any, b: Any, value: Any) -> Any:
    """`a + value * b * b`."""
    b = b.astype(computing(a.dtype))
    return (value.astype(b.dtype) * b * b + a).astype(a.dtype)


def over(a: Any, divisor: Any) -> Any:
    """`a / divisor`."""
    return (a / divisor.astype(computing(a.dtype))).astype(a.dtype)


def plus(a: Any, number: Any) -> Any:
    """`a + number`; of half types, PyTorch rounds the number too."""
    to = computing(a.dtype)
    return (a.astype(to) + number.astype(a.dtype).astype(to)).astype(a.dtype)


def add_product(a: Any, b: Any, c: Any, value: Any) -> Any:
    """`a + value * b * c`."""
    to = computing(a.dtype)
    return (value.astype(to) * b.astype(to) * c.astype(to) + a.astype(to)).astype(a.dtype)


def add_quotient(a: Any, b: Any, c: Any, value: Any) -> Any:
    """`a + value * b / c`."""
    to = computing(a.dtype)
    return (a.astype(to) + value.astype(to) * b.astype(to) / c.astype(to)).astype(a.dtype)


def rounded(x: Any) -> Any:
    """`x`, rounded to its type here and now.

    The select changes nothing, but LLVM does not fuse a product behind one into the addition that comes next, for
    which PyTorch has rounded it already, nor does XLA keep float32's digits of a half type.
    """
    return jnp.where(x == x, x, jnp.nan)


def each(rows: Sequence[tuple], update: Callable[..., tuple]) -> list:
    """What `update(*row)` gives of each row, one after the other.

    The real and the imaginary parts of a complex parameter are two parameters.
    """
    results = []
    for row in rows:
        if jnp.issubdtype(row[0].dtype, jnp.complexfloating):
            real, imaginary = update(*[x.real for x in row]), update(*[x.imag for x in row])
            results += [lax.complex(*pair) for pair in zip(real, imaginary, strict=True)]
        else:
            results += update(*row)
    return results
