"""`opcheck`: whether an operator is what its registrations say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from torchlike import random
from torchlike.autograd import grad
from torchlike.library import definitions
from torchlike.library.call_arguments import matched, tensors_in
from torchlike.library.custom_ops import CustomOpDef
from torchlike.library.dispatch_keys import AUTOGRAD, IMPLICIT, of_device
from torchlike.library.fakes import on_fakes
from torchlike.library.function_schema import Argument
from torchlike.library.overloads import OpOverload, OpOverloadPacket
from torchlike.tensors.tensor import Tensor

__all__ = ["MetadataMismatchError", "OpCheckError", "opcheck"]


class OpCheckError(Exception):
    """A check of `opcheck` failed."""


class MetadataMismatchError(RuntimeError):
    """A fake implementation's result is not like the operator's."""


def opcheck(
    op: OpOverload | OpOverloadPacket | CustomOpDef,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    test_utils: str | Sequence[str] = (
        "test_schema",
        "test_autograd_registration",
        "test_faketensor",
        "test_aot_dispatch_dynamic",
    ),
    raise_exception: bool = True,
    atol: float | None = None,
    rtol: float | None = None,
) -> dict[str, Any]:
    """Check that an operator is what its registrations say, on an example.

    The checks: "test_schema", that it writes to what the schema says and to nothing else, and that its results share
    no memory that the schema does not name; "test_autograd_registration", that the graph is not recorded inside of a
    device's kernel; "test_faketensor", that the fake implementation gives what the operator gives, but for the
    elements; "test_aot_dispatch_dynamic" (and "test_aot_dispatch_static", which is the same here), that results and
    gradients are the same when it is run again, and that the gradient's formula too works without the elements, as
    PyTorch's compiler needs it.

    Args:
        op: the operator.
        args, kwargs: arguments of a call; let tensors require grad if the operator has a gradient.
        test_utils: the checks, or "ALL".
        raise_exception: whether the first that fails is to raise.
        atol, rtol: how near results must be that are to be the same; by default what suits the dtype.

    Returns:
        By check, "SUCCESS" or what it raised.

    Raises:
        OpCheckError: a check failed.
        ValueError: these are no arguments for `opcheck`.

    Example:
        >>> import torchlike as torch
        >>> @torch.library.custom_op("docs::doubled", mutates_args=())
        ... def doubled(x: torch.Tensor) -> torch.Tensor:
        ...     return torch.from_numpy(2 * x.numpy())
        >>> @doubled.register_fake
        ... def _(x):
        ...     return torch.empty_like(x)
        >>> torch.library.opcheck(doubled, (torch.ones(3),), test_utils="test_faketensor")
        {'test_faketensor': 'SUCCESS'}
    """
    if (rtol is None) is not (atol is None):
        raise ValueError("opcheck(op, ...): if you specify one of rtol/atol, you must specify both")
    chosen: Any = op._opoverload if isinstance(op, CustomOpDef) else op
    if isinstance(chosen, OpOverloadPacket):
        names = chosen.overloads()
        if len(names) != 1:
            shown = ["" if name == "default" else name for name in names]
            raise RuntimeError(
                "opcheck can only test operators without overloads. Got the following overloads for "
                f"{chosen._qualified_op_name}: {shown}"
            )
        chosen = getattr(chosen, names[0])
    if not isinstance(chosen, OpOverload):
        raise ValueError(
            "opcheck(op, ...): op must be instance of torch._ops.OpOverload, e.g. torch.ops.aten.sin.default, got "
            f"{type(op)}"
        )
    if test_utils == "ALL":
        test_utils = tuple(_CHECKS)
    if isinstance(test_utils, str):
        test_utils = (test_utils,)
    if not isinstance(test_utils, tuple | list) or not set(test_utils) <= _CHECKS.keys():
        raise ValueError(
            f"opcheck(op, ..., test_utils={test_utils}), expected test_utils to be subset of {tuple(_CHECKS)} but it "
            "was not"
        )
    results: dict[str, Any] = {}
    for name in test_utils:
        try:
            _CHECKS[name](_Example(chosen, args, kwargs or {}, rtol, atol))
            results[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(
                    f"opcheck(op, ...): {name} failed with {error} (scroll up for stack trace)"
                ) from error
            results[name] = error
    return results


class _Example:
    """An operator and arguments for it, copied, since it may write to them."""

    def __init__(
        self, op: OpOverload, args: tuple, kwargs: dict[str, Any], rtol: float | None, atol: float | None
    ) -> None:
        self.op = op
        self.args: tuple = tuple(map(_copied, args))
        self.kwargs = {name: _copied(v) for name, v in kwargs.items()}
        self.rtol = rtol
        self.atol = atol
        self.definition = definitions.defined(op.name())

    @property
    def tensors(self) -> list[Tensor]:
        return tensors_in((*self.args, *self.kwargs.values()))

    def run(self) -> Any:
        return self.op(*self.args, **self.kwargs)

    def again(self) -> _Example:
        return _Example(self.op, self.args, self.kwargs, self.rtol, self.atol)


def _copied(v: Any) -> Any:
    if isinstance(v, Tensor):
        return v.detach().clone().requires_grad_(v.requires_grad)
    return type(v)(map(_copied, v)) if isinstance(v, list | tuple) else v


def _check_schema(example: _Example) -> None:
    definition = example.definition
    if definition is not None and definition.registered.keys() == [IMPLICIT]:
        # It is made of operators that have been checked.
        example.run()
        return
    schema = example.op._schema
    values = matched(schema, example.args, example.kwargs)
    held = [tensors_in((v,)) for v in values]
    before = [[(t.detach().clone(), t.stride(), t._storage) for t in ts] for ts in held]
    result = example.run()
    results = [tensors_in((r,)) for r in (result if isinstance(result, tuple) else (result,))]
    for a, ts, kept in zip(schema.arguments, held, before, strict=True):
        name = "input" if a.name == "self" else a.name
        for i, (r, outs) in enumerate(zip(schema.returns, results, strict=False)):
            if any(t._storage is o._storage for t in ts for o in outs):
                if not _may_alias(a, r):
                    raise RuntimeError(f"Argument {name} is not defined to alias output but was aliasing")
                if any(t is o for t in ts for o in outs) and not a.is_mutated:
                    raise RuntimeError(
                        "Dispatcher operators below autograd are not allowed to directly return inputs.\nHowever, we "
                        f"found that `outputs[{i}] is {name}"
                    )
        if not a.is_mutated and any(_has_changed(t, *k) for t, k in zip(ts, kept, strict=True)):
            raise RuntimeError(f"Argument {name} is not defined as mutable but was mutated")
    for (i, left), (j, right) in combinations(enumerate(results[: len(schema.returns)]), 2):
        if any(t._storage is o._storage for t in left for o in right):
            if not _may_alias(schema.returns[i], schema.returns[j]):
                raise RuntimeError(f"Outputs {i} and {j} alias unexpectedly")


def _may_alias(a: Argument, b: Argument) -> bool:
    one, other = a.alias_info, b.alias_info
    if one is None or other is None:
        return False
    names = one.before_set | one.after_set, other.before_set | other.after_set
    return bool(names[0] & names[1]) or "*" in names[0] | names[1]


def _has_changed(t: Tensor, before: Tensor, strides: tuple, storage: Any) -> bool:
    if t.stride() != strides or t._storage is not storage or t.shape != before.shape:
        return True
    now, then = _host(t, before)
    return not np.array_equal(now, then, equal_nan=t.dtype.category >= 2)


def _host(*tensors: Tensor) -> list[np.ndarray]:
    arrays = [t.detach()._value().numpy() for t in tensors]
    return [a.astype(np.float64) if a.dtype.kind == "V" or a.dtype.name == "bfloat16" else a for a in arrays]


def _check_autograd_registration(example: _Example) -> None:
    definition = example.definition
    tensors = example.tensors
    if definition is None or not any(t.requires_grad for t in tensors):
        return
    key = of_device(tensors[0].device)
    if any(definition.registered.get(k) is not None for k in (f"Autograd{key}", AUTOGRAD, IMPLICIT)):
        return
    result = definition.without_warning(example.args, example.kwargs)
    if any(t.requires_grad and not any(t is x for x in tensors) for t in tensors_in((result,))):
        raise AssertionError(
            f"{example.op.name()}: at least one output of this operator has requires_grad=True but the operator does "
            "not have an autograd kernel defined at an autograd key (e.g. DispatchKey::Autograd). This could mean that "
            "you have incorrectly registered an autograd kernel to a non-Autograd DispatchKey, which may lead to "
            "silently incorrect results. If your operator consists of regular PyTorch operations, consider not using "
            "an operator at all or registering your operator as CompositeImplicitAutograd. If you have an "
            "autograd.Function registered to a backend (CPU/CUDA/XPU) key, the correct location for it is the Autograd "
            "key."
        )


def _check_fake(example: _Example) -> None:
    fake_args, fake, fake_again = on_fakes(example.op, example.args, example.kwargs)
    context = f"When comparing the output of {example.op} on FakeTensor and concrete Tensors, found"
    real = example.run()
    reals, fakes, others = map(_leaves, (real, fake, fake_again))
    if len(fakes) != len(reals):
        raise AssertionError(f"{context} mismatch in number of returns {len(fakes)} != {len(reals)}")
    given = (*example.args, *example.kwargs.values())
    for name, relation in _RELATIONS.items():
        of_real, of_fake = relation(reals, tensors_in(given)), relation(fakes, tensors_in(fake_args))
        if of_real != of_fake:
            raise MetadataMismatchError(f"{context} mismatch in {name} check {of_fake} != {of_real}")
    for i, (r, f, again) in enumerate(zip(reals, fakes, others, strict=True)):
        if isinstance(r, Tensor) is not isinstance(f, Tensor):
            raise AssertionError(f"{context} mismatched number of tensor outputs")
        if isinstance(r, Tensor):
            difference = _difference(r, f, again)
            if difference:
                where = "" if len(reals) == 1 else f" for output[{i}]"
                raise MetadataMismatchError(f"{context} mismatched tensor metadata{where}: {difference}")


def _leaves(result: Any) -> list:
    if isinstance(result, list | tuple):
        return [leaf for part in result for leaf in _leaves(part)]
    return [result]


def _alias_inputs(outputs: list, inputs: list[Tensor]) -> bool:
    return any(t._storage is x._storage for t in tensors_in(outputs) for x in inputs)


def _are_inputs(outputs: list, inputs: list[Tensor]) -> bool:
    return any(t is x for t in tensors_in(outputs) for x in inputs)


def _alias_each_other(outputs: list, inputs: list[Tensor]) -> bool:
    return any(t._storage is o._storage for t, o in combinations(tensors_in(outputs), 2))


_RELATIONS = {
    "outputs_alias_inputs": _alias_inputs,
    "outputs_are_inputs": _are_inputs,
    "outputs_alias_each_other": _alias_each_other,
}


def _difference(real: Tensor, fake: Tensor, again: Tensor) -> str | None:
    """How a fake tensor is unlike the real one; sizes that depend on the data differ between the two fakes."""
    if real.requires_grad != fake.requires_grad:
        return (
            " mismatched requires_grad-ness of outputs. This usually means that you have added autograd support for "
            "your operator at a dispatch key other than Autograd, which will lead to problems"
        )
    if real.storage_offset() != fake.storage_offset():
        return " mismatched storage offset"
    same_rank = fake.ndim == again.ndim == real.ndim
    known = [a == b for a, b in zip(fake.shape, again.shape, strict=False)]
    if not same_rank or any(k and r != f for k, r, f in zip(known, real.shape, fake.shape, strict=True)):
        return f"Shapes {real.shape} and {fake.shape} are not equal!"
    if real.dtype is not fake.dtype:
        return f"Dtypes {real.dtype} and {fake.dtype} are not equal!"
    if real.device != fake.device:
        return f"Devices {real.device} and {fake.device} are not equal!"
    if all(known) and real.numel():
        for i, (r, f) in enumerate(zip(real.stride(), fake.stride(), strict=True)):
            if r != f and real.shape[i] > 1:
                return (
                    f"Stride mismatch! Strides are {real.stride()} and {fake.stride()} (mismatched at {i})!"
                )
    return None


def _check_again(example: _Example) -> None:
    def passes(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """The operator's results, and the gradients of their sum."""
        # The operator may write to its arguments, which are leaves.
        copies = _cloned(args), {name: _cloned(v) for name, v in kwargs.items()}
        result = example.op(*copies[0], **copies[1])
        leaves = [t for t in tensors_in((*args, *kwargs.values())) if t.requires_grad]
        sums = [t.sum().abs() for t in tensors_in((result,)) if t.requires_grad]
        if not (leaves and sums):
            return result, ()
        return result, grad(sum(sums), leaves, allow_unused=True)

    def run(of: _Example) -> tuple[Any, Any]:
        before = random.get_rng_state()
        try:
            return passes(*of.args, **of.kwargs)
        finally:
            random.set_rng_state(before)

    results, gradients = run(example)
    _, (fakes, _), _ = on_fakes(passes, example.args, example.kwargs)
    results_again, gradients_again = run(example.again())
    kinds = [[isinstance(leaf, Tensor) for leaf in _leaves(of)] for of in (results, fakes)]
    relations = [_alias_each_other(_leaves(of), []) for of in (results, fakes)]
    if (
        kinds[0] != kinds[1]
        or relations[0] != relations[1]
        or not _all_close(example, results, results_again)
    ):
        raise AssertionError(
            "Outputs of the operator are different in eager-mode PyTorch vs AOTDispatcher tracing. This means the "
            "operator will have incorrect output underneath torch.compile. This could be because the operator's "
            "implementation not traceable."
        )
    if not _all_close(example, gradients, gradients_again):
        raise AssertionError(
            "Gradients of the operator are different in eager-mode PyTorch vs AOTDispatcher. This means the operator "
            "will have incorrect gradients underneath torch.compile. This could be because the operator's backward is "
            "incorrectly registered or not traceable."
        )


