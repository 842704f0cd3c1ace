"""Losses between an input and a target of numbers or probabilities, as `torch.nn.functional` has them."""

from __future__ import annotations

import warnings

from torchlike.operators import declaration
from torchlike.operators.declaration import broadcast_shape
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.loss_reduction import by_number, by_reduction, checked, legacy, number
from torchlike.tensors.python_functions import builtin, functional, refuse_gradient
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_MSE = by_reduction("mse_loss")
_WEIGHTED_MSE = by_reduction("weighted_mse_loss")
_L1 = by_reduction("l1_loss")
_WEIGHTED_L1 = by_reduction("weighted_l1_loss")
_SMOOTH_L1 = by_reduction("smooth_l1_loss")
_HUBER = by_reduction("huber_loss")
_WEIGHTED_HUBER = by_reduction("weighted_huber_loss")
_BCE = by_reduction("binary_cross_entropy")
_LOGITS = by_reduction("binary_cross_entropy_with_logits")
_KL = {**by_reduction("kl_div"), "batchmean": declaration.get("_kl_div_batchmean")}
_KL_LOG = {
    **by_reduction("kl_div_log_target"),
    "batchmean": declaration.get("_kl_div_log_target_batchmean"),
}
_POISSON = by_reduction("poisson_nll_loss")
_FULL_POISSON = by_reduction("full_poisson_nll_loss")
_GAUSSIAN = by_reduction("gaussian_nll_loss")
_FULL_GAUSSIAN = by_reduction("full_gaussian_nll_loss")


def _warn_of_sizes(input: Tensor, target: Tensor) -> None:
    """Warn, as PyTorch does, of a target that will be broadcast; shapes that do not broadcast raise."""
    size = target.size()
    if size == input.size():
        return
    warnings.warn(
        f"Using a target size ({size}) that is different to the input size ({input.size()}). This will "
        "likely lead "
        "to incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )
    broadcast_shape(tuple(input.shape), tuple(size))


def _check_weight(input: Tensor, weight: Tensor, reduction: str) -> str:
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    return checked(reduction)


@functional()
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared error `(input - target) ** 2`.

    Args:
        input: any shape.
        target: the same shape; another is broadcast, with a warning.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" (the weighted mean, if there is a weight) or "sum".
        weight: of the input's shape, a factor for each element.

    Returns:
        The loss, a scalar unless `reduction` is "none".

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        tensor(2.)
    """
    _warn_of_sizes(input, target)
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if weight is not None:
        op = _WEIGHTED_MSE[_check_weight(input, weight, reduction)]
        return dispatch.call(op, (input, target, weight))
    number(reduction)
    return dispatch.call(_MSE[reduction], (input, target))


@functional()
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute error `abs(input - target)`; the arguments are those of `mse_loss`.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        tensor(1.)
    """
    _warn_of_sizes(input, target)
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if weight is not None:
        op = _WEIGHTED_L1[_check_weight(input, weight, reduction)]
        return dispatch.call(op, (input, target, weight))
    number(reduction)
    return dispatch.call(_L1[reduction], (input, target))


@functional()
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Squared error `d**2 / (2 * beta)` up to a distance `d` of `beta`, `d - beta / 2` beyond it.

    Args:
        input: any shape.
        target: the same shape; another is broadcast, with a warning.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
        beta: where the parabola ends.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.smooth_l1_loss(torch.tensor([0.5, 3.0]), torch.zeros(2), reduction="none")
        tensor([0.1250, 2.5000])
    """
    _warn_of_sizes(input, target)
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    number(reduction)
    if beta == 0.0:
        return dispatch.call(_L1[reduction], (input, target))
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return dispatch.call(_SMOOTH_L1[reduction], (input, target, float(beta)))


@functional()
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Half the squared error up to a distance `d` of `delta`, `delta * (d - delta / 2)` beyond it.

    Args:
        input: any shape.
        target: the same shape; another is broadcast, with a warning.
        reduction: "none", "mean" or "sum".
        delta: where the parabola ends.
        weight: of the input's shape, a factor for each element.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.huber_loss(torch.tensor([0.5, 3.0]), torch.zeros(2), reduction="none")
        tensor([0.1250, 2.5000])
    """
    _warn_of_sizes(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        op = _WEIGHTED_HUBER[_check_weight(input, weight, reduction)]
        return dispatch.call(op, (input, target, float(delta), weight))
    number(reduction)
    return dispatch.call(_HUBER[reduction], (input, target, float(delta)))


@functional()
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The cross entropy of probabilities: `-(t * log(x) + (1 - t) * log(1 - x))`, no logarithm below -100.

    Args:
        input: probabilities, any shape.
        target: probabilities, the same shape.
        weight: broadcasts to the input's shape, a factor for each element.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".

    Raises:
        RuntimeError: an element of `input` is not between 0 and 1.
        ValueError: the shapes differ.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([1.0]))
        tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    number(reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        _check_expands(weight, target)
        refuse_gradient("binary_cross_entropy", weight=weight)
    return dispatch.call(_BCE[reduction], (input, target, weight))


def _check_expands(weight: Tensor, target: Tensor) -> None:
    """Raise the error of the shape inference that PyTorch uses here, which is written in Python."""
    shape, wanted = tuple(weight.size()), tuple(target.shape)
    for i in range(-1, -len(shape) - 1, -1):
        if shape[i] != 1 and (-i > len(wanted) or (wanted[i] != shape[i] and wanted[i] != 1)):
            raise RuntimeError(
                f"Attempting to broadcast a dimension of length {shape[i]} at {i}! Mismatching argument at "
                "index 1 "
                f"had {weight.size()}; but expected shape should be broadcastable to {list(wanted)}"
            )


@composite(
    "binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? "
    "pos_weight=None, "
    "int reduction=0) -> Tensor",
    method=False,
)
def _with_logits(self, target, weight, pos_weight, reduction):
    given = {"weight": weight, "pos_weight": pos_weight}
    refuse_gradient("binary_cross_entropy_with_logits", **{k: t for k, t in given.items() if t is not None})
    return dispatch.call(by_number(_LOGITS, reduction), (self, target, weight, pos_weight))


_logits_builtin = builtin("torch", "binary_cross_entropy_with_logits")


@functional()
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of `sigmoid(input)`, without ever computing it.

    Args:
        input: logits, any shape.
        target: probabilities, the same shape.
        weight: broadcasts to the target's shape, a factor for each element.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
        pos_weight: broadcasts to the target's shape, a factor for what is positive.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.zeros(1), torch.ones(1))
        tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    number(reduction)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if weight is None and pos_weight is None:
        return dispatch.call(_LOGITS[reduction], (input, target, None, None))
    return _logits_builtin(input, target, weight, pos_weight, number(reduction))


@composite(
    "kl_div(Tensor self, Tensor target, int reduction=0, *, bool log_target=False) -> Tensor", method=False
)
def _kl_div(self, target, reduction, log_target):
    return dispatch.call(by_number(_KL_LOG if log_target else _KL, reduction), (self, target))


_kl_builtin = builtin("torch", "kl_div")


@functional()
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The divergence of the target from the input: `target * (log(target) - input)`.

    Args:
        input: log-probabilities, any shape.
        target: probabilities, or log-probabilities with `log_target`.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "sum", "batchmean" (the sum divided by the first dimension, which is the
            mathematical definition) or "mean".
        log_target: whether the target is given as logarithms.

    Example:
        >>> import torchlike as torch
        >>> x, y = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[1.0, 0.0]])
        >>> torch.nn.functional.kl_div(x, y, reduction="batchmean")
        tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        loss = _kl_builtin(input, target, number(legacy(size_average, reduce)), log_target=log_target)
        return loss / input.size()[0] if reduction == "batchmean" and input.dim() != 0 else loss
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to "
            "behave the "
            "same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    if reduction == "batchmean":
        if input.dim() != 0:
            return dispatch.call((_KL_LOG if log_target else _KL)["batchmean"], (input, target))
        reduction = "sum"
    return _kl_builtin(input, target, number(reduction), log_target=log_target)


