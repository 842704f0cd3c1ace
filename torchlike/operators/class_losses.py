"""Losses whose target is a class: cross entropy, negative log likelihood, margins between classes."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING
from torchlike.operators.declaration import Guard, operator
from torchlike.operators.division import divide
from torchlike.operators.losses import declare_loss, reduced
from torchlike.operators.ranges import Outside
from torchlike.operators.softmax import log_softmax

__all__: list[str] = []


def _axis(x) -> int:
    return 0 if x.ndim == 1 else 1


def _wide(x):
    return x.astype(jnp.float32) if x.dtype in (jnp.float16, jnp.bfloat16) else x


def _at(x, target, axis: int):
    """The element of each sample's class."""
    return jnp.squeeze(jnp.take_along_axis(x, jnp.expand_dims(target, axis), axis, mode="clip"), axis)


@partial(jax.custom_jvp, nondiff_argnums=(2,))
def _log_likelihood(x, target, axis: int):
    """`log_softmax(x)` at the target, without computing it elsewhere."""
    largest = jnp.max(x, axis=axis, keepdims=True)
    log_sum = lax.log(jnp.sum(lax.exp(x - largest), axis=axis, keepdims=True))
    chosen = jnp.take_along_axis(x, jnp.expand_dims(target, axis), axis, mode="clip")
    return jnp.squeeze((chosen - largest) - log_sum, axis)


# The softmax once, and no derivative through the maximum.
@_log_likelihood.defjvp
def _log_likelihood_jvp(axis, primals, tangents):
    (x, target), (dx, _) = primals, tangents
    softmax = lax.exp(log_softmax(x, axis, None))
    tangent = _at(dx, target, axis) - jnp.sum(softmax * dx, axis=axis)
    return _log_likelihood(x, target, axis), tangent


class _Classes:
    """A batch's classes: where they count, and with what weight."""

    def __init__(self, x, target, weight, ignore_index: int) -> None:
        self.axis = _axis(x)
        target = target.astype(jnp.int64)
        if x.ndim == 1 and target.ndim == 1:
            target = target.reshape(())
        self.counts = target != ignore_index
        self.target = jnp.where(self.counts, target, 0)
        if weight is None:
            self.weight = self.counts.astype(_wide(x).dtype)
        else:
            chosen = jnp.take(_wide(weight), self.target, mode="clip")
            self.weight = jnp.where(self.counts, chosen, 0)
        self.weighted = weight is not None

    def losses(self, log_likelihood):
        each = -log_likelihood
        return jnp.where(self.counts, each * self.weight if self.weighted else each, 0)

    def reduce(self, each, reduction: str):
        if reduction != "mean":
            return reduced(each, reduction)
        return divide(reduced(each, "sum"), reduced(self.weight, "sum"))


def _cross_entropy(self, target, weight, ignore_index, reduction):
    classes = _Classes(self, target, weight, ignore_index)
    if self.shape[classes.axis]:
        likelihood = _log_likelihood(_wide(self), classes.target, classes.axis)
    else:
        likelihood = jnp.zeros(classes.target.shape, _wide(self).dtype)
    # PyTorch rounds here to a half type, if it is one.
    each = classes.losses(_wide(likelihood.astype(self.dtype)))
    return classes.reduce(each, reduction).astype(self.dtype)


def _nll_loss(self, target, weight, ignore_index, reduction):
    classes = _Classes(self, target, weight, ignore_index)
    each = classes.losses(_wide(_at(self, classes.target, classes.axis)))
    return classes.reduce(each, reduction).astype(self.dtype)


