"""Losses that compare an input with a target element by element.

Each is three operators, for the three reductions, because the graph's nodes are named after the last step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.activations import logsigmoid
from torchlike.operators.arithmetic import signum
from torchlike.operators.declaration import Guard, operator
from torchlike.operators.distances import raised
from torchlike.operators.division import divide
from torchlike.operators.loss_checks import (
    check_cosine,
    check_difference,
    check_divergence,
    check_gaussian,
    check_hinge,
    check_huber,
    check_logits,
    check_mean,
    check_multilabel_soft,
    check_poisson,
    check_probabilities,
    check_ranking,
    check_soft_margin,
)
from torchlike.operators.norms import vector_norm
from torchlike.operators.reductions import add_up
from torchlike.operators.special import xlogy

__all__ = ["REDUCTIONS", "declare_loss", "reduced"]

REDUCTIONS = ("none", "mean", "sum")

_PLAIN = {"mean": "MeanBackward0", "sum": "SumBackward0"}


def reduced(each, reduction: str):
    """The elements' losses, their mean or their sum."""
    if reduction == "none":
        return each
    if not jnp.issubdtype(each.dtype, jnp.inexact):
        each = each.astype(jnp.int64)
    total = add_up(each, tuple(range(each.ndim)), False)
    return total if reduction == "sum" else divide(total, jnp.asarray(each.size, total.dtype))


def _wide(x):
    return x.astype(jnp.float32) if x.dtype in (jnp.float16, jnp.bfloat16) else x


def declare_loss(
    name: str,
    arguments: str,
    nodes: str | dict[str, Any],
    *,
    reduce: Callable | None = None,
    reductions: tuple[str, ...] = REDUCTIONS,
    mean_of_floats: bool = False,
    layout: str = "elementwise",
    **options: object,
) -> Callable[[Callable], Callable]:
    """Declare `_name_none`, `_name_mean` and `_name_sum` above the function that gives the elements' losses.

    Args:
        name: the loss's name.
        arguments: those of its schema.
        nodes: the names of the graph's nodes, one for all or by reduction.
        reduce: what reduces the function's result, instead of `reduced`.
        reductions: which of the three to declare, or others that `reduce` knows.
        mean_of_floats: whether the mean of integers is an error.
        layout: the `strides` of what is not reduced.
        options: those of `operator`.
    """

    def declare(loss: Callable) -> Callable:
        for reduction in reductions:

            def kernel(*args, _reduction: str = reduction):
                return (reduce or reduced)(loss(*args), _reduction)

            settings: dict = {"promote": "same", **options}
            if mean_of_floats:
                settings["check"] = check_mean(settings["check"], reduction)
            operator(
                f"_{name}_{reduction}({arguments}) -> Tensor",
                strides=layout if reduction == "none" else "contiguous",
                backward=nodes if isinstance(nodes, str) else nodes[reduction],
                namespaces=(),
                method=False,
                out=False,
                **settings,
            )(kernel)
        return loss

    return declare


@declare_loss(
    "mse_loss", "Tensor self, Tensor target", "MseLossBackward0", kernel="mse_cpu", accepts=FLOATING
)
def mse_loss(self, target):
    difference = self - target
    return difference * difference


def _weighted(losses, reduction: str):
    each, weight = losses
    if reduction != "mean":
        return reduced(each, reduction)
    return divide(reduced(each, "sum"), reduced(jnp.broadcast_to(weight, each.shape), "sum"))


_WEIGHTED = {"none": "MulBackward0", "mean": "DivBackward0", "sum": "SumBackward0"}


@declare_loss(
    "weighted_mse_loss",
    "Tensor self, Tensor target, Tensor weight",
    _WEIGHTED,
    reduce=_weighted,
    saves=("weight", "inside"),
)
def weighted_mse_loss(self, target, weight):
    return mse_loss(self, target) * weight, weight


@jax.custom_jvp
def _distance(x):
    return x if jnp.issubdtype(x.dtype, jnp.unsignedinteger) else lax.abs(x)


