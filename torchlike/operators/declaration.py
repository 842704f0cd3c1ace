"""The declaration of an operator: one decorator above one pure function of JAX arrays.

    @operator("addcmul(Tensor self, Tensor t1, Tensor t2, *, Scalar value=1) -> Tensor", promote="same")
    def addcmul(self, t1, t2, value):
        return self + value * t1 * t2

From it come `torch.addcmul`, `Tensor.addcmul`, `Tensor.addcmul_` (`inplace=True`), the `out=` form, gradients
of every order, shape and dtype inference, both tiers of the engine, the documentation and the shared tests.

The function receives every argument of the schema in order: arrays for tensors, lists of arrays for
`Tensor[]`, zero-dimensional arrays for `Scalar`s (already cast), None for absent optional ones, and plain
Python values for the rest. A `Scalar` left at its default arrives as that Python literal, so `value=1` costs
nothing in the program.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp

from torchlike import dtypes
from torchlike.engine import COMPLEX, KIND_OF, Aval, Entry, ScalarKind
from torchlike.operators import kernels
from torchlike.operators import schema as schemas
from torchlike.operators.promotion import result_type
from torchlike.operators.schema import Argument, Schema
from torchlike.operators.seams import converted
from torchlike.registries import Registry, load_early

__all__ = [
    "BUILTIN",
    "Guard",
    "KERNELS",
    "Literal",
    "OPERATORS",
    "Operator",
    "View",
    "broadcast_shape",
    "declared",
    "get",
    "is_literal",
    "operator",
    "operators",
]

_HALF = (dtypes.float16, dtypes.bfloat16)


@dataclass(frozen=True, slots=True)
class View:
    """What makes an operator a view.

    Attributes:
        geometry: `(shape, strides, offset, out_shape, *static) -> (strides, offset)` of the result; raises
            where PyTorch refuses the view.
        write: `(base, new, *static) -> base'`, the base array with the viewed part replaced.
    """

    geometry: Callable
    write: Callable


@dataclass(frozen=True, slots=True)
class Guard:
    """An error that depends on the data: an integer division by zero, an index out of range.

    Attributes:
        operand: the position among the entry's operands of the one that decides.
        rule: of the entry's key: None where the entry cannot fail, else `(fails, error)`. `fails(array)` says
            whether that operand is at fault and must work on NumPy's arrays and JAX's; `error(array)` makes
            the exception.
        also: another such error, which is looked for after this one.
    """

    operand: int
    rule: Callable[..., tuple[Callable, Callable] | None]
    also: Guard | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A number that is part of an entry's key rather than an input of the program: the 2 of `x ** 2`."""

    kind: ScalarKind
    value: float


