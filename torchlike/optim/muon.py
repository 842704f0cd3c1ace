"""Muon."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.operators.matrix_steps import muon
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import number
from torchlike.optim.stepwise import Stepwise, check_one_element

__all__ = ["Muon"]

_ADJUSTMENTS = ("original", "match_rms_adamw")


class Muon(Stepwise):
    """Momentum whose matrix is made orthogonal, for the matrices of hidden layers.

    `b = momentum * b + (1 - momentum) * g`, and with Nesterov momentum the same once more with `g`;
    `p = (1 - lr * weight_decay) * p - lr * r * O`, where `O` is `b` after `ns_steps` steps of the Newton-Schulz
    iteration `X = a X + b X X' X + c (X X')**2 X` in bfloat16, and `r` is `sqrt(max(1, rows / columns))`
    (`"original"`) or `0.2 * sqrt(max(rows, columns))` (`"match_rms_adamw"`).

    Jordan (2024), https://kellerjordan.github.io/posts/muon/; Liu et al. (2025),
    https://arxiv.org/abs/2502.16982.

    Args:
        params: see `Optimizer`; matrices all of them.
        lr: learning rate, a number or a tensor with one element.
        weight_decay, momentum, ns_steps: as in the formula.
        nesterov: use Nesterov momentum.
        ns_coefficients: `a`, `b` and `c`.
        eps: the least norm to divide by.
        adjust_lr_fn: which `r`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.eye(2, requires_grad=True)
        >>> optimizer = torch.optim.Muon([x], lr=0.1, weight_decay=0.0)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x.round(decimals=1)
        tensor([[0.9000, 0.0000],
                [0.0000, 0.9000]], grad_fn=<RoundBackward1>)
    """

    _operator = Update("muon", muon)
    _shared = {}
    _added = {}

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_one_element(lr)
        if not 0.0 <= lr:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not 0.0 <= momentum:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn is not None and adjust_lr_fn not in _ADJUSTMENTS:
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{param.size()}"
                    )

    def _check(self, group: ParamGroup, params: list) -> None:
        if any(param.is_complex() for param in params):
            raise RuntimeError("Muon does not support complex parameters")
        if any(param.ndim != 2 for param in params):
            raise ValueError("Param gradient must be a 2D matrix")
        if group["ns_steps"] >= 100:
            raise ValueError("Number of steps must be less than 100 for computational efficiency")
        if len(group["ns_coefficients"]) != 3:
            raise ValueError("Coefficients must be a tuple of exactly 3 values")

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return ("momentum_buffer",)

    def _numbers(self, group: ParamGroup, params: list) -> list:
        options = (group["lr"], group["weight_decay"], group["momentum"], group["eps"])
        return [*map(number, (*options, *group["ns_coefficients"]))]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {name: group[name] for name in ("nesterov", "ns_steps", "adjust_lr_fn")}
