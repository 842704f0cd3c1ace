"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.errors import missing
from torchlike.operators.optimizers import adam
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import ParamGroup
from torchlike.optim.sgd import check_kernels, number
from torchlike.optim.stepwise import Stepwise, check_betas
from torchlike.tensors.tensor import Tensor

__all__ = ["Adam"]

_MOMENTS = ("exp_avg", "exp_avg_sq")


class Adam(Stepwise):
    """Adam: a step in units of the gradient's own size.

    `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g**2`,
    `p = p - lr * m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps)`.

    Kingma and Ba (2015), https://arxiv.org/abs/1412.6980.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        betas: `b1` and `b2`.
        eps: keeps the quotient finite.
        weight_decay: added to the gradient as `weight_decay * p`; see `AdamW` for the other way.
        amsgrad: divide by the largest `v` so far (Reddi et al., 2018).
        foreach, fused: which of PyTorch's kernels to use. They compute the same, so here they change
            nothing: all parameters are always updated in one program.
        maximize: go up the gradient.
        capturable, differentiable: only False so far.
        decoupled_weight_decay: shrink the parameter by `lr * weight_decay` instead, which is `AdamW`.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.Adam([x], lr=0.1)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    _operator = Update("adam", adam)
    _added = {**Stepwise._added, "amsgrad": False, "decoupled_weight_decay": False, "fused": None}

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _check_tensor(lr, "lr", foreach, capturable)
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not any(isinstance(betas[0], kind) and isinstance(betas[1], kind) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for i in (0, 1):
            _check_tensor(betas[i], f"betas[{i}]", foreach, capturable)
        if isinstance(betas[0], Tensor):
            raise missing("torch.optim.Adam with tensors for betas", "betas that are numbers")
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        check_kernels(type(self).__name__, fused, foreach, differentiable)

    def _names(self, group: ParamGroup, param: Any) -> tuple[str, ...]:
        return (*_MOMENTS, "max_exp_avg_sq") if group["amsgrad"] else _MOMENTS

    def _numbers(self, group: ParamGroup, params: list) -> list:
        return [*map(number, (group["lr"], *group["betas"], group["eps"], group["weight_decay"]))]

    def _switches(self, group: ParamGroup) -> dict[str, Any]:
        return {
            "has_weight_decay": bool(group["weight_decay"] != 0),
            "decoupled": group["decoupled_weight_decay"],
            "amsgrad": group["amsgrad"],
            "maximize": group["maximize"],
        }


def _check_tensor(value: Any, name: str, foreach: bool | None, capturable: bool) -> None:
    if not isinstance(value, Tensor):
        return
    if foreach and not capturable:
        raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
    if value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")
