"""RAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.operators.optimizers import radam
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_betas, check_lr, check_not_negative

__all__ = ["RAdam"]


class RAdam(Stepwise):
    """Adam that begins with plain momentum, until the mean square is worth dividing by.

    With `m'` and `v'` as in `Adam`, `n = 2 / (1 - b2) - 1` and `l = n - 2 * t * b2**t / (1 - b2**t)`:
    `p = p - lr * m'` while `l <= 5`, then `p = p - lr * m' * r / (sqrt(v') + eps)` with
    `r = sqrt((l - 4) * (l - 2) * n / ((n - 4) * (n - 2) * l))`.

    Liu et al. (2020), https://arxiv.org/abs/1908.03265.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        betas: `b1` and `b2`.
        eps: as in the formula.
        weight_decay: added to the gradient as `weight_decay * p`.
        decoupled_weight_decay: shrink the parameter by `lr * weight_decay` instead.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        maximize: go up the gradient.
        capturable, differentiable: only False so far.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.RAdam([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.8000, -1.6000], requires_grad=True)
    """

    _operator = Update("radam", radam)
    _added = {**Stepwise._added, "decoupled_weight_decay": False}

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
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
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, None, foreach, differentiable)

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [*map(number, (group["lr"], *group["betas"], group["eps"], group["weight_decay"]))]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "decoupled": group["decoupled_weight_decay"],
            "maximize": group["maximize"],
        }