def _smoothed(self, target, weight, ignore_index, label_smoothing, reduction):
    classes = _Classes(self, target, weight, ignore_index)
    likelihood = _wide(log_softmax(self, classes.axis, None))
    hard = classes.reduce(classes.losses(_at(likelihood, classes.target, classes.axis)), reduction)
    shape = [1] * self.ndim
    shape[classes.axis] = -1
    spread = likelihood if weight is None else likelihood * _wide(weight).reshape(shape)
    smooth = jnp.where(classes.counts, -spread.sum(classes.axis), 0)
    smooth = classes.reduce(smooth, reduction)
    share = label_smoothing / self.shape[classes.axis]
    return ((1 - label_smoothing) * hard + smooth * share).astype(self.dtype)


def _check_target(self: Aval, target: Aval, weight: Aval | None, kernels: tuple[str, str]) -> None:
    """Raise what PyTorch's `nll_loss_nd` raises."""
    if not self.ndim:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if self.ndim != 1 and self.shape[0] != (target.shape[0] if target.ndim else 0):
        raise ValueError(
            f"Expected input batch_size ({self.shape[0]}) to match target batch_size "
            f"({target.shape[0] if target.ndim else 0})."
        )
    flat = self.ndim <= 2
    if flat:
        _check_flat_target(self, target)
    elif self.ndim != 4 and target.shape[1:] != self.shape[2:]:
        raise RuntimeError(
            f"Expected target size {[self.shape[0], *self.shape[2:]]}, got {list(target.shape)}"
        )
    elif self.ndim == 4 and target.ndim != 3:
        raise RuntimeError(
            "only batches of spatial targets supported (3D tensors) but got targets of dimension: "
            f"{target.ndim}"
        )
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype.legacy_name}")
    if not flat and target.shape[1:] != self.shape[2:]:
        raise RuntimeError(f"size mismatch (got input: {list(self.shape)} , target: {list(target.shape)}")
    if weight is not None:
        count = self.shape[_axis(self)]
        if tuple(weight.shape) != (count,):
            which = (
                f"{count} classes or no classes but got weight tensor of shape: {list(weight.shape)}"
                if flat
                else "or no classes"
            )
            raise RuntimeError(f"weight tensor should be defined either for all {which}")
    if self.dtype not in FLOATING:
        raise NotImplementedError(f"\"{kernels[not flat]}\" not implemented for '{self.dtype.legacy_name}'")
    if weight is not None and weight.dtype is not self.dtype:
        raise RuntimeError(
            f"expected scalar type {self.dtype.legacy_name} but found {weight.dtype.legacy_name}"
        )


def _check_flat_target(self: Aval, target: Aval) -> None:
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if self.ndim == 1 and target.ndim == 1 and target.shape[0] != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}")


def _check_nll(self: Aval, target: Aval, weight: Aval | None, *rest: object) -> None:
    _check_target(self, target, weight, ("nll_loss_out_frame", "nll_loss2d_forward_out_frame"))


def check_softmax(self: Aval) -> None:
    """Raise what PyTorch's `log_softmax` over the classes raises."""
    if not self.ndim:
        raise IndexError("Dimension specified as 1 but tensor has no dimensions")
    if self.dtype not in FLOATING:
        lastdim = "lastdim_" if self.ndim <= 2 else ""
        raise NotImplementedError(
            f"\"log_softmax_{lastdim}kernel_impl\" not implemented for '{self.dtype.legacy_name}'"
        )


def _check_cross_entropy(self: Aval, target: Aval, weight: Aval | None, *rest: object) -> None:
    check_softmax(self)
    _check_nll(self, target, weight)


def _check_smoothed(
    self: Aval, target: Aval, weight: Aval | None, ignore_index: int, smoothing: float
) -> None:
    _check_cross_entropy(self, target, weight)


def _outside(self: Aval, target: Aval, weight: Aval | None, ignore_index: int, *rest: object) -> tuple:
    # What a Byte cannot hold is no target.
    ignored = None if target.dtype is dtypes.uint8 and not 0 <= ignore_index < 256 else ignore_index
    count = self.shape[_axis(self)]

    def error(t: np.ndarray) -> Exception:
        wrong = t[((t < 0) | (t >= count)) & (True if ignored is None else t != ignored)]
        return IndexError(f"Target {wrong.ravel()[0]} is out of bounds.")

    return Outside(0, count, ignored), error


