"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.operators.optimizers import adamax
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_betas, check_lr, check_not_negative

__all__ = ["Adamax"]


class Adamax(Stepwise):
    """Adam by the largest gradient instead of the mean square.

    `m = b1 m + (1 - b1) g`, `u = max(b2 u, |g| + eps)`, `p = p - lr / (1 - b1**t) * m / u`.

    Kingma and Ba (2015), https://arxiv.org/abs/1412.6980.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        betas: `b1` and `b2`.
        eps: as in the formula.
        weight_decay: added to the gradient as `weight_decay * p`.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        maximize: go up the gradient.
        capturable, differentiable: only False so far.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.Adamax([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    _operator = Update("adamax", adamax)

    def __init__(
        self,
        params: Iterable,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, None, foreach, differentiable)

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [*map(number, (group["lr"], *group["betas"], group["eps"], group["weight_decay"]))]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "maximize": group["maximize"],
        }
