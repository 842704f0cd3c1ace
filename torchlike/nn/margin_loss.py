"""Losses that ask for a margin: between a score and its label, between classes, between distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlike.nn import functional as F
from torchlike.nn.distance import PairwiseDistance
from torchlike.nn.loss import _Loss, _WeightedLoss
from torchlike.tensors.tensor import Tensor

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class HingeEmbeddingLoss(_Loss):
    """`x` where `y` is 1, `max(0, margin - x)` where it is -1.

    Args:
        margin: as in the formula.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """`sum of max(0, 1 - (x[y[j]] - x[i])) / C` over the labels j and the classes i that are no labels.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """`log(1 + exp(-y * x))`, `y` being 1 or -1.

    Args:
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """`-weight * (y * logsigmoid(x) + (1 - y) * logsigmoid(-x))`, averaged over the classes.

    Args:
        weight: (C,), a factor for each class.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """`1 - cos(x1, x2)` where `y` is 1, `max(0, cos(x1, x2) - margin)` where it is -1.

    Args:
        margin: as in the formula.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss of the two inputs against `target`."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """`max(0, -y * (x1 - x2) + margin)`, `y` being 1 where `x1` should rank higher, else -1.

    Args:
        margin: as in the formula.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss of the two inputs against `target`."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """`sum of max(0, margin - x[y] + x[i])**p / C` over the classes i other than y.

    Args:
        p: 1 or 2.
        margin: as in the formula.
        weight: (C,), a factor for each class.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p != 1 and p != 2:
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            raise ValueError(
                f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead"
            )
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` against `target`."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class TripletMarginLoss(_Loss):
    """`max(0, d(anchor, positive) - d(anchor, negative) + margin)`, `d` being the p-norm of the difference.

    Args:
        margin: as in the formula.
        p: of the norm.
        eps: keeps the gradient of the norm finite.
        swap: take `d(positive, negative)` where that is the smaller distance to the negative.
        size_average, reduce: deprecated; see `reduction`.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of the three."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` with any distance.

    Args:
        distance_function: of two tensors; the Euclidean distance if not given.
        margin: as in the formula.
        swap: take `d(positive, negative)` where that is the smaller distance to the negative.
        reduction: `none`, `mean` or `sum`.
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average=None, reduce=None, reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss of the three."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
