"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.nn.declared import torch
from torchlike.operators.scaled_steps import adagrad
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup, check_fused
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_lr, check_not_negative

__all__ = ["Adagrad"]


class Adagrad(Stepwise):
    """A step in units of the root of all squared gradients so far.

    `s = s + g**2`, `p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)`.

    Duchi, Hazan and Singer (2011), https://jmlr.org/papers/v12/duchi11a.html.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        lr_decay, eps: as in the formula.
        weight_decay: added to the gradient as `weight_decay * p`.
        initial_accumulator_value: what `s` is at first.
        foreach, fused: which of PyTorch's kernels to use. They compute the same, so here they change
            nothing: all parameters are always updated in one program.
        maximize: go up the gradient.
        differentiable: only False so far.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.Adagrad([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    _operator = Update("adagrad", adagrad)
    _added = {"foreach": None, "maximize": False, "differentiable": False, "fused": None}

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative(lr_decay=lr_decay, weight_decay=weight_decay)
        check_not_negative(initial_accumulator_value=initial_accumulator_value)
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, fused, foreach, differentiable)
        for group in self.param_groups:
            self._begin(group, group["params"])

    def share_memory(self) -> None:
        """Move the sums to memory that processes share."""
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param]["sum"].share_memory_()

    def _check(self, group: ParamGroup, params: list) -> None:
        if group["fused"]:
            for param in params:
                check_fused(param)

    def _first(self, group: ParamGroup, param: Any) -> dict[str, Any]:
        value = self.defaults["initial_accumulator_value"]
        return {"sum": torch.full_like(param, complex(value, value) if param.is_complex() else value)}

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("sum",)

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [number(group[name]) for name in ("lr", "lr_decay", "eps", "weight_decay")]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "maximize": group["maximize"],
        }
