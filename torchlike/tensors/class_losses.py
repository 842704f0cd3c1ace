"""Losses with classes as targets, as `torch.nn.functional` has them."""

from __future__ import annotations

from torchlike.autograd.modes import state
from torchlike.operators.class_losses import check_softmax
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.direct_calls import direct
from torchlike.tensors.loss_reduction import by_number, by_reduction, legacy, number
from torchlike.tensors.python_functions import builtin, functional, refuse_gradient
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_HARD = by_reduction("cross_entropy")
_HARD_CALLS = {r: direct(op, (Tensor, Tensor, type(None), int)) for r, op in _HARD.items()}
_SMOOTHED = by_reduction("smoothed_cross_entropy")
_SOFT = by_reduction("soft_cross_entropy")
_NLL = by_reduction("nll_loss")
_MULTI_MARGIN = by_reduction("multi_margin_loss")
_MULTILABEL_MARGIN = by_reduction("multilabel_margin_loss")


def _refuse_weight(input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight._edge is not None and state.enabled:
        fn = "nll_loss_forward" if input.ndim <= 2 else "nll_loss2d_forward"
        refuse_gradient(fn, weight=weight)


@composite(
    "cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int "
    "ignore_index=-100, "
    "float label_smoothing=0.0) -> Tensor",
    namespaces=("_C._nn",),
    method=False,
)
def cross_entropy_loss(self, target, weight, reduction, ignore_index, label_smoothing):
    if self.shape == target.shape:
        if not target.dtype.is_floating_point:
            raise RuntimeError(
                "Expected floating point type for target with class probabilities, got "
                f"{target.dtype.legacy_name}"
            )
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        _check_smoothing(label_smoothing)
        op = by_number(_SOFT, reduction)
        return dispatch.call(op, (self, target, weight, max(label_smoothing, 0.0)))
    if label_smoothing > 0:
        _check_smoothing(label_smoothing)
        _refuse_weight(self, weight)
        if self.ndim == 1 and target.ndim == 1 and target.shape[0] == 1:
            # PyTorch fails here to write a single element's mask into a result without dimensions.
            check_softmax(self._value().aval)
            raise RuntimeError("output with shape [] doesn't match the broadcast shape [1]")
        op = by_number(_SMOOTHED, reduction)
        return dispatch.call(op, (self, target, weight, ignore_index, label_smoothing))
    _refuse_weight(self, weight)
    return dispatch.call(by_number(_HARD, reduction), (self, target, weight, ignore_index))


def _check_smoothing(label_smoothing: float) -> None:
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")


_cross_entropy_builtin = builtin("_C._nn", "cross_entropy_loss")


@functional()
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """How unlikely the target's classes are: `-log(softmax(input)[target])`.

    Args:
        input: logits, (N, C), (C) or (N, C, d1, ...).
        target: class indices, int64 or uint8, (N), () or (N, d1, ...); or probabilities of the input's shape.
        weight: (C), a factor for each class.
        size_average, reduce: deprecated, see `reduction`.
        ignore_index: a class index that counts for nothing.
        reduction: "none", "mean" (over what counts, by weight) or "sum".
        label_smoothing: the part of each target that is spread evenly over the classes.

    Returns:
        The loss, a scalar unless `reduction` is "none".

    Raises:
        IndexError: a target is no class.
        RuntimeError, ValueError: shapes or dtypes do not fit.

    Example:
        >>> import torchlike as torch
        >>> logits = torch.tensor([[0.0, 0.0], [0.0, 100.0]])
        >>> torch.nn.functional.cross_entropy(logits, torch.tensor([1, 1]))
        tensor(0.3466)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    kind = number(reduction)
    if (
        weight is None
        and label_smoothing == 0.0
        and ignore_index.__class__ is int
        and isinstance(input, Tensor)
        and isinstance(target, Tensor)
        and target.dtype.category < 2
        and input.shape != target.shape
    ):
        call = _HARD_CALLS[reduction]
        assert call is not None
        return call((input, target, None, ignore_index))
    return _cross_entropy_builtin(input, target, weight, kind, ignore_index, label_smoothing)


@composite(
    "nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> "
    "Tensor",
    namespaces=("_C._nn",),
    method=False,
)
def nll_loss_nd(self, target, weight, reduction, ignore_index):
    _refuse_weight(self, weight)
    return dispatch.call(by_number(_NLL, reduction), (self, target, weight, ignore_index))


_nll_builtin = builtin("_C._nn", "nll_loss_nd")


@functional()
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative of the target's element: of log-probabilities, the negative log likelihood.

    Args:
        input: log-probabilities, (N, C), (C) or (N, C, d1, ...).
        target: class indices, int64 or uint8, (N), () or (N, d1, ...).
        weight: (C), a factor for each class.
        size_average, reduce: deprecated, see `reduction`.
        ignore_index: a class index that counts for nothing.
        reduction: "none", "mean" (over what counts, by weight) or "sum".

    Returns:
        The loss, a scalar unless `reduction` is "none".

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.nll_loss(torch.tensor([[-0.5, -1.0]]), torch.tensor([1]))
        tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _nll_builtin(input, target, weight, number(reduction), ignore_index)


@composite(
    "multi_margin_loss(Tensor self, Tensor target, any p=1, any margin=1, Tensor? weight=None, int "
    "reduction=1)"
    " -> Tensor",
    namespaces=("_C._nn",),
    method=False,
)
def _multi_margin_loss(self, target, p, margin, weight, reduction):
    if weight is not None:
        refuse_gradient("multi_margin_loss", weight=weight)
    return dispatch.call(by_number(_MULTI_MARGIN, reduction), (self, target, int(p), float(margin), weight))


_multi_margin_builtin = builtin("_C._nn", "multi_margin_loss")


@functional()
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """How far the other classes come up to the target's: the mean of `max(0, margin - x[y] + x[i]) ** p`.

    Args:
        input: scores, (N, C) or (C).
        target: class indices, int64, (N) or ().
        p: 1 or 2.
        margin: how far ahead the target's score must be.
        weight: (C), a factor for each target class.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum" over the samples.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.multi_margin_loss(torch.tensor([[0.0, 1.0]]), torch.tensor([0]))
        tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    kind = number(reduction)
    if p != 1 and p != 2:
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    return _multi_margin_builtin(input, target, p, margin, weight, kind)


@composite(
    "multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    namespaces=("_C._nn",),
    method=False,
)
def _multilabel_margin_loss(self, target, reduction):
    return dispatch.call(by_number(_MULTILABEL_MARGIN, reduction), (self, target))


_multilabel_margin_builtin = builtin("_C._nn", "multilabel_margin_loss")


@functional()
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """How far classes that are no labels come up to those that are: the mean of `max(0, 1 - x[y] + x[i])`.

    Args:
        input: scores, (N, C) or (C).
        target: labels, int64, of the input's shape; a sample's labels end at its first -1.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum" over the samples.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _multilabel_margin_builtin(input, target, number(reduction))
