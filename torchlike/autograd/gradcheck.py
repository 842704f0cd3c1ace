"""Comparing gradients with finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.entry_points import grad
from torchlike.autograd.gradcheck_messages import (
    BACKWARD_UNSUPPORTED,
    FAILED_BATCHED,
    FAST_FAILED_SLOW_OK,
    NOT_DETERMINISTIC,
    SLOW_AFTER_FAST,
    UNDEFINED_NOT_ZERO,
)
from torchlike.autograd.nodes import Edge, Node, tensors
from torchlike.engine import eager, from_host
from torchlike.errors import missing

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A gradient is not what the finite differences say."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """What one check is done with; see `gradcheck`."""

    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_grad_dtypes: bool
    masked: bool | None


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare a function's gradients with central differences, (f(x + ε) - f(x - ε)) / 2ε.

    Args:
        func: of tensors, giving a tensor or a tuple of them.
        inputs: where, a tensor or a tuple; those that require grad should be float64 or complex128.
        eps: ε.
        atol, rtol: the tolerances of the comparison.
        raise_exception: raise where it fails, rather than return False.
        nondet_tol: how far two backward passes of the same inputs may be apart.
        check_undefined_grad: also check that missing gradients of outputs count as zeros.
        check_grad_dtypes: also check the gradients' dtypes.
        check_batched_grad: also check `is_grads_batched`.
        check_batched_forward_grad, check_forward_ad: of forward mode, which is not there.
        check_backward_ad: whether to check the backward pass at all.
        fast_mode: compare vᵀJu for random u and v rather than all of J.
        masked: of sparse tensors; with it the gradient of a zero gradient may be within the default tolerance
            of zero.

    Returns:
        True, or False if it fails and `raise_exception` is False.

    Raises:
        GradcheckError: it fails.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradcheck(lambda t: t ** 3, (x,))
        True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    if check_forward_ad:
        raise missing("torch.autograd.gradcheck(check_forward_ad=True)", "check_backward_ad=True")
    settings = _Settings(eps, atol, rtol, nondet_tol, check_grad_dtypes, masked)
    try:
        # Operator by operator, as a program of several may round differently from one run to the next.
        with eager():
            return _check(
                func, _as_tuple(inputs), settings, check_undefined_grad, check_batched_grad, fast_mode
            )
    except GradcheckError:
        if raise_exception:
            raise
        return False


def _check(
    func: Callable, inputs: tuple, settings: _Settings, undefined: bool, batched: bool, fast: bool
) -> bool:
    _check_inputs(inputs)
    results = func(*inputs)
    outputs = _differentiable(results)
    compare = _compare_fast if fast else _compare
    complex_outputs = [i for i, o in enumerate(outputs) if o.is_complex()]
    if any(o.is_complex() for o in _as_tuple(results)):
        for part in ("imag", "real"):
            of_part = _part_of(func, part)
            given = of_part(*inputs)
            compare(of_part, given, inputs, _differentiable(given), settings, complex_outputs, part == "imag")
    else:
        compare(func, results, inputs, outputs, settings, None, False)
    if batched:
        for i, out in enumerate(outputs):
            _check_batched(inputs, out, i)
    _check_zero_gradient(outputs, inputs, settings.masked)
    if undefined:
        _check_undefined(func, outputs, inputs)
    return True


def _part_of(func: Callable, part: str) -> Callable:
    """The function with `real` or `imag` of its complex outputs."""
    take = tensors.function(part)

    def of_part(*inputs: Any) -> tuple:
        return tuple(take(o) if o.is_complex() else o for o in _as_tuple(func(*inputs)))

    return of_part


def _as_tuple(x: Any) -> tuple:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _differentiable(results: Any) -> tuple:
    return tuple(o for o in _as_tuple(results) if o.requires_grad)


def _requiring_grad(inputs: Sequence) -> list:
    found = []
    for x in inputs:
        if isinstance(x, tensors.tensor_type):
            if x.requires_grad:
                found.append(x)
        elif isinstance(x, Sequence) and not isinstance(x, str):
            found += _requiring_grad(x)
    return found


def _check_inputs(inputs: tuple) -> None:
    any_requires_grad = False
    for i, x in enumerate(inputs):
        if not (isinstance(x, tensors.tensor_type) and x.requires_grad):
            continue
        if x.dtype not in (dtypes.float64, dtypes.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. "
                "This check will likely fail if all the inputs are not of double precision floating point "
                "or complex. ",
                stacklevel=4,
            )
        strides = x.stride()
        assert isinstance(strides, tuple)
        if not all(step > 0 or n <= 1 for step, n in zip(strides, x.shape, strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                ".contiguous on the input before passing it to gradcheck."
            )
        any_requires_grad = True
    if not any_requires_grad:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have "
            "requires_grad=True."
        )


def _array(t: Any) -> np.ndarray:
    return tensors.unwrap(t)[0].numpy()


def _tensor(array: np.ndarray) -> Any:
    return tensors.wrap(from_host(np.ascontiguousarray(array).reshape(array.shape)), None)


def _difference(
    func: Callable, inputs: tuple, x: Any, step: np.ndarray, eps: float, where: str
) -> list[np.ndarray]:
    """The central difference of every output, flat, where one input moves by `step`, which is `eps` long."""
    # Through `.data`, so that no version counter notices; the function gets the very tensors that the caller
    # has.
    data = x.data
    before = _array(x).copy()
    data.copy_(_tensor(before - step))
    low = [_array(o).copy() for o in _as_tuple(func(*inputs))]
    data.copy_(_tensor(before + step))
    high = [_array(o).copy() for o in _as_tuple(func(*inputs))]
    data.copy_(_tensor(before))
    found = []
    for a, b in zip(low, high, strict=True):
        if a.shape != b.shape:
            raise AssertionError(
                f"Expected `func` to return outputs with the same shape when inputs are perturbed {where}by "
                f"{eps}, but got: shapes torch.Size({list(a.shape)}) and torch.Size({list(b.shape)})."
            )
        if a.dtype != b.dtype:
            raise AssertionError(
                f"Expected `func` to return outputs with the same dtype when inputs are perturbed {where}by "
                f"{eps}, but got: dtypes {dtypes.from_numpy(a.dtype)} and {dtypes.from_numpy(b.dtype)}."
            )
        found.append(((b - a) / (2 * eps)).reshape(-1))
    return found


def _wirtinger(move: Callable[[Any], list[np.ndarray]], is_complex: bool) -> list[np.ndarray]:
    """The differences along the real direction and, of a complex input, the other one: ∂/∂x + i ∂/∂y."""
    along_real = move(1)
    if not is_complex:
        return along_real
    return [a + b * 1j for a, b in zip(along_real, move(1j), strict=True)]


def _numerical_jacobians(func: Callable, inputs: tuple, results: tuple, eps: float) -> list[list[np.ndarray]]:
    """Per differentiable input and floating output, the matrix (input elements, output elements)."""
    jacobians = []
    for x in _requiring_grad(inputs):
        kind = x.dtype.np if x.is_complex() else None
        made = [
            np.zeros((x.numel(), o.numel()), kind or o.dtype.np) for o in results if o.dtype.category >= 2
        ]
        for row, index in enumerate(np.ndindex(*x.shape)):

            def move(direction: Any, x: Any = x, index: tuple = index) -> list[np.ndarray]:
                step = np.zeros(x.shape, x.dtype.np)
                step[index] = eps * direction
                found = _difference(func, inputs, x, step, eps, f"on index {index} ")
                return [d for d, o in zip(found, results, strict=True) if o.dtype.category >= 2]

            for matrix, values in zip(made, _wirtinger(move, x.is_complex()), strict=True):
                matrix[row] = values
        jacobians.append(made)
    return jacobians


def _pulled_back(inputs: tuple, output: Any, cotangents: list[np.ndarray]) -> list[list]:
    """Per cotangent, the gradients of all differentiable inputs."""
    differentiated = _requiring_grad(inputs)
    return [
        [
            None if g is None else _array(g).copy()
            for g in grad(output, differentiated, _tensor(v), retain_graph=True, allow_unused=True)
        ]
        for v in cotangents
    ]


def _analytical_jacobian(
    inputs: tuple, output: Any, settings: _Settings, cotangents: list[np.ndarray]
) -> list[np.ndarray]:
    """Per differentiable input, the matrix (elements of the input, cotangents).

    Raises:
        GradcheckError: a gradient has another size or dtype than its input, or two passes differ.
    """
    differentiated = _requiring_grad(inputs)
    passes = [_pulled_back(inputs, output, cotangents) for _ in range(2)]
    sizes_match = dtypes_match = True
    matrices = []
    for rows in passes:
        made = [np.zeros((x.numel(), len(cotangents)), x.dtype.np) for x in differentiated]
        for j, row in enumerate(rows):
            for matrix, g, x in zip(made, row, differentiated, strict=True):
                if g is None:
                    continue
                if g.shape != tuple(x.shape):
                    sizes_match = False
                elif g.dtype != x.dtype.np:
                    dtypes_match = False
                matrix[:, j] = g.reshape(-1)
        matrices.append(made)
    if not dtypes_match and settings.check_grad_dtypes:
        raise GradcheckError("Gradient has dtype mismatch")
    if not sizes_match:
        raise GradcheckError("Analytical gradient has incorrect size")
    first, second = matrices
    for a, b in zip(first, second, strict=True):
        if a.size and np.abs(a - b).max() > settings.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple "
                "times gives different values, although analytical gradient matches numerical gradient.The "
                f"tolerance for nondeterminism was {settings.nondet_tol}.{NOT_DETERMINISTIC}"
            )
    return first


def _basis(output: Any) -> list[np.ndarray]:
    n = output.numel()
    return list(np.eye(n, dtype=output.dtype.np).reshape(n, *output.shape))


def _close(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> bool:
    return bool(np.all((a == b) | (np.abs(a - b) <= atol + rtol * np.abs(b))))


def _mismatch(
    analytical: np.ndarray, numerical: np.ndarray, out: int, x: int, complex_outputs: list | None, imag: bool
) -> str:
    of_part = ""
    if complex_outputs and out in complex_outputs:
        of_part = f"While considering the {'imaginary' if imag else 'real'} part of complex outputs only, "
    return (
        f"{of_part}Jacobian mismatch for output {out:d} with respect to input {x:d},\n"
        f"numerical:{_tensor(numerical)}\nanalytical:{_tensor(analytical)}\n"
    )


def _compare(
    func: Callable,
    results: Any,
    inputs: tuple,
    outputs: tuple,
    settings: _Settings,
    complex_outputs: list | None,
    imag: bool,
) -> None:
    """Compare all elements of the Jacobians."""
    given = _as_tuple(results)
    numerical = _numerical_jacobians(func, inputs, given, settings.eps)
    if not outputs:
        if any(np.any(matrix != 0) for row in numerical for matrix in row):
            raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    by_output = [row for o, row in zip(given, zip(*numerical, strict=True), strict=False) if o.requires_grad]
    for i, out in enumerate(outputs):
        analytical = _analytical_jacobian(inputs, out, settings, _basis(out))
        for j, (a, n) in enumerate(zip(analytical, by_output[i], strict=True)):
            if not _close(a, n, settings.rtol, settings.atol):
                raise GradcheckError(_mismatch(a, n, i, j, complex_outputs, imag))


def _compare_fast(
    func: Callable,
    results: Any,
    inputs: tuple,
    outputs: tuple,
    settings: _Settings,
    complex_outputs: list | None,
    imag: bool,
) -> None:
    """Compare vᵀJu for one random u per input and v per output."""
    given = _as_tuple(results)
    differentiated = _requiring_grad(inputs)
    directions, cotangents = _random_vectors(differentiated, outputs)
    moved = []
    for x, u in zip(differentiated, directions, strict=True):

        def move(direction: Any, x: Any = x, u: tuple = u) -> list[np.ndarray]:
            along = u[0] if direction == 1 else u[1] * 1j
            step = (along * settings.eps).astype(x.dtype.np).reshape(x.shape)
            found = _difference(func, inputs, x, step, settings.eps, "")
            return [d for d, o in zip(found, given, strict=True) if o.dtype.category >= 2]

        moved.append(_wirtinger(move, x.is_complex()))
    if not outputs:
        if any(d.size and np.abs(d).max() > settings.nondet_tol for row in moved for d in row):
            raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    numerical = [[np.dot(v, d) for v, d in zip(cotangents, row, strict=False)] for row in moved]
    for j, out in enumerate(outputs):
        pulled = _analytical_jacobian(inputs, out, settings, [cotangents[j].reshape(out.shape)])
        for i, (vj, u) in enumerate(zip(pulled, directions, strict=True)):
            row = vj[:, 0]
            a = np.asarray(
                np.dot(row.real, u[0]) + 1j * np.dot(row.imag, u[1]) if len(u) == 2 else np.dot(row, u[0])
            )
            n = np.asarray(numerical[i][j])
            atol = settings.atol * sum(float(part.sum()) for part in u) * float(cotangents[j].sum().real)
            if not _close(a, n, settings.rtol, atol):
                message = _mismatch(a, n, j, i, complex_outputs, imag)
                raise GradcheckError(message + _slow_text(func, inputs, given, outputs, i, j, settings))


def _random_vectors(differentiated: list, outputs: tuple) -> tuple[list[tuple], list[np.ndarray]]:
    """Random unit vectors, drawn as PyTorch does: per input one (two of a complex one), per output one."""
    generator = tensors.generator_type()
    rand = tensors.function("rand")

    def vector(t: Any, real: bool) -> np.ndarray:
        kind = t.dtype.np
        if real and t.is_complex():
            kind = np.zeros(0, kind).real.dtype
        drawn = _array(rand(t.numel(), generator=generator)).astype(kind)
        return drawn / np.linalg.norm(drawn).astype(drawn.real.dtype)

    directions = [tuple(vector(x, True) for _ in range(2 if x.is_complex() else 1)) for x in differentiated]
    return directions, [vector(o, False) for o in outputs]


def _slow_text(
    func: Callable, inputs: tuple, results: tuple, outputs: tuple, i: int, j: int, settings: _Settings
) -> str:
    """What a failed fast check says about the whole Jacobians."""
    n = _numerical_jacobians(func, inputs, results, settings.eps)[i][j]
    relaxed = _Settings(settings.eps, settings.atol, settings.rtol, float("inf"), False, settings.masked)
    a = _analytical_jacobian(inputs, outputs[j], relaxed, _basis(outputs[j]))[i]
    text = SLOW_AFTER_FAST.format(
        numerical=_tensor(n),
        analytical=_tensor(a),
        difference=_tensor(np.asarray(np.abs(n - a).max())).item(),
    )
    return text + FAST_FAILED_SLOW_OK if _close(a, n, settings.rtol, settings.atol) else text


def _check_zero_gradient(outputs: tuple, inputs: tuple, masked: bool | None) -> None:
    """The gradient is linear in that of the outputs, so zeros give zeros."""
    differentiated = _requiring_grad(inputs)
    if not differentiated:
        raise GradcheckError("no Tensors requiring grad found in input")
    if not outputs:
        return
    zeros = [_tensor(np.zeros(o.shape, o.dtype.np)) for o in outputs]
    grads: Any = grad(outputs, differentiated, zeros, allow_unused=True)
    for g, x in zip(grads, differentiated, strict=True):
        if g is None:
            continue
        values = _array(g)
        if not (_close(values, np.zeros_like(values), 1e-5, 1e-8) if masked else np.all(values == 0)):
            raise GradcheckError("backward not multiplied by grad_output")
        if g.dtype is not x.dtype:
            raise GradcheckError("grad is incorrect type")
        if g.device != x.device:
            raise GradcheckError("grad is incorrect device")
        if g.shape != x.shape:
            raise GradcheckError("grad is incorrect size")


def _check_batched(inputs: tuple, output: Any, index: int) -> None:
    """Gradients of several cotangents at once are those of each alone."""
    differentiated = _requiring_grad(inputs)
    randn_like, stack = tensors.function("randn_like"), tensors.function("stack")
    cotangents = [randn_like(output) for _ in range(2)]
    alone = [grad(output, differentiated, v, retain_graph=True, allow_unused=True) for v in cotangents]
    try:
        together = grad(
            output,
            differentiated,
            stack(cotangents),
            retain_graph=True,
            allow_unused=True,
            is_grads_batched=True,
        )
    except RuntimeError as error:
        raise GradcheckError(
            f"While computing batched gradients, got: {error}\n\n{FAILED_BATCHED}"
        ) from error
    for i, (got, expected) in enumerate(zip(together, zip(*alone, strict=True), strict=True)):
        if got is not None and not _close(_array(got), np.stack([_array(g) for g in expected]), 1e-5, 1e-8):
            raise GradcheckError(
                f"For output {index} and input {i}:\n\n{FAILED_BATCHED}\n\nGot:\n{got}\n\nExpected:\n"
                f"{stack(list(expected))}"
            )


class _UndefinedGradNode(Node):
    """Sends no gradient on, whatever comes in."""

    __slots__ = ()

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        return [None]


def _without_gradient(output: Tensor) -> Tensor:
    value, edge = tensors.unwrap(output)
    return tensors.wrap(value, Edge(_UndefinedGradNode((edge,)), 0))


def _check_undefined(func: Callable, outputs: tuple, inputs: tuple) -> None:
    """Outputs that get no gradient count as if they got zeros: all of them at once, and one at a time."""
    sets = [[_without_gradient(o) for o in _differentiable(func(*inputs))]]
    if len(sets[0]) > 1:
        for i in range(len(outputs)):
            again = _differentiable(func(*inputs))
            sets.append([_without_gradient(o) if k == i else o for k, o in enumerate(again)])
    for chosen in sets:
        if chosen:
            _check_undefined_set(chosen, _requiring_grad(inputs))


def _check_undefined_set(outputs: list, differentiated: list) -> None:
    zeros = [_tensor(np.zeros(o.shape, o.dtype.np)) for o in outputs]
    try:
        grads = grad(outputs, differentiated, zeros, allow_unused=True)
    except RuntimeError as error:
        _warn_about_undefined()
        raise GradcheckError(BACKWARD_UNSUPPORTED) from error
    for g in grads:
        if g is not None and np.any(_array(g) != 0):
            _warn_about_undefined()
            raise GradcheckError(UNDEFINED_NOT_ZERO)


def _warn_about_undefined() -> None:
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but "
        "it may break existing callers of this function. If this is true for you, you can call this function "
        "with "
        '"check_undefined_grad=False" to disable the feature',
        stacklevel=2,
    )


def gradgradcheck(
    func: Callable,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of a function's gradients with central differences.

    Args:
        func: of tensors, giving a tensor or a tuple of them.
        inputs: where, a tensor or a tuple; those that require grad should be float64 or complex128.
        grad_outputs: the gradients of the outputs; drawn at random if left out.
        gen_non_contig_grad_outputs: draw ones that are not contiguous.
        check_fwd_over_rev: of forward mode, which is not there.
        check_rev_over_rev: whether to check the backward pass of the backward pass at all.
        eps, atol, rtol, raise_exception, nondet_tol, check_undefined_grad, check_grad_dtypes,
        check_batched_grad,
            fast_mode, masked: as of `gradcheck`.

    Returns:
        True, or False if it fails and `raise_exception` is False.

    Raises:
        GradcheckError: it fails.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradgradcheck(lambda t: t ** 3, (x,))
        True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_batched_grad=True requires check_rev_over_rev to be True")
    if check_fwd_over_rev:
        raise missing("torch.autograd.gradgradcheck(check_fwd_over_rev=True)", "check_rev_over_rev=True")
    points = _as_tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(func(*points))
        cotangents = tuple(_random_cotangent(o, gen_non_contig_grad_outputs) for o in outputs)
    else:
        cotangents = _as_tuple(grad_outputs)
    n = len(cotangents)

    def gradients(*args: Any) -> tuple:
        outputs = _differentiable(func(*args[:-n]))
        differentiated = [x for x in args[:-n] if isinstance(x, tensors.tensor_type) and x.requires_grad]
        found = grad(outputs, differentiated, args[-n:], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradients,
        points + cotangents,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        masked=masked,
    )


def _random_cotangent(output: Any, apart: bool) -> Any:
    """A leaf of the output's shape, uniform between -1 and 1."""
    made = tensors.function("empty")(output.shape, dtype=output.dtype, device=output.device)
    (tensors.function("view_as_real")(made) if made.is_complex() else made).uniform_(-1, 1)
    if apart and made.numel() > 1:
        made = tensors.function("repeat_interleave")(made, 2, dim=-1)[..., ::2]
    return made.requires_grad_()