def _tree(leaf: tuple | str, each: bool, self: Aval) -> tuple:
    """What PyTorch shows of the graph over `leaf`; more than two dimensions become four there."""
    if self.ndim <= 2:
        return ("NllLossBackward0", leaf)
    if self.ndim == 4:
        return ("NllLoss2DBackward0", leaf)
    inner = ("NllLoss2DBackward0", ("ViewBackward0", leaf))
    return ("ViewBackward0", inner) if each else inner


_ARGUMENTS = "Tensor self, Tensor target, Tensor? weight, int ignore_index"
_GUARD = Guard(1, _outside)


def _declare(
    name: str,
    kernel,
    check,
    leaf: tuple | str,
    arguments: str = _ARGUMENTS,
    node: str | None = None,
    **options: Any,
) -> None:
    for reduction in ("none", "mean", "sum"):
        tree = partial(_tree, leaf, reduction == "none")
        operator(
            f"_{name}_{reduction}({arguments}) -> Tensor",
            check=check,
            guard=_GUARD,
            aside=("target",),
            backward=node or (lambda self, *rest, _tree=tree: _tree(self)),
            namespaces=(),
            method=False,
            out=False,
            **options,
        )(partial(kernel, reduction=reduction))


# PyTorch goes through `log_softmax`, which saves its result.
_LOGARITHMS = ("LogSoftmaxBackward0", "self")
_declare("cross_entropy", _cross_entropy, _check_cross_entropy, _LOGARITHMS, saves=("target", "weight"))
_declare("nll_loss", _nll_loss, _check_nll, "self", saves=("self", "target", "weight"))
_declare(
    "smoothed_cross_entropy",
    _smoothed,
    _check_smoothed,
    _LOGARITHMS,
    _ARGUMENTS + ", float label_smoothing",
    "AddBackward0",
    saves=("target", "weight"),
)


def _check_probabilities(self: Aval, target: Aval, weight: Aval | None, label_smoothing: float) -> None:
    count = self.shape[_axis(self)] if self.ndim else 1
    if weight is not None and tuple(weight.shape) != (count,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {count} classes or no classes "
            "but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    check_softmax(self)


def _soft_cross_entropy(self, target, weight, label_smoothing, reduction):
    axis = _axis(self)
    count = self.shape[axis]
    likelihood = log_softmax(self, axis, None)
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / count
    product = likelihood * target
    if weight is not None:
        shape = [1] * self.ndim
        shape[axis] = count
        product = product * weight.reshape(shape)
    if reduction == "none":
        return -product.sum(axis)
    total = -reduced(product, "sum")
    return (
        total if reduction == "sum" else divide(total, jnp.asarray(self.size // max(count, 1), total.dtype))
    )


# An empty batch's mean is filled in with NaN by PyTorch, which leaves another node.
def _soft_mean_node(self: Aval, *rest: object) -> str:
    return "DivBackward1" if self.shape.numel() else "NegBackward0"


for _reduction, _name in (("none", "NegBackward0"), ("mean", _soft_mean_node), ("sum", "NegBackward0")):
    operator(
        f"_soft_cross_entropy_{_reduction}(Tensor self, Tensor target, Tensor? weight, float label_smoothing)"
        " -> Tensor",
        check=_check_probabilities,
        backward=_name,
        namespaces=(),
        method=False,
        out=False,
        saves=("target", "weight"),
    )(partial(_soft_cross_entropy, reduction=_reduction))


def _check_multi_margin(self: Aval, target: Aval, p: int, margin: float, weight: Aval | None) -> None:
    shape = list(self.shape)
    if not (self.ndim == 2 and shape[1]) and not (self.ndim == 1 and shape[0]) and self.ndim != 0:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {shape}"
        )
    batch = shape[0] if self.ndim == 2 else 1
    if target.ndim > 1 or target.shape.numel() != batch:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples "
            "(batch "
            f"size). Expected target size [{batch}], but got {list(target.shape)}. Input has shape {shape}."
        )
    count = shape[-1] if shape else 1
    if weight is not None and (weight.ndim > 1 or weight.shape.numel() != count):
        raise RuntimeError(f"inconsistent weight size, expected {count} but got {list(weight.shape)}")
    if self.dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(
            f"\"multi_margin_loss_cpu_kernel\" not implemented for '{self.dtype.legacy_name}'"
        )
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.legacy_name}")


