"""Running a sample call under PyTorch or torchlike, whichever module is given as `torch`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .samples import Sample, arguments, tensors_of

__all__ = ["call", "function", "gradients", "inplace_outcome", "inputs", "out_outcome", "outcome", "results"]


def function(torch: Any, name: str) -> Callable:
    """The public callable of a sample's name."""
    found = torch
    for part in name.split("."):
        found = getattr(found, part)
    return found


def inputs(torch: Any, sample: Sample, requires_grad: bool, dtype: str | None = None) -> list[Any]:
    """The sample's tensors.

    Args:
        torch: the library.
        sample: the call.
        requires_grad: whether the differentiable ones require grad.
        dtype: one to use instead of float32 (complex64 becomes complex128 with float64).
    """
    made = []
    for seed, t in tensors_of(sample):
        wanted = t.dtype
        if dtype is not None and wanted == "float32":
            wanted = dtype
        if dtype == "float64" and wanted == "complex64":
            wanted = "complex128"
        array = t.array(seed, wanted)
        if t.order is not None:
            array = np.ascontiguousarray(np.transpose(array, np.argsort(t.order)))
        x = torch.tensor(array.tolist(), dtype=getattr(torch, wanted))
        if tuple(x.shape) != array.shape:
            x = torch.empty(array.shape, dtype=x.dtype)
        if requires_grad and t.differentiable:
            x.requires_grad_()
        if t.order is not None:
            x = x.permute(t.order)
        made.append(x)
    return made


def call(torch: Any, name: str, sample: Sample, made: list[Any]) -> Any:
    """The call's result."""
    args, kwargs = arguments(sample, made, lambda d: getattr(torch, d))
    return function(torch, name)(*args, **kwargs)


def results(value: Any) -> list[Any]:
    """The tensors and numbers of a result, flat."""
    if isinstance(value, list | tuple):
        return [x for v in value for x in results(v)]
    return [value]


def leaf_of(x: Any) -> Any:
    return x if x.is_leaf else x._base


def gradients(
    torch: Any, outs: list[Any], made: list[Any], seed: int, rounded: Sequence[str] = ()
) -> list[Any]:
    """The gradients of a fixed weighted sum of the differentiable results, None where nothing flows.

    Args:
        torch: the library.
        outs, made: the call's results and tensor arguments.
        seed: of the weights.
        rounded: per result, a dtype to which its weights are rounded first.
    """
    draw = np.random.RandomState(seed)
    total = []
    for k, out in enumerate(outs):
        if not hasattr(out, "requires_grad"):
            continue
        weights = draw.uniform(0.5, 1.5, tuple(out.shape))
        if out.requires_grad:
            w = torch.tensor(weights.tolist(), dtype=torch.float64).reshape(out.shape)
            w = w.to(getattr(torch, rounded[k])) if rounded else w
            total.append((out, w.to(out.dtype)))
    wanted = [leaf_of(x) for x in made if x.requires_grad]
    if not total or not wanted:
        return []
    return list(
        torch.autograd.grad(
            [o for o, _ in total], wanted, [w for _, w in total], allow_unused=True, retain_graph=True
        )
    )


def outcome(
    torch: Any, name: str, sample: Sample, dtype: str | None = None, rounded: Sequence[str] = ()
) -> dict[str, Any]:
    """What a call gives: its results and gradients, or the error's type and text."""
    made = inputs(torch, sample, True, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            outs = results(call(torch, name, sample, made))
        except Exception as error:
            return {"raises": [type(error).__name__, str(error)]}
        found: dict[str, Any] = {"results": outs, "inputs": made}
        try:
            found["gradients"] = gradients(torch, outs, made, sample.seed, rounded)
        except (RuntimeError, NotImplementedError) as error:
            found["gradient_error"] = [type(error).__name__, str(error)]
    return found


def _settled(x: Any) -> Any:
    """A tensor's elements as NumPy has them; bfloat16 as float32."""
    if not hasattr(x, "dtype"):
        return np.asarray(x)
    x = x.detach()
    return (x.float() if str(x.dtype) == "torch.bfloat16" else x).numpy()


def inplace_outcome(torch: Any, name: str, sample: Sample) -> Callable[[], list[str]]:
    """Whether `name_` leaves what `name` gives: "same", "no such form", or the error's type and text.

    Returns:
        A function to ask, so that many can be recorded before any is read.
    """
    method = name.rpartition(".")[2] + "_"
    made = inputs(torch, sample, False)
    args, kwargs = arguments(sample, made, lambda d: getattr(torch, d))
    if not args or not hasattr(args[0], method):
        return lambda: ["no such form"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = call(torch, name, sample, made)
        target = args[0].clone()
        args = [target if a is args[0] else a for a in args]
        try:
            back = getattr(target, method)(*args[1:], **kwargs)
        except Exception as error:
            complaint = [type(error).__name__, str(error)]
            return lambda: complaint
    if back is not target or target._version != 1:
        return lambda: ["another tensor came back, or its version is wrong"]
    expected = expected.to(target.dtype)
    return lambda: ["same" if equal(expected, target) else "different"]


def out_outcome(torch: Any, name: str, sample: Sample) -> Callable[[], list[str]]:
    """Whether `out=` gets what the call gives: "same", "no such form", or the error's type and text.

    Returns:
        A function to ask, so that many can be recorded before any is read.
    """
    made = inputs(torch, sample, False)
    args, kwargs = arguments(sample, made, lambda d: getattr(torch, d))
    fn = function(torch, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = results(fn(*args, **kwargs))
        if not all(hasattr(x, "dtype") for x in expected):
            return lambda: ["no such form"]
        targets = [torch.empty(0, dtype=x.dtype) for x in expected]
        try:
            fn(*args, **kwargs, out=targets[0] if len(targets) == 1 else tuple(targets))
        except TypeError:
            return lambda: ["no such form"]
        except Exception as error:
            complaint = [type(error).__name__, str(error)]
            return lambda: complaint
    return lambda: ["same" if all(map(equal, expected, targets)) else "different"]


def equal(a: Any, b: Any) -> bool:
    """Whether two tensors have the same shape and elements, NaN equal to NaN."""
    floating = a.is_floating_point() or a.is_complex()
    return a.shape == b.shape and np.array_equal(_settled(a), _settled(b), equal_nan=floating)
