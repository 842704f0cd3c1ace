"""Losses of predictions against targets: regression, classification, and distributions."""

from __future__ import annotations

import warnings
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn import reduction as _reduction
from torchlike.nn.module import Module
from torchlike.tensors.tensor import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "NLLLoss2d",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


class _Loss(Module):
    """A loss with a reduction.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none` for the loss of each element, `mean` or `sum` for one number.
    """

    reduction: str

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = _reduction.legacy_get_string(size_average, reduce)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    """A loss with a weight for each class or element, kept as a buffer."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    """`|x - y|`.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.

    Shape:
        (*) twice, to () or, with `none`, (*).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.l1_loss(input, target, reduction=self.reduction)


class NLLLoss(_WeightedLoss):
    """`-weight[y] * x[y]`, `x` holding log-probabilities; the mean is over the weights.

    Args:
        weight: (C,), a factor for each class.
        size_average, reduce: deprecated; see `reduction`.
        ignore_index: a target that counts for nothing.
        reduction: `none`, `mean` or `sum`.

    Shape:
        (N, C, *) or (C) and class indices of (N, *) or (), to () or, with `none`, the shape of the target.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.NLLLoss()(torch.tensor([[-0.5, -1.0]]), torch.tensor([1]))
        tensor(1.)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.nll_loss(
            input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class NLLLoss2d(NLLLoss):
    """Deprecated by PyTorch: `NLLLoss` takes images too."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        warnings.warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see "
            "https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class PoissonNLLLoss(_Loss):
    """`exp(x) - y * x` with `x` the logarithm of the rate, or `x - y * log(x + eps)` with `x` the rate.

    Args:
        log_input: whether the input is the logarithm.
        full: add Stirling's approximation of `log(y!)` where `y > 1`.
        size_average, reduce: deprecated; see `reduction`.
        eps: keeps the logarithm finite.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """The loss of `log_input` against `target`."""
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    """`(log(max(var, eps)) + (x - y)**2 / max(var, eps)) / 2`.

    Args:
        full: add the constant `log(2 pi) / 2`.
        eps: the smallest variance.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(None, None, reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """The loss of the means `input` with the variances `var` against `target`."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class KLDivLoss(_Loss):
    """`y * (log(y) - x)`, `x` holding log-probabilities.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean`, `sum`, or `batchmean`, the sum over the size of the batch.
        log_target: whether the target holds log-probabilities too.
    """

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class MSELoss(_Loss):
    """`(x - y)**2`.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.

    Shape:
        (*) twice, to () or, with `none`, (*).

    Example:
        >>> import torchlike as torch
        >>> torch.nn.MSELoss()(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.mse_loss(input, target, reduction=self.reduction)


class BCELoss(_WeightedLoss):
    """`-weight * (y * log(x) + (1 - y) * log(1 - x))`, `x` holding probabilities.

    Args:
        weight: a factor for each element of the batch.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """`BCELoss` of `sigmoid(x)`, computed without losing digits.

    Args:
        weight: a factor for each element of the batch.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
        pos_weight: a factor on the positive examples of each class.
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class SmoothL1Loss(_Loss):
    """`(x - y)**2 / (2 * beta)` where `|x - y| < beta`, else `|x - y| - beta / 2`.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
        beta: where the square turns into the line.
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """`(x - y)**2 / 2` where `|x - y| <= delta`, else `delta * (|x - y| - delta / 2)`.

    Args:
        reduction: `none`, `mean` or `sum`.
        delta: where the square turns into the line.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class CrossEntropyLoss(_WeightedLoss):
    """`-weight[y] * log_softmax(x)[y]`; the mean is over the weights.

    Args:
        weight: (C,), a factor for each class.
        size_average, reduce: deprecated; see `reduction`.
        ignore_index: a target that counts for nothing.
        reduction: `none`, `mean` or `sum`.
        label_smoothing: the share of the target that is spread over all classes.

    Shape:
        (N, C, *) or (C), and class indices of (N, *) or (), or class probabilities of the input's shape.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.CrossEntropyLoss()(torch.zeros(3, 5), torch.tensor([1, 0, 4]))
        tensor(1.6094)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of the logits `input` against `target`."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class CTCLoss(_Loss):
    """Minus the log-probability of a label sequence, summed over its alignments with a longer input.

    Graves et al. (2006), Connectionist temporal classification.

    Args:
        blank: the class that means no label.
        reduction: `none`, `mean` (over the target lengths, then the batch) or `sum`.
        zero_infinity: set infinite losses and their gradients to zero.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        """The loss of `log_probs` (T, N, C) against `targets` (N, S) or all of them in a row."""
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
