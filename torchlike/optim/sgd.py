"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torchlike.autograd.modes import enable_grad
from torchlike.engine import Value
from torchlike.errors import missing
from torchlike.operators.optimizers import sgd
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.optimizer import Optimizer, ParamGroup, check_fused, rounds, with_gradient
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.writes import write

__all__ = ["SGD"]

_update = Update("sgd", sgd)


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted.

    `g = g + weight_decay * p`, `v = momentum * v + (1 - dampening) * g`, `p = p - lr * v`; with Nesterov
    momentum `p = p - lr * (g + momentum * v)`. The first `v` is `g`.

    Args:
        params: see `Optimizer`.
        lr: learning rate, a number or a tensor with one element.
        momentum, dampening, weight_decay: as in the formula.
        nesterov: use Nesterov momentum.
        maximize: go up the gradient.
        foreach, fused: which of PyTorch's kernels to use. They compute the same, so here they change
            nothing: all parameters are always updated in one program.
        differentiable: only False so far.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.9)
        >>> (x**2).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8000, 1.6000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, defaults)
        check_kernels("SGD", fused, foreach, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

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
            if group["fused"]:
                for param in params:
                    check_fused(param)
            for part in rounds(params):
                self._update(group, part)
        return loss

    def _update(self, group: ParamGroup, params: list) -> None:
        momentum, weight_decay = group["momentum"], group["weight_decay"]
        has_momentum = momentum != 0
        rows: list[tuple[Value, ...]] = [(param._value(), param._grad._value()) for param in params]
        if has_momentum:
            buffers = [self.state[param].get("momentum_buffer") for param in params]
            rows = [
                row if held is None else (*row, held._value())
                for row, held in zip(rows, buffers, strict=True)
            ]
        results = iter(
            _update(
                rows,
                [number(group[name]) for name in ("lr", "momentum", "dampening", "weight_decay")],
                has_momentum=has_momentum,
                has_weight_decay=bool(weight_decay != 0),
                nesterov=group["nesterov"],
                maximize=group["maximize"],
            )
        )
        for param in params:
            write(param, next(results), None)
            if has_momentum:
                put(self.state[param], "momentum_buffer", next(results))


def number(value: Any) -> Any:
    """A hyperparameter as an input of the program: a number, or the value of a tensor of one element."""
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return float(value)
    if isinstance(value, Tensor):
        return (value if value.dim() == 0 else value.detach().reshape(()))._value()
    return float(value)


def put(state: dict[str, Any], name: str, value: Value) -> None:
    """Write into the state's tensor of this name, or make it."""
    tensor = state.get(name)
    if tensor is None:
        state[name] = wrap(value)
    else:
        write(tensor, value, None)


def check_kernels(name: str, fused: bool | None, foreach: bool | None, differentiable: bool) -> None:
    """Raise for the combinations of `fused`, `foreach` and `differentiable` that do not work."""
    if fused:
        if differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if differentiable:
        raise missing(
            f"torch.optim.{name}(differentiable=True)",
            f"torch.optim.{name} without it, or an update written out",
        )