@composite(
    "poisson_nll_loss(Tensor self, Tensor target, bool log_input, bool full, float eps, int reduction) -> "
    "Tensor",
    method=False,
)
def _poisson_nll_loss(self, target, log_input, full, eps, reduction):
    op = by_number(_FULL_POISSON if full else _POISSON, reduction)
    return dispatch.call(op, (self, target, log_input, eps))


_poisson_builtin = builtin("torch", "poisson_nll_loss")


@functional()
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log likelihood of Poisson's distribution, up to a constant: `rate - target * log(rate)`.

    Args:
        input: rates, or their logarithms with `log_input`.
        target: counts.
        log_input: whether the input is given as logarithms.
        full: add Stirling's approximation of the constant for targets above 1.
        size_average, reduce: deprecated, see `reduction`.
        eps: added to a rate before its logarithm is taken.
        reduction: "none", "mean" or "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not a valid value for reduction")
    return _poisson_builtin(input, target, log_input, full, eps, number(reduction))


@functional()
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """The negative log likelihood of normal distributions: `(log(var) + (input - target)**2 / var) / 2`.

    Args:
        input: expectations.
        target: samples.
        var: variances: of the input's shape, or with a last dimension of 1 or none; or one number.
        full: add the constant `log(2 * pi) / 2`.
        eps: variances below it are raised to it.
        reduction: "none", "mean" or "sum".

    Raises:
        ValueError: a variance is negative, or `var` has another shape.
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
    elif not isinstance(var, Tensor):
        builtin("torch", "any")(var < 0)
    elif var.size() != input.size():
        size = input.size()
        if not (size[:-1] == var.size() or (size[:-1] == var.size()[:-1] and var.size(-1) == 1)):
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    op = (_FULL_GAUSSIAN if full else _GAUSSIAN)[reduction]
    return dispatch.call(op, (input, target, var, float(eps)))