# No gradient where the two are equal.
@_distance.defjvp
def _distance_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    if not jnp.iscomplexobj(x):
        return _distance(x), t * signum(x)
    size = _distance(x)
    unit = jnp.where(size == 0, 0, x / jnp.where(size == 0, 1, size))
    return size, lax.real(unit) * lax.real(t) + lax.imag(unit) * lax.imag(t)


def _absolute(reduction: str, *avals: Aval) -> tuple:
    tree = ("AbsBackward0", ("SubBackward0", "self", "target"))
    return tree if reduction == "none" else (_PLAIN[reduction], tree)


@declare_loss(
    "l1_loss",
    "Tensor self, Tensor target",
    {name: partial(_absolute, name) for name in REDUCTIONS},
    check=check_difference,
    mean_of_floats=True,
    saves=("inside",),
)
def l1_loss(self, target):
    return _distance(self - target)


@declare_loss(
    "weighted_l1_loss",
    "Tensor self, Tensor target, Tensor weight",
    _WEIGHTED,
    reduce=_weighted,
    saves=("weight", "inside"),
)
def weighted_l1_loss(self, target, weight):
    return l1_loss(self, target) * weight, weight


@declare_loss(
    "smooth_l1_loss",
    "Tensor self, Tensor target, float beta",
    "SmoothL1LossBackward0",
    kernel="smooth_l1_cpu",
    accepts=FLOATING,
)
def smooth_l1_loss(self, target, beta):
    distance = lax.abs(self - target)
    return jnp.where(distance < beta, 0.5 * distance * distance / beta, distance - 0.5 * beta)


def huber_loss(self, target, delta):
    """A parabola up to `delta`, a line beyond it."""
    distance = lax.abs(self - target)
    return jnp.where(distance <= delta, 0.5 * distance * distance, delta * (distance - 0.5 * delta))


# PyTorch writes this one into a tensor like the input, so that the result has the input's type.
declare_loss(
    "huber_loss",
    "Tensor self, Tensor target, float delta",
    "HuberLossBackward0",
    promote=None,
    check=check_huber,
    reduce=lambda losses, reduction: reduced(losses[0], reduction).astype(losses[1]),
)(lambda self, target, delta: (huber_loss(_wide(self), _wide(target), delta), self.dtype))


@declare_loss(
    "weighted_huber_loss",
    "Tensor self, Tensor target, float delta, Tensor weight",
    {"none": "MulBackward0", **_PLAIN},
)
def weighted_huber_loss(self, target, delta, weight):
    return huber_loss(self, target, delta) * weight


@jax.custom_jvp
def _binary_cross_entropy(x, target):
    least = jnp.full_like(x, -100)
    return (target - 1) * lax.max(lax.log1p(-x), least) - target * lax.max(lax.log(x), least)


# PyTorch's own gradients: finite at 0 and 1 for the input, without the clamp for the target.
@_binary_cross_entropy.defjvp
def _binary_cross_entropy_jvp(primals, tangents):
    (x, target), (dx, dtarget) = primals, tangents
    slope = divide(x - target, lax.max((1 - x) * x, jnp.full_like(x, 1e-12)))
    return _binary_cross_entropy(x, target), dx * slope + dtarget * (lax.log1p(-x) - lax.log(x))


def _probability(operand: int, name: str, also: Guard | None = None) -> Guard:
    def rule(self: Aval, target: Aval, weight: Aval | None) -> tuple:
        def fails(x):
            return ~((x >= 0) & (x <= 1)).all()

        return fails, lambda x: RuntimeError(f"all elements of {name} should be between 0 and 1")

    return Guard(operand, rule, also)


@declare_loss(
    "binary_cross_entropy",
    "Tensor self, Tensor target, Tensor? weight",
    "BinaryCrossEntropyBackward0",
    kernel="binary_cross_entropy",
    accepts=FLOATING,
    check=check_probabilities,
    guard=_probability(0, "input", _probability(1, "target")),
)
def binary_cross_entropy(self, target, weight):
    each = _binary_cross_entropy(self, target)
    return each if weight is None else each * weight


