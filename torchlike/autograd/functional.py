"""Jacobians, Hessians and their products with vectors, of functions of tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from torchlike.autograd.entry_points import grad, zeros_like
from torchlike.autograd.modes import enable_grad, set_grad_enabled, state
from torchlike.autograd.nodes import tensors
from torchlike.engine import from_host
from torchlike.errors import missing

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple["Tensor", ...]
_OUTPUTS = "outputs of the user-provided function"
_NOT_STRICT = "This is not allowed in strict mode."


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product of a vector and the Jacobian of a function, vᵀJ.

    Args:
        func: of tensors, giving a tensor or a tuple of them.
        inputs: where, a tensor or a tuple of them.
        v: shaped as the outputs; may be left out for a single output of one element.
        create_graph: make the results differentiable.
        strict: raise where an output does not depend on an input, rather than give zeros.

    Returns:
        The function's outputs, and the product, shaped as the inputs.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> torch.autograd.functional.vjp(lambda t: t * t, x, torch.tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        several_in, points = _as_tuple(inputs, "inputs", "vjp")
        points = _fresh(points, create_graph, needs_grad=True)
        several_out, outputs = _as_tuple(func(*points), _OUTPUTS, "vjp")
        _check_outputs(outputs, strict)
        v = _vector(v, outputs, several_out, create_graph, "vjp")
        if v is None and (len(outputs) != 1 or outputs[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a "
                "single element."
            )
    with set_grad_enabled(create_graph or state.grad_mode):
        found = _grad(outputs, points, v, create_graph)
        product = _filled(found, points, strict, create_graph, "back")
    return _given(outputs, several_out, create_graph), _given(product, several_in, create_graph)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product of the Jacobian of a function and a vector, Jv, from two backward passes.

    Args:
        func: of tensors, giving a tensor or a tuple of them.
        inputs: where, a tensor or a tuple of them.
        v: shaped as the inputs; may be left out for a single input of one element.
        create_graph: make the results differentiable.
        strict: raise where an output does not depend on an input, rather than give zeros.

    Returns:
        The function's outputs, and the product, shaped as the outputs.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> torch.autograd.functional.jvp(lambda t: t * t, x, torch.tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        several_in, points = _as_tuple(inputs, "inputs", "jvp")
        points = _fresh(points, create_graph, needs_grad=True)
        v = _vector(v, points, several_in, create_graph, "jvp")
        if v is None and (len(points) != 1 or points[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the input to the user-provided function is a single Tensor "
                "with a single element."
            )
        several_out, outputs = _as_tuple(func(*points), _OUTPUTS, "jvp")
        _check_outputs(outputs, strict)
        # vᵀJ is linear in v, so its derivative in the direction of v is Jv wherever it is taken.
        cotangents = _zero_leaves(outputs)
        pulled = _grad(outputs, points, cotangents, create_graph=True)
        _check_requires_grad(pulled, "grad_inputs", strict)
    with set_grad_enabled(create_graph or state.grad_mode):
        found = _grad(pulled, cotangents, v, create_graph)
        product = _filled(found, outputs, strict, create_graph, "back_trick")
    return _given(outputs, several_out, create_graph), _given(product, several_out, create_graph)


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of a function, a backward pass per element of the outputs.

    Args:
        func: of tensors, giving a tensor or a tuple of them.
        inputs: where, a tensor or a tuple of them.
        create_graph: make the result differentiable.
        strict: raise where an output does not depend on an input, rather than give zeros.
        vectorize: PyTorch runs the passes as one batch; here one compiled program serves them all either way.
        strategy: "reverse-mode".

    Returns:
        For an output of shape `s` and an input of shape `t` a tensor of shape `s + t`; a tuple over the
        inputs if they are a tuple, and of such tuples over the outputs if those are.

    Raises:
        NotImplementedError: `strategy="forward-mode"`.

    Example:
        >>> import torchlike as torch
        >>> torch.autograd.functional.jacobian(lambda t: t * t, torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has '
            'more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use '
            '"reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are '
                "not supported together (yet). Please either set `create_graph=False` or "
                '`strategy="reverse-mode"`.'
            )
        if strict:
            raise RuntimeError(
                'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not '
                'supported together (yet). Please either set `strict=False` or `strategy="reverse-mode"`.'
            )
        raise missing(
            'torch.autograd.functional.jacobian(strategy="forward-mode")', 'strategy="reverse-mode"'
        )
    with enable_grad():
        several_in, points = _as_tuple(inputs, "inputs", "jacobian")
        points = _fresh(points, create_graph, needs_grad=True)
        several_out, outputs = _as_tuple(func(*points), _OUTPUTS, "jacobian")
        _check_outputs(outputs, strict)
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported "
                "together. Please either set `strict=False` or `vectorize=False`."
            )
        rows = tuple(
            _jacobian_of_output(i, out, points, create_graph, strict) for i, out in enumerate(outputs)
        )
    if not create_graph:
        rows = tuple(tuple(t.detach() for t in row) for row in rows)
    found: Any = rows if several_in else tuple(row[0] for row in rows)
    return found if several_out else found[0]


def _jacobian_of_output(i: int, out: Any, points: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The Jacobian of one output with respect to each input."""
    n = out.numel()
    columns: list[list] = [[] for _ in points]
    for j in range(n):
        basis = np.zeros(n, out.dtype.np)
        basis[j] = 1
        cotangent = tensors.wrap(from_host(basis.reshape(out.shape), out.device), None)
        found = _grad((out,), points, (cotangent,), create_graph, retain_graph=True)
        for k, (g, point) in enumerate(zip(found, points, strict=True)):
            if g is None:
                if strict:
                    raise RuntimeError(
                        f"Output {i} of the user-provided function is independent of input {k}. {_NOT_STRICT}"
                    )
                g = _zeros(point)
            elif strict and create_graph and not g.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {i}. This is not "
                    "allowed in strict mode when create_graph=True."
                )
            columns[k].append(g)
    stack = tensors.function("stack")
    return tuple(
        stack(column).view((*out.shape, *point.shape)) for column, point in zip(columns, points, strict=True)
    )


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a scalar function: the Jacobian of its gradient.

    Args:
        func: of tensors, giving a tensor of one element.
        inputs: where, a tensor or a tuple of them.
        create_graph: make the result differentiable.
        strict: raise where the gradient does not depend on an input, rather than give zeros.
        vectorize: as of `jacobian`.
        outer_jacobian_strategy: "reverse-mode".

    Returns:
        For inputs of shapes `s` and `t` a tensor of shape `s + t`; a tuple of tuples if the inputs are a
        tuple.

    Raises:
        NotImplementedError: `outer_jacobian_strategy="forward-mode"`.

    Example:
        >>> import torchlike as torch
        >>> torch.autograd.functional.hessian(lambda t: (t ** 3).sum(), torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    several_in, points = _as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def scalar(*at: Any) -> Any:
        out = func(*at)
        several, outputs = _as_tuple(out, _OUTPUTS, "hessian")
        _check_outputs(outputs, strict)
        _check_scalar(several, outputs, "hessian")
        return out.squeeze()

    def gradient(*at: Any) -> Any:
        found = jacobian(scalar, at, create_graph=True)
        _check_requires_grad(found, "jacobian", strict)
        return found

    rows = jacobian(
        gradient,
        points,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return rows if several_in else rows[0][0]


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product of a vector and the Hessian of a scalar function, vᵀH.

    Args:
        func: of tensors, giving a tensor of one element.
        inputs: where, a tensor or a tuple of them.
        v: shaped as the inputs; may be left out for a single input of one element.
        create_graph: make the results differentiable.
        strict: raise where the gradient does not depend on an input, rather than give zeros.

    Returns:
        The function's output, and the product, shaped as the inputs.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> torch.autograd.functional.vhp(lambda t: (t ** 3).sum(), x, torch.tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        several_in, points, several_out, outputs, v, gradient = _gradient_of(
            func, inputs, v, create_graph, strict, "vhp"
        )
    with set_grad_enabled(create_graph or state.grad_mode):
        found = _grad(gradient, points, v, create_graph)
        product = _filled(found, points, strict, create_graph, "double_back")
    return _given(outputs, several_out, create_graph), _given(product, several_in, create_graph)


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The product of the Hessian of a scalar function and a vector, Hv; `vhp` gets the same number faster.

    Args:
        func: of tensors, giving a tensor of one element.
        inputs: where, a tensor or a tuple of them.
        v: shaped as the inputs; may be left out for a single input of one element.
        create_graph: make the results differentiable.
        strict: raise where the gradient does not depend on an input, rather than give zeros.

    Returns:
        The function's output, and the product, shaped as the inputs.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> torch.autograd.functional.hvp(lambda t: (t ** 3).sum(), x, torch.tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        several_in, points, several_out, outputs, v, gradient = _gradient_of(
            func, inputs, v, create_graph, strict, "hvp"
        )
        cotangents = _zero_leaves(points)
        pulled = _grad(gradient, points, cotangents, create_graph=True)
        _check_requires_grad(gradient, "hessian", strict)
    with set_grad_enabled(create_graph or state.grad_mode):
        found = _grad(pulled, cotangents, v, create_graph)
        product = _filled(found, points, strict, create_graph, "double_back_trick")
    return _given(outputs, several_out, create_graph), _given(product, several_in, create_graph)