def _cloned(v: Any) -> Any:
    if isinstance(v, Tensor):
        return v.clone()
    return type(v)(map(_cloned, v)) if isinstance(v, list | tuple) else v


# PyTorch's tolerances, (relative, absolute); what is exact is compared exactly.
_TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "complex64": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex128": (1e-7, 1e-7),
}


def _all_close(example: _Example, left: Any, right: Any) -> bool:
    ours, theirs = _leaves(left), _leaves(right)
    return len(ours) == len(theirs) and all(_close(example, a, b) for a, b in zip(ours, theirs, strict=True))


def _close(example: _Example, a: Any, b: Any) -> bool:
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        return a is b or a == b
    if a.shape != b.shape or a.dtype is not b.dtype:
        return False
    rtol, atol = _TOLERANCES.get(a.dtype.name, (0.0, 0.0))
    if example.rtol is not None and example.atol is not None:
        rtol, atol = example.rtol, example.atol
    left, right = _host(a, b)
    return bool(np.allclose(left, right, rtol=rtol, atol=atol, equal_nan=True))


_CHECKS: dict[str, Callable[[_Example], None]] = {
    "test_schema": _check_schema,
    "test_autograd_registration": _check_autograd_registration,
    "test_faketensor": _check_fake,
    "test_aot_dispatch_static": _check_again,
    "test_aot_dispatch_dynamic": _check_again,
}