@dataclass(eq=False, slots=True)
class Operator:
    """A declared operator.

    Attributes:
        kernels: functions that stand in for `fn`, by the type of device that they are for; None for every device.
        entries: those made so far, by key.

    The others are the arguments of `operator`, which documents them.
    """

    schema: Schema
    fn: Callable
    promote: str | None
    promote_with: tuple[str, ...]
    check: Callable | None
    strides: str
    view: View | None
    differentiable: bool
    backward: str | Callable
    saves: tuple[str, ...] | dict[str, tuple[str, ...]] | None
    namespaces: tuple[str, ...]
    method: bool
    inplace: bool
    out: bool
    aliases: tuple[str, ...]
    dunder: tuple[str, ...]
    kernel: str | None = None
    accepts: frozenset[dtypes.dtype] | None = None
    guard: Guard | None = None
    literals: dict[tuple[type, float], Literal] | None = None
    inplace_flag: bool = False
    aside: tuple[str, ...] = ()
    structured: bool = False
    double_backward: str | None = None
    copies: Callable | None = None
    kinds: tuple[int, ...] = ()
    defaults: tuple = ()
    kernels: dict[str | None, Callable] = field(default_factory=dict)
    entries: dict[tuple, Entry] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def single_output(self) -> bool:
        """Whether it always has one result."""
        return len(self.schema.returns) == 1 and not self.schema.gives_list

    def entry(self, key: tuple) -> Entry:
        """The entry for a key: per argument an `Aval`, a scalar kind, a tuple of avals, or a static value.

        Raises:
            Whatever PyTorch raises for these shapes, dtypes and arguments.
        """
        found = self.entries.get(key)
        if found is None:
            found = self._make(key)
            if len(self.entries) >= _MAX_ENTRIES:
                self.entries.clear()
            self.entries[key] = found
        return found

    def _make(self, key: tuple) -> Entry:
        load_early("the first operator")
        arguments = self.schema.arguments
        in_avals: list = []
        for a, k in zip(arguments, key, strict=True):
            if a.dynamic and k is not None:
                if isinstance(k, tuple):
                    in_avals += k
                elif isinstance(k, Aval | ScalarKind):
                    in_avals.append(k)
        _check_devices(self.schema.base, in_avals)
        if self.check is not None:
            self.check(*key)
        participants = [
            p
            for a, k in zip(arguments, key, strict=True)
            if a.name not in self.aside
            and (a.type in ("Tensor", "Tensor|Scalar", "Tensor[]") or a.name in self.promote_with)
            for p in (k if isinstance(k, tuple) else (k,))
            if isinstance(p, Aval | ScalarKind | Literal)
        ]
        participants = [p.kind if isinstance(p, Literal) else p for p in participants]
        if self.promote is not None and self.check is None:
            broadcast_shape(*[p.shape for p in in_avals if isinstance(p, Aval)])
        if self.accepts is not None:
            self._check_dtype(participants)
        shown = self._shown_edges(key)
        entry = Entry(self.schema.label, self._bind(key, participants, self.fn), in_avals, shown)
        kernel = kernels.chosen(self.kernels, in_avals)
        if kernel is None:
            return entry
        made = Entry(self.schema.label, self._bind(key, participants, kernel), in_avals, shown)
        kernels.check_alike(self.schema, entry, made)
        return made

    def _check_dtype(self, participants: list) -> None:
        """Raise PyTorch's error where its kernel does not have the dtype that it would run in."""
        assert self.accepts is not None
        if self.promote is None:
            participants = [p for p in participants if isinstance(p, Aval)][:1]
        run_in = result_type(participants)
        if self.promote == "float" and run_in.category < 2:
            run_in = dtypes.get_default_dtype()
        if run_in not in self.accepts:
            raise NotImplementedError(f"\"{self.kernel}\" not implemented for '{run_in.legacy_name}'")

    def _shown_edges(self, key: tuple) -> tuple[int, ...]:
        """The operands that are tensors to PyTorch, a number in a tensor's place among them.

        Integers beside floating numbers that are not promoted with them are indices. Where the node's name
        depends on the operands, PyTorch has an overload for numbers.
        """
        shown: list[int] = []
        numbers = isinstance(self.backward, str)
        position = 0
        for a, k in zip(self.schema.arguments, key, strict=True):
            if a.dynamic and isinstance(k, tuple):
                shown += [
                    position + i
                    for i, p in enumerate(k)
                    if self.promote is not None or not shown or p.dtype.category >= 2
                ]
                position += len(k)
            elif a.dynamic and isinstance(k, Aval | ScalarKind):
                is_tensor = (
                    numbers
                    if isinstance(k, ScalarKind)
                    else self.promote is not None or k.dtype.category >= 2 or not shown
                )
                if a.type != "Scalar" and a.name not in self.aside and is_tensor:
                    shown.append(position)
                position += 1
        return tuple(shown)

    def _bind(self, key: tuple, participants: list, fn: Callable) -> Callable:
        """A function of the operands alone: static arguments bound, operands cast."""
        arguments, promote = self.schema.arguments, self.promote
        promoted = result_type(participants) if participants else None
        if promote == "float" and promoted is not None and promoted.category < 2:
            promoted = dtypes.get_default_dtype()
        tensors = [p for p in participants if isinstance(p, Aval)]
        meeting = promoted if promote is not None else (tensors[0].dtype if tensors else None)
        # PyTorch computes pointwise on half types in float32 and rounds once.
        half = meeting if promote is not None and meeting in _HALF else None
        compute = dtypes.float32 if half is not None else meeting
        scalar_to = compute

        def cast(argument: Argument, k: object, x: Any) -> Any:
            if argument.name in self.aside:
                return x
            if isinstance(k, ScalarKind):
                if (
                    argument.type == "Scalar"
                    and argument.name not in self.promote_with
                    and scalar_to is not None
                ):
                    if k is COMPLEX or scalar_to.category >= min(k.category, 2):
                        return (
                            x.astype(scalar_to.np)
                            if k is not COMPLEX
                            else x.astype(scalar_to.to_complex().np)
                        )
                    return x.astype(dtypes.get_default_dtype().np)
                return x.astype(compute.np) if compute is not None else x
            if promote is not None and x.dtype != compute.np:  # type: ignore[union-attr]
                return converted(x, compute.np)  # type: ignore[union-attr]
            return x

        def bound(*operands):
            rest = iter(operands)
            args = []
            for a, k in zip(arguments, key, strict=True):
                if not a.dynamic or k is None:
                    args.append(k)
                elif isinstance(k, tuple):
                    args.append([cast(a, p, next(rest)) for p in k])
                elif isinstance(k, Aval | ScalarKind):
                    args.append(cast(a, k, next(rest)))
                else:
                    args.append(k.value if isinstance(k, Literal) else k)
            outs = fn(*args)
            outs = tuple(outs) if isinstance(outs, tuple | list) else (outs,)
            if half is not None:
                outs = tuple(x.astype(half.np) if x.dtype == jnp.float32 else x for x in outs)
            return outs

        return bound