def _gradient_of(
    func: Callable, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[bool, Tensors, bool, Tensors, Any, tuple]:
    """What `vhp` and `hvp` begin with: the gradient of a scalar function, itself differentiable."""
    several_in, points = _as_tuple(inputs, "inputs", name)
    points = _fresh(points, create_graph, needs_grad=True)
    v = _vector(v, points, several_in, create_graph, name)
    if v is None and (len(points) != 1 or points[0].numel() != 1):
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor "
            "with a single element."
        )
    several_out, outputs = _as_tuple(func(*points), _OUTPUTS, name)
    _check_outputs(outputs, strict)
    _check_scalar(several_out, outputs, name)
    gradient = _grad(outputs, points, None, create_graph=True)
    _check_requires_grad(gradient, "jacobian", strict)
    return several_in, points, several_out, outputs, v, gradient


def _check_scalar(several: bool, outputs: Tensors, name: str) -> None:
    if several:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )


def _as_tuple(given: Any, what: str, name: str) -> tuple[bool, Tensors]:
    """Whether it is a tuple, and it as one.

    Raises:
        TypeError: something in it is no tensor.
    """
    several = isinstance(given, tuple)
    found = given if several else (given,)
    for i, t in enumerate(found):
        if not isinstance(t, tensors.tensor_type):
            which = f"value at index {i}" if several else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {which} "
                f"has type {type(t)}."
            )
    return several, found


