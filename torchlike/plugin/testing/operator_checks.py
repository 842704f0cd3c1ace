"""The checks of an operator."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torchlike as torch
from torchlike import engine
from torchlike.autograd.gradcheck import GradcheckError
from torchlike.engine import settings
from torchlike.operators import transforms
from torchlike.operators.declaration import OPERATORS, Operator
from torchlike.operators.schema import MISSING, Argument
from torchlike.plugin.register import Registration
from torchlike.plugin.testing.agreement import difference, elements
from torchlike.plugin.testing.calls import Call, operator_calls, tensors_in
from torchlike.tensors.tensor import Tensor

__all__ = ["OperatorChecks", "function_of"]

_FLOATS = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
_INTEGERS = (torch.int64, torch.int32, torch.uint8, torch.bool)


def function_of(name: str) -> Callable:
    """`torch.ops.mine.swish.default` for `mine::swish`."""
    space, own = OPERATORS.split(name)
    base, _, overload = own.partition(".")
    return getattr(getattr(getattr(torch.ops, space), base), overload or "default")


class OperatorChecks:
    """The checks of one operator, each a method; what they say begins with its name."""

    def __init__(self, made: Registration) -> None:
        self._made = made
        self._op: Operator = made.claim.value
        # What is run: an override's function stands in for that of the built-in operator.
        builtin = OPERATORS.is_builtin(made.claim.name)
        self._runs: Operator = OPERATORS.builtin[self._op.schema.name] if builtin else self._op
        self._name = f"operator '{made.claim.name}'"

    @cached_property
    def _function(self) -> Callable:
        """The operator; an in-place one as a function that leaves its argument alone."""
        function = function_of(self._made.claim.name)
        if not self._op.schema.writes:
            return function
        first = self._op.schema.arguments[0].name

        def on_a_copy(*args: Any, **kwargs: Any) -> Any:
            if args:
                return function(args[0].clone(), *args[1:], **kwargs)
            return function(**{**kwargs, first: kwargs[first].clone()})

        return on_a_copy

    @cached_property
    def _calls(self) -> list[Call]:
        return operator_calls(self._made, self._op.schema, self._function)

    def _run(self, call: Call, doing: str = "") -> list[Tensor]:
        try:
            return tensors_in(call.on(self._function))
        except Exception as error:
            raise AssertionError(
                f"{self._name} raises {type(error).__name__} for {call}{doing}: {error}"
            ) from error

    def _tried(self, call: Call) -> list[Tensor] | None:
        """The results, computed, since some errors wait for that; None where it raises."""
        try:
            found = tensors_in(call.on(self._function))
            for t in found:
                elements(t)
        except Exception:
            return None
        return found

    def schema(self) -> None:
        """It is documented, and its function takes the schema's arguments in order and reads each."""
        fn = inspect.unwrap(self._op.fn)
        if not (fn.__doc__ or "").strip():
            raise AssertionError(f"{self._name} is not documented: its function has no docstring")
        wanted = [a.name for a in self._op.schema.arguments]
        try:
            signature = inspect.signature(fn)
        except ValueError:  # written in C
            return
        try:
            bound = signature.bind(*wanted).arguments
        except TypeError:
            raise AssertionError(
                f"{self._name}: its function takes {signature} where its schema has ({', '.join(wanted)})"
            ) from None
        for name, own in bound.items():
            if own in signature.parameters and isinstance(own, str) and own != name:
                raise AssertionError(
                    f"{self._name}: its function has '{name}' in the place where its schema has '{own}'"
                )
        read = _names_read(fn)
        for name, own in bound.items():
            if read is not None and isinstance(own, str) and name not in read:
                raise AssertionError(f"{self._name} accepts '{own}' and ignores it")

    def gradients(self) -> None:
        """Its first and second derivatives agree with differences, in float64."""
        for call in self._calls:
            self._compare_gradients(call)

    def _differentiated(self, sample: Call) -> Call:
        """The call in float64, with tensors that require grad; those are not that the graph has no edge for."""
        call = sample.of(torch.float64, requires_grad=True)
        if not self._runs.aside:
            return call
        beside = [
            id(t)
            for a, x in zip(self._op.schema.arguments, self._in_order(call), strict=True)
            if a.name in self._runs.aside
            for t in tensors_in(x)
        ]
        return call.changed(lambda t: t.detach() if id(t) in beside else t)

    def _compare_gradients(self, sample: Call) -> None:
        call = self._differentiated(sample)
        inputs = [t for t in call.tensors() if t.requires_grad]
        results = [t for t in self._run(call, " in float64") if t.is_floating_point() or t.is_complex()]
        if not inputs or not results:
            return
        reached = any(t.requires_grad for t in results)
        if not self._runs.differentiable:
            if reached:
                raise AssertionError(f"{self._name} is declared not differentiable, and its result is")
            return
        if not reached:
            raise AssertionError(f"{self._name}: no gradient goes from its results to its arguments")

        def function(*given: Tensor) -> tuple[Tensor, ...]:
            rest = iter(given)
            made = call.changed(lambda t: next(rest) if t.requires_grad else t)
            return tuple(t for t in tensors_in(made.on(self._function)) if t.requires_grad)

        for order, compare in (("first", torch.autograd.gradcheck), ("second", torch.autograd.gradgradcheck)):
            try:
                compare(function, tuple(inputs))
            except GradcheckError as error:
                raise AssertionError(
                    f"{self._name}: its {order} derivative for {call} is not what differences say: {error}"
                ) from error
            except Exception as error:
                raise AssertionError(
                    f"{self._name} has no {order} derivative for {call}: {type(error).__name__}: {error}"
                ) from error

    def dtypes(self) -> None:
        """Results have the operands' floating dtype, or it raises; half types and integers give no other numbers."""
        for sample in self._calls:
            if not any(t.is_floating_point() or t.is_complex() for t in sample.tensors()):
                self._run(sample)
                continue
            taken = [d for d in _FLOATS if self._has_own_dtype(sample, d)]
            if not any(d in taken for d in _FLOATS[:2]):
                raise AssertionError(f"{self._name} takes neither float64 nor float32 for {sample}")
            if torch.float64 in taken:
                self._agrees_in_other_dtypes(sample, [d for d in taken if d != torch.float64])

    def _has_own_dtype(self, sample: Call, dtype: Any) -> bool:
        """Whether it takes a dtype; its results then have that one."""
        half = dtype in _FLOATS[2:]
        if half and any(t.is_complex() for t in sample.tensors()):
            return False
        call = sample.of(dtype)
        results = self._tried(call)
        if results is None:
            return False
        allowed = {dtype, dtype.to_complex()} | ({torch.float32} if half else set())
        for t in results:
            if (t.is_floating_point() or t.is_complex()) and t.dtype not in allowed:
                raise AssertionError(
                    f"{self._name} gives {t.dtype} for {call}: a constant or a function in it has a dtype of its own"
                )
        return True

    def _agrees_in_other_dtypes(self, sample: Call, floats: list[Any]) -> None:
        for dtype in floats:
            # The same numbers, as they are once they are rounded to the narrower type.
            narrow = sample.of(dtype)
            self._compare(narrow, narrow.of(torch.float64))
        for dtype in _INTEGERS:

            def whole(t: Tensor, dtype: Any = dtype) -> Tensor:
                return (3 * t.detach()).round().abs().to(dtype) if t.is_floating_point() else t.detach()

            def whole_in_float64(t: Tensor, whole: Callable = whole) -> Tensor:
                return whole(t).double() if t.is_floating_point() else t.detach()

            call = sample.changed(whole)
            found = self._tried(call)
            if found is None:
                continue
            other = next((t.dtype for t in found if t.is_floating_point() and t.dtype != torch.float32), None)
            if other is not None:
                raise AssertionError(
                    f"{self._name} gives {other} for {call}, where PyTorch's operators give torch.float32: "
                    'promote="float" makes it so'
                )
            self._compare(call, sample.changed(whole_in_float64), found)

    def _compare(self, call: Call, wide: Call, found: list[Tensor] | None = None) -> None:
        found = self._run(call) if found is None else found
        expected = self._run(wide)
        pairs = [(a, b) for a, b in zip(found, expected, strict=True) if a.is_floating_point()]
        told = difference([a for a, _ in pairs], [b for _, b in pairs], loosely=4)
        if told:
            raise AssertionError(f"{self._name} gives other numbers for {call} than in float64: {told}")

    def inplace(self) -> None:
        """What writes to its argument gives that, changed to what the function gives."""
        function = function_of(self._made.claim.name)
        for sample in self._calls:
            call = sample.of(torch.float64)
            written = self._in_order(call)[0]
            expected = self._plain(call)
            try:
                result = call.on(function)
            except Exception as error:
                raise AssertionError(
                    f"{self._name} raises {type(error).__name__} for {call}: {error}; what it gives cannot be written "
                    "to its first argument"
                ) from error
            if result is not written:
                raise AssertionError(f"{self._name} does not return the tensor that it writes to")
            told = difference([written], expected)
            if told:
                raise AssertionError(f"{self._name} writes something else than its function gives: {told}")

    def _plain(self, call: Call) -> list:
        arguments = [_plain_value(x) for x in self._in_order(call)]
        return transforms.jitted(self._op, arguments)[1]

    def tiers(self) -> None:
        """Run at once and as a part of a program it gives the same, traced anew each time."""
        for sample in self._calls:
            call = self._differentiated(sample)

            def everything(call: Call = call) -> list[Any]:
                self._runs.entries.clear()
                results = self._run(call)
                through = [t for t in results if t.requires_grad]
                inputs = [t for t in call.tensors() if t.requires_grad]
                gradients: list[Any] = []
                if through:
                    total = sum((t * t.conj()).real.sum() for t in through)
                    gradients = list(torch.autograd.grad(total, inputs, allow_unused=True))
                return [None if t is None else elements(t) for t in (*results, *gradients)]

            with _whole():
                together = everything()
            with engine.eager():
                told = difference(together, everything())
            if told:
                raise AssertionError(
                    f"{self._name} gives one thing alone and another in a program, for {call}: {told}; its function "
                    "is not pure (it reads or draws something besides its arguments) or is ill-conditioned"
                )

    def jit(self) -> None:
        """Its function gives under `jax.jit` what it gives without."""
        self._transformed("jax.jit", transforms.jitted)

    def vmap(self) -> None:
        """Its function gives under `jax.vmap` what it gives one by one."""
        self._transformed("jax.vmap", transforms.mapped)

    def _transformed(self, called: str, transform: Callable) -> None:
        for sample in self._calls:
            arguments = [_plain_value(x) for x in self._in_order(sample.of(torch.float64))]
            try:
                found, expected = transform(self._op, arguments)
            except Exception as error:
                raise AssertionError(
                    f"{self._name}: its function raises {type(error).__name__} under {called} for {sample}: {error}"
                ) from error
            told = difference(found, expected)
            if told:
                raise AssertionError(
                    f"{self._name}: its function gives other numbers under {called} for {sample}: {told}"
                )

    def _in_order(self, call: Call) -> list[Any]:
        """The arguments as the schema has them, defaults filled in."""
        given = list(call.args)
        found = [_argument(a, given, call.kwargs) for a in self._op.schema.arguments]
        for a, x in zip(self._op.schema.arguments, found, strict=True):
            if x is MISSING:
                raise AssertionError(f"{self._name}: its samples give no '{a.name}': {call}")
        return found


@contextmanager
def _whole() -> Iterator[None]:
    """Run what is recorded as one program, whatever it costs to compile."""
    before, settings.tier = settings.tier, "trace"
    try:
        yield
    finally:
        settings.tier = before


def _argument(a: Argument, given: list[Any], kwargs: dict[str, Any]) -> Any:
    if a.keyword_only or not given:
        value = kwargs.get(a.name, a.default)
    else:
        value = given.pop(0)
    return (value,) * a.size if a.size and isinstance(value, int) else value


def _plain_value(x: Any) -> Any:
    """A tensor as an array."""
    if isinstance(x, Tensor):
        return elements(x)
    return [elements(t) for t in x] if isinstance(x, list | tuple) and tensors_in(x) else x


def _names_read(fn: Callable) -> set[str] | None:
    """The names that a function's code reads; None where it has none in Python."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return None
    read = {str(i.argval) for i in dis.get_instructions(code) if i.opname.startswith("LOAD")}
    for i in dis.get_instructions(code):
        # Python 3.13 reads two names at once.
        if isinstance(i.argval, tuple):
            read.update(map(str, i.argval))
    # What an inner function reads is a cell here.
    return read | set(code.co_cellvars)