def _outside_margin(self: Aval, target: Aval, *rest: object) -> tuple:
    return Outside(0, self.shape[-1] if self.ndim else 1), lambda t: RuntimeError("target out of range")


@declare_loss(
    "multi_margin_loss",
    "Tensor self, Tensor target, int p, float margin, Tensor? weight",
    "MultiMarginLossBackward0",
    promote=None,
    check=_check_multi_margin,
    guard=Guard(1, _outside_margin),
    aside=("target",),
    # Of nothing PyTorch's mean is 0 here.
    reduce=lambda each, reduction: reduced(
        each, reduction if each.size else "sum" if reduction == "mean" else reduction
    ),
)
def multi_margin_loss(self, target, p, margin, weight):
    x = self.reshape(-1, self.shape[-1] if self.ndim else 1)
    t = target.reshape(-1)
    chosen = _at(x, t, 1)[:, None]
    behind = margin - chosen + x
    # Only what is behind by less than the margin counts, and has a gradient.
    terms = jnp.where(behind > 0, behind if p == 1 else behind * behind, 0)
    if weight is not None:
        terms = terms * jnp.take(weight, t, mode="clip")[:, None]
    classes = lax.broadcasted_iota(t.dtype, terms.shape, 1)
    each = jnp.where(classes == t[:, None], 0, terms).sum(1) / x.shape[1]
    return each if self.ndim == 2 else each.reshape(())


def _check_multilabel_margin(self: Aval, target: Aval) -> None:
    shape = list(self.shape)
    if not (self.ndim == 2 and shape[1]) and not (self.ndim == 1 and shape[0]) and self.ndim != 0:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {shape}"
        )
    if tuple(target.shape) != tuple(self.shape):
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {shape}")
    if self.dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(
            f"\"multilabel_margin_loss_forward_out_frame\" not implemented for '{self.dtype.legacy_name}'"
        )
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.legacy_name}")


def _outside_multilabel(self: Aval, target: Aval) -> tuple:
    count = self.shape[-1] if self.ndim else 1
    return Outside(-1, count), lambda t: RuntimeError("argument #2 'target' is out of range")


@declare_loss(
    "multilabel_margin_loss",
    "Tensor self, Tensor target",
    "MultilabelMarginLossBackward0",
    promote=None,
    check=_check_multilabel_margin,
    guard=Guard(1, _outside_multilabel),
    aside=("target",),
)
def multilabel_margin_loss(self, target):
    x = self.reshape(-1, self.shape[-1] if self.ndim else 1)
    t = target.reshape(x.shape)
    # A sample's labels end at the first -1.
    is_label = jnp.cumsum((t < 0).astype(jnp.int32), axis=1) == 0
    classes = jnp.arange(x.shape[1])
    targeted = ((t[:, :, None] == classes) & is_label[:, :, None]).any(1)
    chosen = jnp.take_along_axis(x, jnp.maximum(t, 0), 1, mode="clip")
    behind = 1 - chosen[:, :, None] + x[:, None, :]
    counted = is_label[:, :, None] & ~targeted[:, None, :] & (behind > 0)
    each = jnp.where(counted, behind, 0).sum((1, 2)) / x.shape[1]
    return each if self.ndim == 2 else each.reshape(())
