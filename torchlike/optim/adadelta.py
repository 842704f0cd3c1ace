"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.operators.scaled_steps import adadelta
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_lr, check_not_negative

__all__ = ["Adadelta"]


class Adadelta(Stepwise):
    """A step in units of earlier steps: what it moves by has the parameter's own size.

    `v = rho * v + (1 - rho) * g**2`, `d = sqrt(u + eps) / sqrt(v + eps) * g`, `p = p - lr * d`,
    `u = rho * u + (1 - rho) * d**2`.

    Zeiler (2012), https://arxiv.org/abs/1212.5701.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        rho, eps: as in the formula.
        weight_decay: added to the gradient as `weight_decay * p`.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        capturable, differentiable: only False so far.
        maximize: go up the gradient.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.Adadelta([x], lr=100.0)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.6838, -1.6838], requires_grad=True)
    """

    _operator = Update("adadelta", adadelta)
    _on_xla = (False, False)

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(eps=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, None, foreach, differentiable)

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [number(group[name]) for name in ("lr", "rho", "eps", "weight_decay")]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "maximize": group["maximize"],
        }