# PyTorch computes this one in place, so that the result has the target's type.
@declare_loss(
    "binary_cross_entropy_with_logits",
    "Tensor self, Tensor target, Tensor? weight, Tensor? pos_weight",
    "BinaryCrossEntropyWithLogitsBackward0",
    promote=None,
    check=check_logits,
    reduce=lambda losses, reduction: reduced(losses[0], reduction).astype(losses[1]),
    saves=("self", "target", "weight", "pos_weight"),
    layout="second",
)
def binary_cross_entropy_with_logits(self, target, weight, pos_weight):
    out = target.dtype
    x, target = _wide(self), _wide(target)
    log_sigmoid = logsigmoid(x)
    if pos_weight is not None:
        log_sigmoid = log_sigmoid * ((_wide(pos_weight) - 1) * target + 1).astype(log_sigmoid.dtype)
    each = (1 - target) * x - log_sigmoid
    return each if weight is None else each * weight, out


_KL = {"batchmean": "DivBackward0", **_PLAIN}


def _divergence(losses, reduction: str):
    each, batch = losses
    if reduction != "batchmean":
        return reduced(each, reduction)
    total = reduced(each, "sum")
    return divide(total, jnp.asarray(batch, total.dtype))


@declare_loss(
    "kl_div",
    "Tensor self, Tensor target",
    {"none": "SubBackward0", **_KL},
    reduce=_divergence,
    reductions=(*REDUCTIONS, "batchmean"),
    check=check_divergence,
    layout="second",
)
def kl_div(self, target):
    return xlogy(target, target) - target * self, self.shape[0] if self.ndim else 1


@declare_loss(
    "kl_div_log_target",
    "Tensor self, Tensor target",
    {"none": "MulBackward0", **_KL},
    reduce=_divergence,
    reductions=(*REDUCTIONS, "batchmean"),
    check=check_divergence,
    layout="second",
    saves=("inside",),
)
def kl_div_log_target(self, target):
    return lax.exp(target) * (target - self), self.shape[0] if self.ndim else 1


def _at_least_zero(x):
    # The gradient passes at the bound, as through PyTorch's clamp_min; NaN stays.
    return jnp.where(x < 0, 0, x)


@declare_loss(
    "hinge_embedding_loss",
    "Tensor self, Tensor target, float margin",
    {"none": "AddBackward0", **_PLAIN},
    check=check_hinge,
    mean_of_floats=True,
    layout="second",
    saves=("inside",),
)
def hinge_embedding_loss(self, target, margin):
    far = jnp.where(target != 1, _at_least_zero(jnp.asarray(margin).astype(self.dtype) - self), 0)
    return far + jnp.where(target != -1, self, 0)


_CLAMPED = {"none": "ClampMinBackward0", **_PLAIN}


@declare_loss(
    "margin_ranking_loss",
    "Tensor self, Tensor other, Tensor target, float margin",
    _CLAMPED,
    promote="float",
    check=check_ranking,
    saves=("inside",),
)
def margin_ranking_loss(self, other, target, margin):
    return _at_least_zero(-target * (self - other) + jnp.asarray(margin).astype(self.dtype))


@declare_loss(
    "cosine_embedding_loss",
    "Tensor self, Tensor other, Tensor target, float margin",
    {"none": "AddBackward0", **_PLAIN},
    promote="float",
    check=check_cosine,
    saves=("self", "other", "inside"),
)
def cosine_embedding_loss(self, other, target, margin):
    product = (self * other).sum(target.ndim)
    first = (self * self).sum(target.ndim) + 1e-12
    second = (other * other).sum(target.ndim) + 1e-12
    cosine = divide(product, lax.sqrt(first * second))
    alike = jnp.where(target == 1, 1 - cosine, 0)
    return alike + jnp.where(target == -1, _at_least_zero(cosine - margin), 0)


