"""Adafactor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.dtypes import finfo
from torchlike.nn.declared import torch
from torchlike.operators.matrix_steps import adafactor
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import number
from torchlike.optim.stepwise import Stepwise, check_one_element

__all__ = ["Adafactor"]


class Adafactor(Stepwise):
    """A step in units of the root mean square, of which a matrix's is kept as a column and a row.

    With `w = t**beta2_decay`, `R = R + w * (mean of g**2 along rows - R)`, `C` the same along columns and
    `v = R C / max(mean of R, eps1)` (of a vector `v = v + w * (g**2 - v)`), `u = g / sqrt(max(v, eps1**2))`
    and `p = p - max(eps2, rms(p)) * min(lr, 1 / sqrt(t)) * u / max(1, rms(u) / d)`.

    Shazeer and Stern (2018), https://arxiv.org/abs/1804.04235.

    Args:
        params: see `Optimizer`.
        lr: the largest relative step, a number or a tensor with one element.
        beta2_decay: as in the formula.
        eps: `eps1`, which is the type's own if None, and `eps2`.
        d: as in the formula.
        weight_decay: shrink the parameter by `lr * weight_decay`.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        maximize: go up the gradient.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Adafactor.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.Adafactor([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.8419, -1.8419], requires_grad=True)
    """

    _operator = Update("adafactor", adafactor)
    _added = {"foreach": None}

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_one_element(lr)
        if not 0.0 <= lr:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not 0.0 >= beta2_decay:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not 0.0 <= eps[0]:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not 0.0 <= eps[1]:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not 1.0 <= d:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: ParamGroup, params: list) -> None:
        if any(param.is_complex() for param in params):
            raise RuntimeError("Adafactor does not support complex parameters")

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("row_var", "col_var") if param.dim() > 1 else ("variance",)

    def _first(self, group: ParamGroup, param: Any) -> dict[str, Any]:
        grad = param.grad
        if grad.dim() <= 1:
            return {"variance": torch.zeros_like(grad)}
        *outer, height, width = grad.shape
        return {
            "row_var": grad.new_zeros([*outer, height, 1]),
            "col_var": grad.new_zeros([*outer, 1, width]),
        }

    def _numbers(self, group: ParamGroup, params: list) -> list:
        eps1, eps2 = group["eps"]
        if eps1 is None:
            # PyTorch takes the first parameter's for all of a group.
            eps1 = finfo(params[0].dtype).eps
        options = (group["lr"], group["beta2_decay"], eps1, eps2, group["d"], group["weight_decay"])
        return [*map(number, options)]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "maximize": group["maximize"],
        }