def _fresh(given: Tensors, create_graph: bool, needs_grad: bool) -> Tensors:
    """New tensors of the same values, not to be confused with uses of the old ones inside the function."""
    made: list[Any] = []
    for t in given:
        if create_graph and t.requires_grad:
            made.append(t.view_as(t))
        else:
            t = tensors.alias(t)
            t.requires_grad = needs_grad
            made.append(t)
    return tuple(made)


def _vector(v: Any, like: Tensors, several: bool, create_graph: bool, name: str) -> Tensors | None:
    """The vector as a tuple, checked against what it multiplies."""
    if v is None:
        return None
    _, given = _as_tuple(v, "v", name)
    given = _fresh(given, create_graph, needs_grad=False)
    if len(given) != len(like):
        if several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(given)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (t, other) in enumerate(zip(given, like, strict=True)):
        if t.shape != other.shape:
            where = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{where}v has invalid size: should be {other.shape} but got {t.shape}.")
    return given


def _check_outputs(outputs: Tensors, strict: bool) -> None:
    if strict:
        for i, t in enumerate(outputs):
            if not t.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The outputs must "
                    "be computed in a differentiable manner from the input when running in strict mode."
                )


def _check_requires_grad(found: Sequence, what: str, strict: bool) -> None:
    """In strict mode, raise where a derivative does not depend on the inputs."""
    if not strict:
        return
    for i, t in enumerate(found):
        if t is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. {_NOT_STRICT}"
            )
        if t.requires_grad:
            continue
        if what == "hessian":
            raise RuntimeError(
                f"The hessian of the user-provided function with respect to input {i} is independent of the "
                f"input. {_NOT_STRICT} You should ensure that your function is thrice differentiable and "
                "that the hessian depends on the inputs."
            )
        if what == "jacobian":
            raise RuntimeError(
                "While computing the hessian, found that the jacobian of the user-provided function with "
                f"respect to input {i} is independent of the input. {_NOT_STRICT} You should ensure that "
                "your function is twice differentiable and that the jacobian depends on the inputs (this "
                "would be violated by a linear function for example)."
            )
        raise RuntimeError(
            f"The gradient with respect to input {i} is independent of the inputs of the user-provided "
            f"function. {_NOT_STRICT}"
        )


