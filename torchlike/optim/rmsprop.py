"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.operators.scaled_steps import rmsprop
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_lr, check_not_negative

__all__ = ["RMSprop"]


class RMSprop(Stepwise):
    """A step in units of the gradient's root mean square.

    `v = alpha * v + (1 - alpha) * g**2`, `p = p - lr * g / (sqrt(v) + eps)`. With momentum
    `b = momentum * b + g / (sqrt(v) + eps)`, `p = p - lr * b`. Centered, `v` is less the square of
    `m = alpha * m + (1 - alpha) * g` there.

    Hinton (2012), https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf; centered, Graves
    (2013), https://arxiv.org/abs/1308.0850.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        alpha, eps, momentum: as in the formula.
        weight_decay: added to the gradient as `weight_decay * p`.
        centered: divide by an estimate of the gradient's deviation.
        capturable, differentiable: only False so far.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        maximize: go up the gradient.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.RMSprop([x], lr=0.01)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    _operator = Update("rmsprop", rmsprop)
    _added = {**Stepwise._added, "momentum": 0, "centered": False}
    _on_xla = (True, True)

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, None, foreach, differentiable)

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return tuple(names)

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [number(group[name]) for name in ("lr", "alpha", "eps", "weight_decay", "momentum")]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "has_momentum": bool(group["momentum"] > 0),
            "centered": group["centered"],
            "maximize": group["maximize"],
        }
