"""Keeping gradients from growing too large."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

from torchlike.autograd.modes import no_grad
from torchlike.nn.declared import linalg, torch
from torchlike.tensors.tensor import Tensor

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
]

Tensors = Tensor | Iterable[Tensor]


def _gradients(parameters: Tensors) -> list[Tensor]:
    several = [parameters] if isinstance(parameters, Tensor) else parameters
    return [param.grad for param in several if param.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all elements of all tensors, as if they were one vector.

    Args:
        tensors: one or more.
        norm_type: p of the p-norm; infinity for the largest absolute value.
        error_if_nonfinite: raise if the norm is infinite or not a number, which means to wait for it.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing.

    Raises:
        RuntimeError: with `error_if_nonfinite`.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([4.0])])
        tensor(5.)
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return torch.tensor(0.0)
    norms = [linalg.vector_norm(tensor, norm_type) for tensor in tensors]
    first = tensors[0].device
    total = linalg.vector_norm(torch.stack([norm.to(first) for norm in norms]), norm_type)
    if error_if_nonfinite and not torch.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it "
            "cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, "
            "set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients by `max_norm / (total_norm + 1e-6)`, in place, if that is less than 1.

    Args:
        parameters: whose gradients.
        max_norm: what the norm is to become.
        total_norm: what it is, from `get_total_norm`.
        foreach: as for `get_total_norm`.
    """
    gradients = _gradients(parameters)
    if not gradients:
        return
    coefficient = float(max_norm) / (total_norm + 1e-6)
    # Multiplying by 1 changes nothing, and asking whether to would mean to wait for the norm.
    coefficient = torch.clamp(coefficient, max=1.0)
    for gradient in gradients:
        gradient.mul_(coefficient.to(gradient.device))


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients, in place, so that the norm of all of them together is at most `max_norm`.

    Args:
        parameters: whose gradients; those that have none are passed over.
        max_norm: the most that is allowed.
        norm_type, error_if_nonfinite, foreach: as for `get_total_norm`.

    Returns:
        The norm before.

    Example:
        >>> import torchlike as torch
        >>> w = torch.nn.Parameter(torch.zeros(2))
        >>> w.grad = torch.tensor([3.0, 4.0])
        >>> torch.nn.utils.clip_grad_norm_([w], max_norm=1.0)
        tensor(5.)
        >>> w.grad
        tensor([0.6000, 0.8000])
    """
    if not isinstance(parameters, Tensor):
        is_generator = isinstance(parameters, types.GeneratorType)
        parameters = list(parameters)
        if is_generator and not parameters:
            warnings.warn(
                "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
            )
    total_norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Deprecated: use `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Cut the gradients off at `-clip_value` and `clip_value`, in place.

    Args:
        parameters: whose gradients; those that have none are passed over.
        clip_value: the most that is allowed.
        foreach: as for `get_total_norm`.
    """
    clip_value = float(clip_value)
    for gradient in _gradients(parameters):
        gradient.clamp_(min=-clip_value, max=clip_value)