def _grad(
    outputs: Sequence,
    inputs: Sequence,
    v: Sequence | None,
    create_graph: bool,
    retain_graph: bool | None = None,
) -> tuple:
    """`torch.autograd.grad` of those outputs that require grad."""
    given = v if v is not None else (None,) * len(outputs)
    pairs = [(t, g) for t, g in zip(outputs, given, strict=True) if t is not None and t.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    outs, cotangents = zip(*pairs, strict=True)
    found = grad(
        outs, inputs, cotangents, create_graph=create_graph, retain_graph=retain_graph, allow_unused=True
    )
    assert isinstance(found, tuple)
    return found


_INDEPENDENT = {
    "back": "The output of the user-provided function is independent of input {i}. This is not allowed in "
    "strict mode.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} in the grad_outputs "
    "when using the double backward trick to compute forward mode gradients. This is not allowed in strict "
    "mode.",
    "double_back": "The jacobian of the user-provided function is independent of input {i}. This is not "
    "allowed in strict mode.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {i} in the "
    "grad_jacobian. "
    "This is not allowed in strict mode as it prevents from using the double backward trick to replace "
    "forward mode AD.",
}


def _filled(found: Sequence, like: Sequence, strict: bool, create_graph: bool, stage: str) -> Tensors:
    """The gradients with zeros for those that are not there; in strict mode those are errors."""
    filled = []
    for i, (g, t) in enumerate(zip(found, like, strict=True)):
        if g is None:
            if strict:
                raise RuntimeError(_INDEPENDENT[stage].format(i=i))
            g = _zeros(t)
        elif strict and create_graph and not g.requires_grad:
            what = "hessian" if "double" in stage else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {i}. This is not allowed "
                "in strict mode when create_graph=True."
            )
        filled.append(g)
    return tuple(filled)


def _zeros(t: Any) -> Any:
    return tensors.wrap(zeros_like(tensors.unwrap(t)[0].aval), None)


def _zero_leaves(like: Sequence) -> Tensors:
    leaves = tuple(_zeros(t) for t in like)
    for t in leaves:
        t.requires_grad = True
    return leaves


def _given(found: Tensors, several: bool, create_graph: bool) -> Any:
    """Results as the user gave their counterparts, cut from the graph unless it is asked for."""
    if not create_graph:
        found = tuple(tensors.alias(t) for t in found)
    return found if several else found[0]
