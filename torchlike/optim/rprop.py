"""Rprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.nn.declared import torch
from torchlike.operators.scaled_steps import rprop
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_lr

__all__ = ["Rprop"]


class Rprop(Stepwise):
    """A step by the gradient's sign alone, of a size for each element that its changes decide.

    Where the gradient has the sign of the one before, `s = min(s * etas[1], step_sizes[1])`; where it has
    another, `s = max(s * etas[0], step_sizes[0])` and the gradient counts as 0. `p = p - s * sign(g)`.

    Riedmiller and Braun (1993), https://doi.org/10.1109/ICNN.1993.298623.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        etas: what `s`, which is `lr` at first, is multiplied by.
        step_sizes: what `s` stays between.
        capturable, differentiable: only False so far.
        foreach: which of PyTorch's kernels to use. They compute the same, so here it changes nothing: all
            parameters are always updated in one program.
        maximize: go up the gradient.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.Rprop([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    _operator = Update("rprop", rprop)
    _on_xla = (True, True)

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, None, foreach, differentiable)

    def _first(self, group: ParamGroup, param: Any) -> dict[str, Any]:
        size = float(group["lr"])
        if param.is_complex():
            return {
                "prev": torch.zeros_like(param),
                "step_size": torch.full_like(param.grad, complex(size, size)),
            }
        return {"prev": torch.zeros_like(param), "step_size": torch.full_like(param.grad, size)}

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("prev", "step_size")

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [*map(number, (*group["etas"], *group["step_sizes"]))]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {"maximize": group["maximize"]}
