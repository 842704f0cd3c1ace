"""The calls that the checks make: from a registration's `samples`, else guessed."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torchlike as torch
from torchlike.operators.schema import MISSING, Schema
from torchlike.plugin.register import Registration
from torchlike.tensors.tensor import Tensor

__all__ = ["Call", "layer_calls", "operator_calls", "optimizer_options", "tensors_in"]

# Guesses, the likeliest first: shapes of tensors, and the range of what is in them.
_SHAPES = ((2, 3), (3, 3), (3,), (1, 2, 6, 6))
_RANGES = ((-0.9, 0.9), (0.1, 0.9), (1.1, 2.0))
_NUMBERS: dict[str, Any] = {
    "int": 1,
    "float": 0.5,
    "bool": True,
    "Scalar": 0.5,
    "int[]": (1,),
    "float[]": (0.5,),
}


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        args: positional arguments.
        kwargs: keyword arguments.
    """

    args: tuple
    kwargs: dict[str, Any]

    def tensors(self) -> list[Tensor]:
        """The tensors among the arguments, those in lists too."""
        return [*tensors_in(self.args), *tensors_in(tuple(self.kwargs.values()))]

    def changed(self, change: Callable[[Tensor], Tensor]) -> Call:
        """The call with each tensor changed."""
        return Call(_changed(self.args, change), {k: _changed(v, change) for k, v in self.kwargs.items()})

    def of(self, dtype: Any, requires_grad: bool = False, device: str = "cpu") -> Call:
        """The call with floating tensors of a dtype, complex ones of its complex counterpart; all tensors anew."""

        def change(t: Tensor) -> Tensor:
            made = t.detach().to(device, copy=True)
            if t.is_complex() and dtype.is_floating_point:
                return made.to(dtype.to_complex()).requires_grad_(requires_grad)
            if t.is_floating_point():
                made = made.to(dtype)
                return made.requires_grad_(requires_grad and dtype.is_floating_point)
            return made

        return self.changed(change)

    def on(self, function: Callable) -> Any:
        """What a function gives."""
        return function(*self.args, **self.kwargs)

    def __str__(self) -> str:
        shown = [*map(_shown, self.args), *(f"{k}={_shown(v)}" for k, v in self.kwargs.items())]
        return f"({', '.join(shown)})"


def tensors_in(x: Any) -> list[Tensor]:
    """The tensors in a value and in the lists, tuples and dictionaries in it."""
    if isinstance(x, Tensor):
        return [x]
    if isinstance(x, dict):
        x = tuple(x.values())
    if isinstance(x, list | tuple):
        return [t for part in x for t in tensors_in(part)]
    return []


