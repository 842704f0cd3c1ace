"""Adam."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.modes import enable_grad
from torchlike.engine import Value, from_host
from torchlike.errors import missing
from torchlike.nn.declared import torch
from torchlike.operators import optimizers
from torchlike.optim.optimizer import Optimizer, ParamGroup, check_fused, rounds, with_gradient
from torchlike.optim.sgd import check_kernels, number
from torchlike.tensors.host_memory import settled
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.writes import write

__all__ = ["Adam"]

_update = optimizers.Update("adam", optimizers.adam)
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Adam(Optimizer):
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
        for i in (0, 1):
            if not 0.0 <= betas[i] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._steps_are_joined = False
        for group in self.param_groups:
            group.setdefault("amsgrad", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("capturable", False)
            group.setdefault("differentiable", False)
            group.setdefault("decoupled_weight_decay", False)
            fused = group.setdefault("fused", None)
            for param in group["params"]:
                own = self.state.get(param)
                # Checkpoints from before PyTorch 1.12 have a number there.
                if own and not isinstance(own["step"], Tensor):
                    own["step"] = torch.tensor(float(own["step"]), dtype=_step_dtype(fused))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient.

        Args:
            closure: computes the loss and its gradients anew.

        Returns:
            What the closure gave.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            params = with_gradient(group["params"])
            if group["capturable"] and params:
                _refuse_capturable(params[0], group)
            for part in rounds(params):
                for step, together in self._by_step(group, part):
                    self._update(group, step, together)
        return loss

    def _by_step(self, group: ParamGroup, params: list) -> list[tuple[Value, list]]:
        """The parameters by how many steps they have taken, with state made for those that have none.

        Parameters that have taken the same steps share one value for their count, so that a program has one
        count to advance and not one for each of them.
        """
        joined: dict[float, Value] = {}
        first = None
        parts: dict[int, tuple[Value, list]] = {}
        for param in params:
            state = self.state[param]
            if len(state) == 0:
                if group["fused"]:
                    check_fused(param)
                if first is None:
                    first = from_host(np.zeros((), _step_dtype(group["fused"]).np))
                state["step"] = wrap(first)
                for name in _MOMENTS if not group["amsgrad"] else (*_MOMENTS, "max_exp_avg_sq"):
                    state[name] = torch.zeros_like(param)
            elif not getattr(self, "_steps_are_joined", True):
                count = state["step"]
                count._storage.value = joined.setdefault(
                    float(count._value().numpy()), settled(count._value())
                )
            count = state["step"]._value()
            parts.setdefault(id(count), (count, []))[1].append(param)
        self._steps_are_joined = True
        return list(parts.values())

    def _update(self, group: ParamGroup, step: Value, params: list) -> None:
        amsgrad = group["amsgrad"]
        names = (*_MOMENTS, "max_exp_avg_sq") if amsgrad else _MOMENTS
        states = [self.state[param] for param in params]
        rows = [
            (param._value(), param.grad._value(), *[state[name]._value() for name in names])
            for param, state in zip(params, states, strict=True)
        ]
        weight_decay = group["weight_decay"]
        results = iter(
            _update(
                rows,
                [step, *map(number, (group["lr"], *group["betas"], group["eps"], weight_decay))],
                has_weight_decay=bool(weight_decay != 0),
                decoupled=group["decoupled_weight_decay"],
                amsgrad=amsgrad,
                maximize=group["maximize"],
            )
        )
        step = next(results)
        for param, state in zip(params, states, strict=True):
            write(param, next(results), None)
            for name in names:
                write(state[name], next(results), None)
            write(state["step"], step, None)


def _step_dtype(fused: bool | None) -> Any:
    return dtypes.float64 if not fused and dtypes.get_default_dtype() is dtypes.float64 else dtypes.float32


def _check_tensor(value: Any, name: str, foreach: bool | None, capturable: bool) -> None:
    if not isinstance(value, Tensor):
        return
    if foreach and not capturable:
        raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
    if value.numel() != 1:
        raise ValueError(f"Tensor {name} must be 1-element")


def _refuse_capturable(param: Any, group: ParamGroup) -> None:
    devices = ["cuda", "xpu", "hpu", "privateuseone", *([] if group["foreach"] else ["xla"])]
    if param.device.type not in devices:
        raise AssertionError(
            f"If capturable=True, params and state_steps must be on supported devices: {devices}."
        )
    raise missing("torch.optim.Adam(capturable=True)", "the same without it: a step is one program anyway")
