"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torchlike.autograd.modes import enable_grad, no_grad
from torchlike.nn.declared import torch
from torchlike.operators.matrix_steps import lbfgs
from torchlike.operators.step_arithmetic import Update
from torchlike.optim.line_search import strong_wolfe
from torchlike.optim.optimizer import Optimizer
from torchlike.optim.sgd import number
from torchlike.optim.stepwise import check_lr
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["LBFGS"]

_direction = Update("lbfgs", lbfgs)
_MEMORY = ("old_dirs", "old_stps", "ro", "H_diag")


class LBFGS(Optimizer):
    """Newton's method, with the Hessian estimated from the steps before: limited-memory BFGS.

    A step is up to `max_iter` iterations `p = p - t * H g`, `H` being made of the last `history_size` changes of
    parameters and gradient. `t` is `lr`, in the first iteration at most `lr / sum(|g|)`, or what the line
    search finds from there.

    Liu and Nocedal (1989), https://doi.org/10.1007/BF01589116.

    Args:
        params: see `Optimizer`; in one group.
        lr: learning rate, a number or a tensor with one element.
        max_iter: the most iterations of a step.
        max_eval: the most calls of the closure in a step; `max_iter * 5 // 4` if None.
        tolerance_grad: stop when no element of the gradient is larger.
        tolerance_change: stop when neither the loss nor a parameter changes by more.
        history_size: how many changes to remember.
        line_search_fn: `"strong_wolfe"` or None.

    Raises:
        ValueError: if `lr` is negative, or there is more than one group.

    See https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = torch.optim.LBFGS([x], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((x - 3) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure)
        tensor(29., grad_fn=<SumBackward0>)
        >>> x.detach().round()
        tensor([3., 3.])
    """

    def __init__(
        self,
        params: Iterable,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> list:
        return self.param_groups[0]["params"]

    def _gradient(self) -> Tensor:
        """The gradients of all parameters, one after the other; a complex number is two."""
        parts = []
        for param in self._params:
            part = torch.zeros_like(param) if param.grad is None else param.grad
            parts.append((torch.view_as_real(part) if param.is_complex() else part).reshape(-1))
        return torch.cat(parts)

    def _move(self, length: Any, direction: Tensor) -> None:
        """Add `length * direction` to the parameters."""
        offset = 0
        for param in self._params:
            real = torch.view_as_real(param) if param.is_complex() else param
            part = direction[offset : offset + real.numel()]
            real.add_(part.view_as(real), alpha=length)
            offset += real.numel()

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:
        """Update the parameters.

        Args:
            closure: computes the loss and its gradients anew.

        Returns:
            What the closure gave first.

        Raises:
            RuntimeError: if the line search is another than `"strong_wolfe"`.
        """
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        lr = group["lr"]
        if isinstance(lr, Tensor) and lr.dim() != 0:
            lr = lr.squeeze()
        max_iter, max_eval = group["max_iter"], group["max_eval"]
        tolerance_grad, tolerance_change = group["tolerance_grad"], group["tolerance_change"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss = float(first_loss)
        state["func_evals"] += 1
        gradient = self._gradient()
        if gradient.abs().max() <= tolerance_grad:
            return first_loss
        direction, length = state.get("d"), state.get("t")
        memory = {name: state.get(name) for name in _MEMORY}
        previous = state.get("prev_flat_grad")
        evaluations, iterations = 1, 0
        previous_loss = state.get("prev_loss")
        while iterations < max_iter:
            iterations += 1
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                memory = {"old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1}
                direction = gradient.neg()
            else:
                factors = state.setdefault("al", [None] * group["history_size"])
                self._remember(memory, gradient - previous, direction * length, group["history_size"])
                direction = self._new_direction(memory, gradient, factors)
            if previous is None:
                previous = gradient.clone()
            else:
                previous.copy_(gradient)
            previous_loss = loss
            length = min(1.0, 1.0 / gradient.abs().sum()) * lr if state["n_iter"] == 1 else lr
            slope = gradient.dot(direction)
            if slope > -tolerance_change:
                break
            calls = 0
            is_optimal = False
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                loss, gradient, length, calls = strong_wolfe(
                    self._probe(closure, direction),
                    direction,
                    (0, loss, gradient, slope),
                    length,
                    max_ls=max_eval - evaluations,
                )
                self._move(length, direction)
                is_optimal = gradient.abs().max() <= tolerance_grad
            else:
                self._move(length, direction)
                # The loss behind the last iteration would be computed for nothing.
                if iterations != max_iter:
                    loss = float(closure())
                    gradient = self._gradient()
                    is_optimal = gradient.abs().max() <= tolerance_grad
                    calls = 1
            evaluations += calls
            state["func_evals"] += calls
            if (
                iterations == max_iter
                or evaluations >= max_eval
                or is_optimal
                or (direction * length).abs().max() <= tolerance_change
                or abs(loss - previous_loss) < tolerance_change
            ):
                break
        state["d"] = direction
        state["t"] = length
        state.update(memory)
        state["prev_flat_grad"] = previous
        state["prev_loss"] = previous_loss
        return first_loss

    def _probe(self, closure: Callable[[], Any], direction: Tensor) -> Callable:
        """What evaluates the loss and the gradient at a length along the direction, from where the parameters are."""
        origin = [param.clone() for param in self._params]

        def evaluate(length: Any) -> tuple[float, Tensor]:
            self._move(length, direction)
            loss = float(closure())
            gradient = self._gradient()
            for param, value in zip(self._params, origin, strict=True):
                param.copy_(value)
            return loss, gradient

        return evaluate

    def _remember(self, memory: dict[str, Any], change: Tensor, move: Tensor, history_size: int) -> None:
        """Keep a step's changes of gradient and parameters, if the curvature along it is positive."""
        curvature = change.dot(move)
        if curvature > 1e-10:
            if len(memory["ro"]) == history_size:
                for name in ("old_dirs", "old_stps", "ro"):
                    memory[name].pop(0)
            memory["old_dirs"].append(change)
            memory["old_stps"].append(move)
            memory["ro"].append(1.0 / curvature)
            memory["H_diag"] = curvature / change.dot(change)

    def _new_direction(self, memory: dict[str, Any], gradient: Tensor, factors: list) -> Tensor:
        """`-H g`, by one operator; a history is filled up to a power of two, so that a growing one compiles few."""
        changes, moves, inverses = memory["old_dirs"], memory["old_stps"], memory["ro"]
        rows = [tuple([x._value() for x in row]) for row in zip(changes, moves, inverses, strict=True)]
        if rows:
            nothing = torch.zeros_like(gradient)._value()
            empty = (nothing, nothing, torch.zeros_like(inverses[0])._value())
            rows += [empty] * ((1 << (len(rows) - 1).bit_length()) - len(rows))
        direction, *values = _direction([(gradient._value(),), *rows], [number(memory["H_diag"])])
        for i, value in enumerate(values[: len(changes)]):
            factors[i] = wrap(value)
        return wrap(direction)