def _changed(x: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(x, Tensor):
        return change(x)
    if type(x) in (list, tuple):
        return type(x)(_changed(part, change) for part in x)
    if type(x) is dict:
        return {k: _changed(part, change) for k, part in x.items()}
    return x


def _shown(x: Any) -> str:
    if isinstance(x, Tensor):
        return f"{str(x.dtype).removeprefix('torch.')}{list(x.shape)}"
    if isinstance(x, list | tuple):
        return f"[{', '.join(map(_shown, x))}]"
    return repr(x)


def operator_calls(made: Registration, schema: Schema, function: Callable) -> list[Call]:
    """The calls to check an operator with.

    Raises:
        AssertionError: there are no samples and none can be guessed.
    """
    if made.samples is not None:
        return _given(made)
    return [_guessed(made, function, lambda: _arguments(schema))]


def layer_calls(made: Registration) -> list[tuple[Call, tuple]]:
    """The arguments of a layer's constructor, each with the inputs of a call.

    Raises:
        AssertionError: see `operator_calls`.
    """
    if made.samples is not None:
        found = []
        for call in _given(made):
            kwargs = dict(call.kwargs)
            inputs = kwargs.pop("inputs", None)
            if not isinstance(inputs, tuple):
                raise AssertionError(
                    f"{_name(made)}: each of samples= gives the inputs of a call as inputs=(...), a tuple"
                )
            found.append((Call(call.args, kwargs), inputs))
        return found
    layer = made.claim.value
    options = _options(made, inspect.signature(layer), {"int": 3, "float": 0.5, "bool": True})
    built = layer(**options)
    wanted = _required(inspect.signature(built.forward))
    call = _guessed(made, built, lambda: (Call(ts, {}) for ts in _alike(len(wanted), torch.float32)))
    return [(Call((), options), call.args)]


def optimizer_options(made: Registration) -> list[Call]:
    """The arguments of an optimizer's constructor behind the parameters.

    Raises:
        AssertionError: see `operator_calls`.
    """
    if made.samples is not None:
        return _given(made)
    signature = inspect.signature(made.claim.value)
    behind = signature.replace(parameters=list(signature.parameters.values())[1:])
    return [Call((), _options(made, behind, {"lr": 0.01}))]


def _name(made: Registration) -> str:
    return f"{made.kind} '{made.claim.name}'"


def _given(made: Registration) -> list[Call]:
    assert made.samples is not None
    try:
        found = [Call(tuple(args), dict(kwargs)) for args, kwargs in made.samples()]
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{_name(made)}: samples= gives no list of (args, kwargs): {error}") from error
    if not found:
        raise AssertionError(f"{_name(made)}: samples= gives no call at all")
    return found


def _guessed(made: Registration, function: Callable, candidates: Callable[[], Iterator[Call]]) -> Call:
    """The first candidate of which a function gives finite numbers."""
    first: Exception | None = None
    tried = 0
    for call in candidates():
        tried += 1
        try:
            with torch.no_grad():
                results = tensors_in(
                    call.of(torch.float64).on(function) if made.kind != "layer" else call.on(function)
                )
            if all(t.isfinite().all().item() for t in results):
                return call
        except Exception as error:
            first = first or error
    why = (
        "an argument has neither a default nor a type that can be guessed"
        if not tried
        else f"the first of {tried} guesses raises {type(first).__name__}: {first}"
        if first is not None
        else f"none of {tried} guesses gives finite numbers"
    )
    raise AssertionError(
        f"{_name(made)}: no call could be guessed ({why}); give samples= where you register it"
    ) from first


def _arguments(schema: Schema) -> Iterator[Call]:
    """Calls that give every argument without a default, and every tensor that may not be left out."""
    wanted = [a for a in schema.arguments if a.default is MISSING]
    if any(not a.optional and "Tensor" not in a.type and a.type not in _NUMBERS for a in wanted):
        return
    count = sum(2 if a.type == "Tensor[]" else 1 for a in wanted if "Tensor" in a.type)
    for drawn in _alike(count, torch.float64):
        tensors = iter(drawn)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for a in wanted:
            if a.type == "Tensor[]":
                value: Any = [next(tensors), next(tensors)]
            elif "Tensor" in a.type:
                value = next(tensors)
            elif a.type not in _NUMBERS:
                value = None
            else:
                value = _NUMBERS[a.type]
                if a.type.endswith("[]"):
                    value *= a.size or 1
            # A default before it would leave a gap.
            if a.keyword_only or len(args) != schema.arguments.index(a):
                kwargs[a.name] = value
            else:
                args.append(value)
        yield Call(tuple(args), kwargs)


def _alike(count: int, dtype: Any) -> Iterator[tuple[Tensor, ...]]:
    """So many tensors of one shape, for each range and shape that may be meant."""
    for (low, high), shape in itertools.product(_RANGES, _SHAPES):
        generator = torch.Generator().manual_seed(7)
        yield tuple(
            low + (high - low) * torch.rand(shape, generator=generator, dtype=dtype) for _ in range(count)
        )


def _required(signature: inspect.Signature) -> list[inspect.Parameter]:
    fixed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in signature.parameters.values() if p.default is p.empty and p.kind not in fixed]


def _options(made: Registration, signature: inspect.Signature, guesses: dict[str, Any]) -> dict[str, Any]:
    """Guesses, by annotation or name, for the arguments that a constructor needs."""
    found = {}
    for p in _required(signature):
        annotation = p.annotation if isinstance(p.annotation, str) else getattr(p.annotation, "__name__", "")
        if p.name in guesses:
            found[p.name] = guesses[p.name]
        elif annotation in guesses:
            found[p.name] = guesses[annotation]
        else:
            raise AssertionError(
                f"{_name(made)}: no value for '{p.name}' could be guessed; give samples= where you register it"
            )
    return found