@declare_loss(
    "triplet_margin_loss",
    "Tensor self, Tensor positive, Tensor negative, float margin, float p, float eps, bool swap",
    _CLAMPED,
    promote="float",
    check=check_difference,
    saves=("inside",),
)
def triplet_margin_loss(self, positive, negative, margin, p, eps, swap):
    def distance(a, b):
        return vector_norm(a - b + eps, p, (-1,), False)

    far = distance(self, negative)
    if swap:
        far = lax.min(*jnp.broadcast_arrays(far, distance(positive, negative)))
    return _at_least_zero(margin + distance(self, positive) - far)


@jax.custom_jvp
def _share(z):
    return divide(z, 1 + z)


# The quotient rule would take the difference of two large numbers.
@_share.defjvp
def _share_jvp(primals, tangents):
    (z,), (dz,) = primals, tangents
    return _share(z), divide(divide(dz, 1 + z), 1 + z)


@jax.custom_jvp
def _soft_margin(x, target):
    return lax.log(lax.exp(-target * x) + 1)


@_soft_margin.defjvp
def _soft_margin_jvp(primals, tangents):
    # As PyTorch writes it, with its NaN where the exponential overflows; the target has no gradient there.
    (x, target), (dx, _) = primals, tangents
    z = lax.exp(-target * x)
    return _soft_margin(x, target), dx * -target * _share(z)


@declare_loss(
    "soft_margin_loss", "Tensor self, Tensor target", "SoftMarginLossBackward0", check=check_soft_margin
)
def soft_margin_loss(self, target):
    return _soft_margin(*jnp.broadcast_arrays(self, target))


@declare_loss(
    "multilabel_soft_margin_loss",
    "Tensor self, Tensor target, Tensor? weight",
    {"none": "DivBackward0", **_PLAIN},
    check=check_multilabel_soft,
)
def multilabel_soft_margin_loss(self, target, weight):
    each = -(target * logsigmoid(self) + (1 - target) * logsigmoid(-self))
    each = each if weight is None else each * weight
    return divide(each.sum(-1), jnp.asarray(self.shape[-1], each.dtype))


def _poisson(self, target, log_input, eps, full: bool):
    each = lax.exp(self) - target * self if log_input else self - target * lax.log(self + eps)
    if full:
        stirling = target * lax.log(target) - target + 0.5 * lax.log(2 * math.pi * target)
        each = each + jnp.where(target <= 1, 0, stirling)
    return each


for _name, _full, _node in (
    ("poisson_nll_loss", False, "SubBackward0"),
    ("full_poisson_nll_loss", True, "AddBackward0"),
):
    declare_loss(
        _name,
        "Tensor self, Tensor target, bool log_input, float eps",
        {"none": _node, **_PLAIN},
        promote="float",
        check=check_poisson,
        saves={"self": ("target",), "target": ("self", "target") if _full else ("self",)},
    )(lambda self, target, log_input, eps, _full=_full: _poisson(self, target, log_input, eps, _full))


def _negative_variance(self: Aval, target: Aval, var: object, eps: float) -> tuple | None:
    if not isinstance(var, Aval):
        return None
    return lambda x: (x < 0).any(), lambda x: ValueError("var has negative entry/entries")


def _gaussian(self, target, var, eps, full: bool):
    if 0 < var.ndim == self.ndim - 1:
        var = var[..., None]
    var = raised(var, jnp.asarray(eps, var.dtype))
    difference = self - target
    each = 0.5 * (lax.log(var) + divide(difference * difference, jnp.broadcast_to(var, difference.shape)))
    return each + 0.5 * math.log(2 * math.pi) if full else each


for _name, _full, _node in (
    ("gaussian_nll_loss", False, "MulBackward0"),
    ("full_gaussian_nll_loss", True, "AddBackward0"),
):
    declare_loss(
        _name,
        "Tensor self, Tensor target, Tensor|Scalar var, float eps",
        {"none": _node, **_PLAIN},
        guard=Guard(2, _negative_variance),
        check=check_gaussian,
        saves=("inside",),
    )(lambda self, target, var, eps, _full=_full: _gaussian(self, target, var, eps, _full))
