"""What PyTorch refuses as a loss's operands, in its words."""

from __future__ import annotations

from collections.abc import Callable

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.convolution_checks import cpp_name
from torchlike.operators.declaration import broadcast_shape

__all__ = [
    "check_cosine",
    "check_difference",
    "check_divergence",
    "check_gaussian",
    "check_hinge",
    "check_huber",
    "check_logits",
    "check_mean",
    "check_multilabel_soft",
    "check_poisson",
    "check_probabilities",
    "check_ranking",
    "check_soft_margin",
    "refuse_bools",
]

_BOTH_BOOL = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
    "operator instead."
)
_ONE_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
    "use the `~` or `logical_not()` operator instead."
)
_NEGATED = (
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
    "the `~` or `logical_not()` operator instead."
)


def _met(*avals: Aval) -> dtype:
    found = avals[0].dtype
    for a in avals[1:]:
        found = dtypes.promote_types(found, a.dtype)
    return found


def _broadcasts(*avals: Aval) -> None:
    for other in avals[1:]:
        broadcast_shape(tuple(avals[0].shape), tuple(other.shape))


def refuse_bools(self: Aval, other: Aval) -> None:
    """Raise if both are of booleans, which PyTorch does not subtract."""
    if self.dtype.category == other.dtype.category == 0:
        raise RuntimeError(_BOTH_BOOL)


def _refuse_complex(*avals: Aval) -> None:
    if any(a.dtype.is_complex for a in avals):
        raise NotImplementedError("clamp is not supported for complex types")


def check_mean(check: Callable, reduction: str) -> Callable:
    """A check that also raises where PyTorch would take the mean of integers."""

    def checked(*arguments: object) -> None:
        check(*arguments)
        found = _met(*[a for a in arguments if isinstance(a, Aval)])
        if reduction == "mean" and found.category < 2:
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating point or "
                f"complex dtype. Got: {found.legacy_name}"
            )

    return checked


def check_difference(self: Aval, *others: object) -> None:
    """Raise what the difference of the first two raises, and if the tensors do not broadcast."""
    tensors = [a for a in others if isinstance(a, Aval)]
    _broadcasts(self, *tensors)
    refuse_bools(self, tensors[0])


def check_huber(self: Aval, target: Aval, delta: float) -> None:
    """Raise what `huber_loss` raises."""
    _broadcasts(self, target)
    found = _met(self, target)
    if found not in FLOATING:
        raise NotImplementedError(f"\"huber_cpu\" not implemented for '{found.legacy_name}'")


def check_probabilities(self: Aval, target: Aval, weight: Aval | None) -> None:
    """Raise what `binary_cross_entropy` raises of the dtypes."""
    for other in (target, weight):
        if self.dtype in FLOATING and other is not None and other.dtype is not self.dtype:
            raise RuntimeError(f"Found dtype {other.dtype.legacy_name} but expected {self.dtype.legacy_name}")


def check_logits(self: Aval, target: Aval, weight: Aval | None, pos_weight: Aval | None) -> None:
    """Raise what `binary_cross_entropy_with_logits` raises."""
    if self.dtype not in FLOATING:
        raise NotImplementedError(f"\"log_sigmoid_cpu\" not implemented for '{self.dtype.legacy_name}'")
    if pos_weight is not None:
        _broadcasts(pos_weight, target)
    if not dtypes.can_cast(self.dtype, target.dtype):
        found = dtypes.promote_types(self.dtype, target.dtype)
        raise RuntimeError(
            f"result type {found.legacy_name} can't be cast to the desired output type "
            f"{target.dtype.legacy_name}"
        )
    if weight is not None:
        _broadcasts(target, weight)


def check_divergence(self: Aval, target: Aval) -> None:
    """Raise what `kl_div` raises."""
    if self.dtype.is_complex or target.dtype.is_complex:
        raise RuntimeError("kl_div: Complex inputs not supported.")
    if self.dtype.category < 2 or target.dtype.category < 2:
        raise RuntimeError("kl_div: Integral inputs not supported.")
    _broadcasts(target, self)


def check_hinge(self: Aval, target: Aval, margin: float) -> None:
    """Raise what `hinge_embedding_loss` raises."""
    if self.dtype.category == 0:
        raise RuntimeError(_BOTH_BOOL)
    _refuse_complex(self)
    _broadcasts(target, self)


def check_ranking(self: Aval, other: Aval, target: Aval, margin: float) -> None:
    """Raise what `margin_ranking_loss` raises."""
    check_difference(self, other, target)
    _refuse_complex(self, other, target)


def check_cosine(self: Aval, other: Aval, target: Aval, margin: float) -> None:
    """Raise what `cosine_embedding_loss` raises."""
    _broadcasts(self, other)
    _refuse_complex(self, other)
    shape = broadcast_shape(tuple(self.shape), tuple(other.shape))
    cosines = tuple(n for d, n in enumerate(shape) if d != len(target.shape))
    broadcast_shape(tuple(target.shape), cosines)


def check_soft_margin(self: Aval, target: Aval) -> None:
    """Raise what `soft_margin_loss` raises."""
    if target.dtype.category == 0:
        raise RuntimeError(_NEGATED)
    _broadcasts(self, target)
    if self.dtype.category < 2:
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {self.dtype.legacy_name}"
        )


def check_multilabel_soft(self: Aval, target: Aval, weight: Aval | None) -> None:
    """Raise what `multilabel_soft_margin_loss` raises."""
    if self.dtype not in FLOATING:
        raise NotImplementedError(f"\"log_sigmoid_cpu\" not implemented for '{self.dtype.legacy_name}'")
    _broadcasts(target, self)
    if weight is not None:
        _broadcasts(self, weight)


def check_poisson(self: Aval, target: Aval, log_input: bool, eps: float) -> None:
    """Raise what `poisson_nll_loss` raises."""
    _broadcasts(self, target)
    if self.dtype.category == target.dtype.category == 0:
        raise RuntimeError(_ONE_BOOL)


def check_gaussian(self: Aval, target: Aval, var: object, eps: float) -> None:
    """Raise what `gaussian_nll_loss` raises."""
    if isinstance(var, Aval):
        if var.dtype.is_complex:
            raise NotImplementedError(f"\"lt_cpu\" not implemented for '{var.dtype.legacy_name}'")
        if var.dtype.category < 2:
            raise RuntimeError(
                f"result type Float can't be cast to the desired output type {cpp_name(var.dtype)}"
            )
    _broadcasts(self, target)