_MAX_ENTRIES = 4096
_builtin: dict[str, Operator] = {}


# Operators, and what is made of them on a higher floor.
BUILTIN: ChainMap[str, Any] = ChainMap(_builtin)
OPERATORS: Registry = Registry("operator", "aten", "::", BUILTIN)


KERNELS: Registry[Callable] = Registry("kernel", "", "@", {})  # `aten::softmax@gpu`


def _choose_kernels(name: str) -> None:
    """Let plugins' functions stand in for an operator's own, as the registries now have it."""
    op = _builtin.get(OPERATORS.split(name)[1]) if OPERATORS.is_builtin(name) else OPERATORS.standing(name)
    if not isinstance(op, Operator):
        return
    found = {of: KERNELS.standing(f"{OPERATORS.full(name)}@{on}") for on, of in kernels.PLATFORMS.items()}
    override = OPERATORS.standing(name)
    op.kernels = {of: fn for of, fn in found.items() if fn is not None}
    if override is not None and override is not op:
        op.kernels[None] = override.fn
    op.entries.clear()


OPERATORS.on_change.append(_choose_kernels)
KERNELS.on_change.append(lambda name: _choose_kernels(name.rpartition("@")[0]))

STATIC, TENSOR, NUMBER, EITHER, TENSORS = range(5)
_KIND_CODES = {"Tensor": TENSOR, "Scalar": NUMBER, "Tensor|Scalar": EITHER, "Tensor[]": TENSORS}


def operator(schema: str, **options: Any) -> Callable[[Callable], Callable]:
    """Declare a built-in operator: `declared`, entered in the registry.

    Args:
        schema: PyTorch's schema; see `torchlike.operators.schema`.
        **options: see `declared`.
    """

    def declare(fn: Callable) -> Callable:
        made = declared(schema, fn, **options)
        if made.name in _builtin:
            raise ValueError(f"operator {made.name!r} is declared twice")
        _builtin[made.name] = made
        return fn

    return declare


