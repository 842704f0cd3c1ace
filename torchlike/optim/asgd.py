"""ASGD."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.operators.optimizers import asgd
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_lr, check_not_negative

__all__ = ["ASGD"]


class ASGD(Stepwise):
    """Gradient descent that keeps the average of where it has been, as `ax` in the state.

    `p = (1 - lambd * eta) * p - eta * g`, `ax = ax + mu * (p - ax)`, then
    `eta = lr / (1 + lambd * lr * t) ** alpha` and `mu = 1 / max(1, t - t0)` for the next step.

    Polyak and Juditsky (1992), https://doi.org/10.1137/0330046.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        lambd, alpha: as in the formula.
        t0: the step after which the average is taken; `ax` is `p` before.
        weight_decay: added to the gradient as `weight_decay * p`.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        maximize: go up the gradient.
        differentiable, capturable: only False so far.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.ASGD.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.ASGD([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.8000, -1.6000], requires_grad=True)
    """

    _operator = Update("asgd", asgd)
    _shared = {"step": 0.0, "eta": 0.0, "mu": 1.0}
    _captured = ("params, mus, etas, and state_steps", "params, mus, etas, and state_steps")

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, None, foreach, differentiable)

    def _first_shared(self, group: ParamGroup) -> dict[str, float]:
        return {**self._shared, "eta": float(group["lr"])}

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("ax",)

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [number(group[name]) for name in ("lr", "lambd", "alpha", "t0", "weight_decay")]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "maximize": group["maximize"],
        }
