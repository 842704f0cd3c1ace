"""Fake tensors: tensors of which only shape, dtype, strides and device are known, for fake implementations."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from torchlike.engine.abstract import hidden, without_elements
from torchlike.engine.values import is_traced
from torchlike.library.call_arguments import tensors_in
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["FakeImplCtx", "as_fakes", "get_ctx", "on_fakes", "state"]


class _State(threading.local):
    """What a thread is doing.

    Attributes:
        context: what `get_ctx` gives; None outside of fake implementations.
    """

    context: FakeImplCtx | None = None


state = _State()


class FakeImplCtx:
    """What `torch.library.get_ctx()` gives inside a fake implementation."""

    def __init__(self, second: bool) -> None:
        self._second = second
        self._asked = False

    def new_dynamic_size(self, *, min: int = 0, max: int | None = None) -> int:
        """A size that depends on the data, and so is not known.

        Whoever runs a fake implementation runs it again with another number in its place, and so learns which sizes
        of the results follow from it.

        Args:
            min, max: between which it lies; None for no bound.

        Raises:
            ValueError: `min` is negative.
        """
        if min < 0:
            raise ValueError(
                f"ctx.new_dynamic_size(min={min}, ...): expected min to be greater than or equal to 0: this API can "
                "only create non-negative sizes."
            )
        self._asked = True
        if max is not None:
            return max if self._second else min
        return min + (3 if self._second else 2)

    def create_unbacked_symint(self, *, min: int = 2, max: int | None = None) -> int:
        """The older name of `new_dynamic_size`."""
        warnings.warn(
            "`create_unbacked_symint` is deprecated, please use `new_dynamic_size` instead",
            FutureWarning,
            stacklevel=2,
        )
        return self.new_dynamic_size(min=min, max=max)


def get_ctx() -> FakeImplCtx | None:
    """The context of the fake implementation that is running; None outside of one.

    Example:
        >>> import torchlike as torch
        >>> @torch.library.custom_op("docs::custom_nonzero", mutates_args=())
        ... def custom_nonzero(x: torch.Tensor) -> torch.Tensor:
        ...     return x.nonzero()
        >>> @custom_nonzero.register_fake
        ... def _(x):
        ...     count = torch.library.get_ctx().new_dynamic_size()
        ...     return x.new_empty((count, x.dim()), dtype=torch.int64)
        >>> torch.library.opcheck(custom_nonzero, (torch.tensor([0.0, 2.0]),))["test_faketensor"]
        'SUCCESS'
    """
    return state.context


@contextmanager
def _faking(context: FakeImplCtx) -> Any:
    before, state.context = state.context, context
    try:
        yield
    finally:
        state.context = before


def on_fakes(fn: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, Any, Any]:
    """Call a function with a fake tensor for each tensor among its arguments.

    Args:
        fn: what to call.
        args, kwargs: its arguments; tensors may be in lists and tuples.

    Returns:
        The fake arguments, and what it returned, twice: for two choices of the sizes that depend on the data.

    Raises:
        NoElements: it asked for what a tensor holds.
    """
    given = (*args, *kwargs.values())
    real = list({id(t): t for t in tensors_in(given)}.values())
    avals = [t._value().aval for t in real]

    def run(second: bool) -> tuple[tuple, Any, bool]:
        context = FakeImplCtx(second)

        def inside(values: list) -> tuple[tuple, Any]:
            fakes = {id(t): _alike(t, wrap(v)) for t, v in zip(real, values, strict=True)}
            faked = _replaced(given, fakes)
            named = dict(zip(kwargs, faked[len(args) :], strict=True))
            return faked, fn(*faked[: len(args)], **named)

        with _faking(context):
            faked, result = without_elements(inside, avals)
        return faked, result, context._asked

    faked, result, asked = run(second=False)
    return faked, result, run(second=True)[1] if asked else result


def as_fakes(result: Any) -> Any:
    """What a fake implementation returned, of which nobody may see the elements."""
    made = list({id(t): t for t in tensors_in((result,)) if not is_traced(t._value().array)}.values())
    return _replaced(result, {id(t): _alike(t, wrap(hidden(t._value()))) for t in made})


def _alike(t: Tensor, fake: Tensor) -> Tensor:
    fake._geometry = t._geometry
    if t._geometry is not None:
        fake._storage.strides = t._geometry[0]
    return fake.requires_grad_() if t.requires_grad else fake


def _replaced(values: Any, fakes: dict[int, Tensor]) -> Any:
    """Values with fakes in place of the tensors that have one."""
    if isinstance(values, list | tuple):
        return type(values)(_replaced(v, fakes) for v in values)
    return fakes.get(id(values), values) if isinstance(values, Tensor) else values