def declared(
    schema: str,
    fn: Callable,
    *,
    promote: str | None = None,
    promote_with: tuple[str, ...] = (),
    check: Callable | None = None,
    strides: str | None = None,
    view: View | None = None,
    differentiable: bool = True,
    backward: str | Callable | None = None,
    saves: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None,
    saves_result: bool = False,
    namespaces: tuple[str, ...] = ("torch",),
    method: bool = True,
    inplace: bool = False,
    out: bool = True,
    aliases: tuple[str, ...] = (),
    dunder: tuple[str, ...] = (),
    kernel: str | None = None,
    accepts: frozenset[dtypes.dtype] | None = None,
    guard: Guard | None = None,
    literals: tuple[float, ...] = (),
    inplace_flag: bool = False,
    aside: tuple[str, ...] = (),
    structured: bool = False,
    double_backward: str | None = None,
    copies: Callable | None = None,
) -> Operator:
    """An operator, made from its schema and its function.

    Args:
        schema: PyTorch's schema; see `torchlike.operators.schema`.
        fn: a pure function of JAX arrays; see the head of this file.
        promote: None (operands as they are), "same" (all tensor operands meet in their result type), "float"
            (and integers become the default floating type). The result has the type that the function gives,
            half types being computed in float32.
        promote_with: names of `Scalar` arguments that take part in the promotion (`min` and `max` of
            `clamp`).
        check: called with the schema's arguments, avals in place of tensors and scalar kinds in place of
            numbers, when a combination is seen first; raises PyTorch's errors. Without one, promoted operands
            must broadcast.
        strides: "elementwise" (PyTorch's rule for pointwise operators: the result keeps a permuted layout),
            "channels_last" (where all operands of the result's rank have that layout, else contiguous), another of
            `torchlike.tensors.dispatch.LAYOUTS`, or "contiguous". The default is "elementwise" where `promote` is
            given.
        view: how the result shares the storage of the first argument.
        differentiable: False for an operator that has no gradient in PyTorch.
        backward: the gradient node's name, or a function of the operands' avals (None for a number) that
            gives it; `AddBackward0` for `add`. A function with a keyword argument `wanted` is told the positions of
            the operands that require grad. "NotImplemented" for an operator that PyTorch lets into the
            graph without having a gradient for it: the node raises in the backward pass. Where PyTorch shows
            several nodes, their tree: `("AddmmBackward0", "bias", "input", ("TBackward0", "weight"))`.
        saves: the arguments that PyTorch's formula reads, and "result" or the names of results that it reads:
            writing to one of those before `backward` is an error, and writing to others is none. "inside" stands for
            what PyTorch computes on the way and saves, which is nobody's to write to. Where each
            argument's formula reads others, a dictionary of them by the argument's name. The default is the tensors
            that the gradient really reads.
        saves_result: short for `saves=("result",)`.
        namespaces: where the function form lives: "torch", "nn.functional", "linalg", "special", ...
        method: whether it is a method of Tensor.
        inplace: whether there is `name_`.
        out: whether the function form has `out=`.
        aliases: further public names.
        dunder: Python operators that it implements: "__add__", and "__radd__" for the reflected one.
        kernel: the name that PyTorch's error gives where the dtype is none of `accepts`.
        accepts: the dtypes (after promotion) that PyTorch's kernel has; see `torchlike.operators.accepted`.
        guard: an error that depends on the data.
        aside: tensor arguments (masks, indices) that take no part in promotion and for which the graph has no
            edge.
        structured: PyTorch's kernel allocates its result before it looks at what it writes to, so that its in-place
            form complains of another size or dtype in words of its own.
        literals: numbers that become part of the program where a `Scalar` argument has exactly such a value.
        inplace_flag: the form in `nn.functional` takes `inplace=`.
        double_backward: the name of the node that a recorded backward pass leaves on the gradient, where
            PyTorch's is not that of the formula's last operation: `TanhBackwardBackward0` for `tanh`.
        copies: `(position, strides, shapes, wanted) -> bool`: whether PyTorch saves a copy of the tensor at a position,
            given its strides, all tensors' shapes and the positions of those that require grad. Writing to what was
            copied is no error.
    """
    parsed = schemas.parse(schema)
    if parsed.namespace == "aten":
        default_backward = "".join(w.title() for w in re.split("_+", parsed.base.rstrip("_"))) + "Backward0"
    else:
        # As PyTorch calls the nodes of custom operators.
        overload = parsed.name.partition(".")[2] or "default"
        default_backward = f"GeneratedBackwardFor_{parsed.namespace}_{parsed.base}_{overload}Backward"
    return Operator(
        schema=parsed,
        fn=fn,
        promote=promote,
        promote_with=promote_with,
        check=check,
        strides=strides or ("elementwise" if promote is not None else "contiguous"),
        view=view,
        differentiable=differentiable,
        backward=backward or default_backward,
        saves=("result",) if saves_result else saves,
        namespaces=namespaces,
        method=method,
        inplace=inplace,
        out=out,
        aliases=aliases,
        dunder=dunder,
        kernel=kernel,
        accepts=accepts,
        guard=guard,
        aside=aside,
        structured=structured,
        inplace_flag=inplace_flag,
        literals={(type(x), x): Literal(KIND_OF[type(x)], x) for x in literals} or None,
        double_backward=double_backward,
        copies=copies,
        kinds=tuple(_KIND_CODES.get(a.type, STATIC) for a in parsed.arguments),
        defaults=tuple(a.default for a in parsed.arguments),
    )


def is_literal(x: object, value: object) -> bool:
    """Whether a `Scalar` argument was left at its default, and so arrived as the Python literal `value`."""
    return x.__class__ is value.__class__ and x == value


def get(name: str) -> Operator:
    """The built-in operator of this name (with its overload, `max.dim`)."""
    return _builtin[name]


def operators() -> tuple[Operator, ...]:
    """Every built-in operator, in order of declaration."""
    return tuple(_builtin.values())


def _forget_entries() -> None:
    for op in (*_builtin.values(), *(claim.value for claim in OPERATORS.claimed())):
        if isinstance(op, Operator):
            op.entries.clear()


dtypes.on_default_change.append(_forget_entries)


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which these broadcast.

    Raises:
        RuntimeError: they do not, in PyTorch's words.
    """
    result: tuple[int, ...] = ()
    for shape in shapes:
        n = max(len(result), len(shape))
        a = (1,) * (n - len(result)) + tuple(result)
        b = (1,) * (n - len(shape)) + tuple(shape)
        for i in range(n - 1, -1, -1):
            if a[i] != b[i] and a[i] != 1 and b[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at "
                    f"non-singleton dimension {i}"
                )
        result = tuple(y if x == 1 else x for x, y in zip(a, b, strict=True))
    return result


def _check_devices(name: str, in_avals: list) -> None:
    found = None
    for a in in_avals:
        if not isinstance(a, Aval):
            continue
        if found is None or (not found.shape and found.device.type == "cpu"):
            found = a
        elif a.device != found.device and (a.shape or a.device.type != "cpu"):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{found.device} and {a.device}!"
            )
