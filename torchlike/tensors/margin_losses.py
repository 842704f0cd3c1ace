"""Losses that ask for a margin between distances or similarities, as `torch.nn.functional` has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlike.errors import missing
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.loss_reduction import by_number, by_reduction, legacy, number
from torchlike.tensors.python_functions import builtin, functional, refuse_gradient
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_HINGE = by_reduction("hinge_embedding_loss")
_RANKING = by_reduction("margin_ranking_loss")
_COSINE = by_reduction("cosine_embedding_loss")
_TRIPLET = by_reduction("triplet_margin_loss")
_SOFT = by_reduction("soft_margin_loss")
_MULTILABEL_SOFT = by_reduction("multilabel_soft_margin_loss")


@composite(
    "hinge_embedding_loss(Tensor self, Tensor target, float margin=1.0, int reduction=0) -> Tensor",
    method=False,
)
def _hinge_embedding_loss(self, target, margin, reduction):
    return dispatch.call(by_number(_HINGE, reduction), (self, target, margin))


_hinge_builtin = builtin("torch", "hinge_embedding_loss")


@functional()
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The distance itself where the target is 1, `max(0, margin - distance)` where it is -1.

    Args:
        input: distances, any shape.
        target: 1 or -1 for each.
        margin: how far apart what is unlike must be.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _hinge_builtin(input, target, margin, number(reduction))


@composite(
    "margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, int reduction=0) -> "
    "Tensor",
    method=False,
)
def _margin_ranking_loss(input1, input2, target, margin, reduction):
    return dispatch.call(by_number(_RANKING, reduction), (input1, input2, target, margin))


_ranking_builtin = builtin("torch", "margin_ranking_loss")


@functional()
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, -target * (input1 - input2) + margin)`: the target says which input ought to be larger.

    Args:
        input1, input2: scores.
        target: 1 where the first is to be larger, -1 where the second is.
        margin: by how much.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    kind = number(reduction)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            f"margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _ranking_builtin(input1, input2, target, margin, kind)


@composite(
    "cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, int reduction=0)"
    " -> Tensor",
    method=False,
)
def _cosine_embedding_loss(input1, input2, target, margin, reduction):
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    wanted = target.ndim + 1
    if input1.ndim != wanted or input2.ndim != wanted:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {wanted}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    return dispatch.call(by_number(_COSINE, reduction), (input1, input2, target, margin))


_cosine_builtin = builtin("torch", "cosine_embedding_loss")


@functional()
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`1 - cos` where the target is 1, `max(0, cos - margin)` where it is -1.

    Args:
        input1, input2: vectors, (N, D) or (D).
        target: 1 or -1, (N) or ().
        margin: how alike what is unlike may be.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _cosine_builtin(input1, input2, target, margin, number(reduction))


@composite(
    "triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1.0, float p=2, "
    "float eps=1e-06, bool swap=False, int reduction=0) -> Tensor",
    method=False,
)
def _triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction):
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            "but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    op = by_number(_TRIPLET, reduction)
    return dispatch.call(op, (anchor, positive, negative, margin, float(p), eps, swap))


_triplet_builtin = builtin("torch", "triplet_margin_loss")


@functional()
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, |anchor - positive| - |anchor - negative| + margin)`, in the p-norm.

    Args:
        anchor, positive, negative: vectors, (N, D) or (D).
        margin: how much farther the negative must be.
        p: the norm.
        eps: added to the differences.
        swap: take the positive's distance to the negative if that is smaller.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    kind = number(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return _triplet_builtin(anchor, positive, negative, margin, p, eps, swap, kind)


@functional()
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of one's own.

    Args:
        anchor, positive, negative: (N, D) or (D).
        distance_function: the distance of two tensors, the Euclidean one by default.
        margin: how much farther the negative must be.
        swap: take the positive's distance to the negative if that is smaller.
        reduction: "none", "mean" or "sum".
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    torch = _Torch()
    distance: Any = torch.pairwise_distance if distance_function is None else distance_function
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            "but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    loss = torch.clamp_min(margin + near - far, 0)
    return loss.sum() if reduction == "sum" else loss.mean() if reduction == "mean" else loss


class _Torch:
    """The declared functions by name."""

    def __getattr__(self, name: str) -> Any:
        return builtin("torch", name)


@composite(
    "soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    namespaces=("_C._nn",),
    method=False,
)
def _soft_margin_loss(self, target, reduction):
    refuse_gradient("soft_margin_loss", target=target)
    return dispatch.call(by_number(_SOFT, reduction), (self, target))


_soft_builtin = builtin("_C._nn", "soft_margin_loss")


@functional()
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`log(1 + exp(-target * input))`, for targets of 1 and -1.

    Args:
        input: scores, any shape.
        target: 1 or -1 for each.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _soft_builtin(input, target, number(reduction))


@functional()
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`binary_cross_entropy_with_logits`, averaged over the classes.

    Args:
        input: logits, (N, C) or (..., C).
        target: 0 or 1 for each class.
        weight: a factor for each class.
        size_average, reduce: deprecated, see `reduction`.
        reduction: "none", "mean" or "sum" over the samples.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    if not isinstance(target, Tensor):
        target = input.new_tensor(target)
    return dispatch.call(_MULTILABEL_SOFT[reduction], (input, target, weight))


@functional()
def linear_cross_entropy(*args: Any, **kwargs: Any) -> Tensor:
    """Not there yet."""
    raise missing("torch.nn.functional.linear_cross_entropy", "cross_entropy(linear(input, weight), target)")
