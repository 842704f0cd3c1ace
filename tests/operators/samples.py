"""The notation of sample calls: `s(T(2, 3), 2, alpha=3)` is a call, `T(2, 3)` a tensor of that shape.

A family's table is `SAMPLES` in `samples_<family>.py`: under each public name ("add", "nn.functional.relu",
"linalg.norm", "Tensor.where") its calls. Every overload needs at least one. `fails(...)` marks a call that
PyTorch refuses. `python -m tests.operators.freeze <family>` writes PyTorch's answers beside.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "D",
    "FAMILIES",
    "Sample",
    "T",
    "arguments",
    "fails",
    "load",
    "plain",
    "repacked",
    "rough",
    "s",
    "tensors_of",
]

FAMILIES = sorted(p.stem.removeprefix("samples_") for p in Path(__file__).parent.glob("samples_*.py"))


class T:
    """A tensor argument.

    Args:
        shape: its shape.
        dtype: its dtype's name.
        low, high: between which the elements are drawn; by default -2 and 2, integers from -3 to 4.
        values: the elements themselves, instead of drawn ones; the shape is then theirs.
        order: make it a permuted view: the memory's dimensions in this order.
        grad: whether it requires grad, where the sample is differentiated; floating tensors do.
    """

    def __init__(
        self,
        *shape: int,
        dtype: str = "float32",
        low: float | None = None,
        high: float | None = None,
        values: Any = None,
        order: tuple[int, ...] | None = None,
        grad: bool = True,
    ) -> None:
        self.shape = shape if values is None else np.shape(values)
        self.dtype = dtype
        self.low = low
        self.high = high
        self.values = values
        self.order = order
        self.grad = grad

    @property
    def differentiable(self) -> bool:
        return self.grad and (self.dtype.startswith(("float", "complex")) or self.dtype == "bfloat16")

    def array(self, seed: int, dtype: str) -> np.ndarray:
        """The elements, as NumPy holds them (bfloat16 as float32, rounded when it is made a tensor)."""
        held = {"bfloat16": "float32"}.get(dtype, dtype)
        if self.values is not None:
            return np.asarray(self.values, dtype=held)
        draw = np.random.RandomState(seed)
        if dtype == "bool":
            return np.asarray(draw.rand(*self.shape) < 0.5)
        if "int" in dtype:
            low = -3 if self.low is None else int(self.low)
            high = 4 if self.high is None else int(self.high)
            low = max(low, 0) if dtype.startswith("uint") else low
            return np.asarray(draw.randint(low, high, self.shape), dtype=held)
        low = -2.0 if self.low is None else self.low
        high = 2.0 if self.high is None else self.high
        drawn = draw.uniform(low, high, self.shape)
        if dtype.startswith("complex"):
            drawn = drawn + 1j * draw.uniform(low, high, self.shape)
        return np.asarray(drawn, dtype=held)

    def __repr__(self) -> str:
        shown = {k: v for k, v in vars(self).items() if v is not None and (k, v) != ("grad", True)}
        return f"T({shown})"


@dataclass(frozen=True)
class D:
    """A dtype argument, by name."""

    name: str


@dataclass
class Sample:
    """One call.

    Attributes:
        args, kwargs: its arguments, tensors as `T`s, lists of them allowed.
        raises: whether PyTorch refuses it.
        smooth: whether the function is smooth there, so that numeric differences give its gradients.
        second: whether second derivatives can be compared too.
        forms: whether its in-place and `out=` forms are compared.
        packed: whether the results' strides are compared: not where PyTorch gives a view of something
            internal.
    """

    args: tuple
    kwargs: dict[str, Any]
    raises: bool = False
    smooth: bool = True
    second: bool = True
    packed: bool = True
    forms: bool = True
    seed: int = field(default=0, compare=False)

    def __repr__(self) -> str:
        return f"{'fails' if self.raises else 's'}({self.args!r}, {self.kwargs!r})"


def s(*args: Any, **kwargs: Any) -> Sample:
    """A call that gives a result."""
    return Sample(args, kwargs)


def rough(*args: Any, **kwargs: Any) -> Sample:
    """A call at a kink, a jump or a tie: compared with PyTorch, but not with numeric differences."""
    return Sample(args, kwargs, smooth=False)


def repacked(*args: Any, **kwargs: Any) -> Sample:
    """A call whose result is, in PyTorch, a permuted view of something internal."""
    return Sample(args, kwargs, packed=False)


def plain(*args: Any, **kwargs: Any) -> Sample:
    """A call whose in-place form has an error text of its own in PyTorch."""
    return Sample(args, kwargs, forms=False)


def fails(*args: Any, **kwargs: Any) -> Sample:
    """A call that PyTorch refuses."""
    return Sample(args, kwargs, raises=True)


def load(family: str) -> dict[str, list[Sample]]:
    """A family's table, each sample with its seed."""
    table: dict[str, list[Sample]] = import_module(f"{__package__}.samples_{family}").SAMPLES
    for name, samples in table.items():
        for i, sample in enumerate(samples):
            sample.seed = zlib.crc32(f"{name}/{i}".encode()) % 2**31
    return table


def tensors_of(sample: Sample) -> Iterator[tuple[int, T]]:
    """The tensor arguments, each with its own seed."""

    def walk(x: Any) -> Iterator[T]:
        if isinstance(x, T):
            yield x
        elif isinstance(x, list | tuple):
            for y in x:
                yield from walk(y)

    found = [*walk(sample.args), *walk(list(sample.kwargs.values()))]
    yield from ((sample.seed + 7919 * k, t) for k, t in enumerate(found))


def arguments(sample: Sample, made: list[Any], dtype_of: Callable[[str], Any]) -> tuple[list, dict[str, Any]]:
    """The call's arguments, with `made` in place of the `T`s, in order."""
    rest = iter(made)

    def put(x: Any) -> Any:
        if isinstance(x, T):
            return next(rest)
        if isinstance(x, D):
            return dtype_of(x.name)
        if isinstance(x, list | tuple):
            return type(x)(put(y) for y in x)
        return x

    return [put(a) for a in sample.args], {k: put(v) for k, v in sample.kwargs.items()}
