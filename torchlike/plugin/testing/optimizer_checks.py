"""The checks of an optimizer."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np

import torchlike as torch
from torchlike.optim import Optimizer
from torchlike.plugin.register import Registration
from torchlike.plugin.testing.agreement import difference, elements, finite
from torchlike.plugin.testing.calls import Call, optimizer_options
from torchlike.tensors.tensor import Tensor

__all__ = ["OptimizerChecks"]


class _Problem:
    """A linear regression: two parameters and a loss."""

    def __init__(self, seed: int = 3) -> None:
        draw = torch.Generator().manual_seed(seed)
        self._x = torch.randn(16, 3, generator=draw)
        self._y = self._x @ torch.randn(3, 2, generator=draw) + 0.5
        self.weight = torch.nn.Parameter(torch.randn(3, 2, generator=draw))
        self.bias = torch.nn.Parameter(torch.randn(2, generator=draw))
        self.parameters = [self.weight, self.bias]

    def loss(self) -> Tensor:
        return ((self._x @ self.weight + self.bias - self._y) ** 2).mean()

    def step(self, optimizer: Any) -> None:
        optimizer.zero_grad()
        self.loss().backward()
        optimizer.step()

    def values(self) -> list[Any]:
        return [elements(p) for p in self.parameters]


class OptimizerChecks:
    """The checks of one optimizer, each a method; what they say begins with its name."""

    def __init__(self, made: Registration) -> None:
        self._made = made
        self._optimizer: type[Optimizer] = made.claim.value
        self._name = f"optimizer '{made.claim.name}'"

    def loss(self) -> None:
        """Twenty steps lower the loss of a linear regression."""
        for options in self._options():
            problem = _Problem()
            optimizer = self._built(problem.parameters, options)
            before = problem.loss().item()
            for _ in range(20):
                self._stepped(problem, optimizer)
            if not all(finite(p) for p in problem.parameters):
                raise AssertionError(f"{self._name} makes infinite parameters or NaN with {options}")
            after = problem.loss().item()
            if not after < before:
                raise AssertionError(
                    f"{self._name} does not lower a loss in 20 steps with {options}: from {before:.6g} to {after:.6g}"
                )

    def closure(self) -> None:
        """A step with a closure gives what that gives, and is the step without one."""
        for options in self._options():
            plain, closed = _Problem(), _Problem()
            self._stepped(plain, self._built(plain.parameters, options))
            optimizer = self._built(closed.parameters, options)

            def closure(problem: _Problem = closed, optimizer: Any = optimizer) -> Tensor:
                optimizer.zero_grad()
                loss = problem.loss()
                loss.backward()
                return loss

            try:
                given = optimizer.step(closure)
            except Exception as error:
                raise AssertionError(
                    f"{self._name} cannot step with a closure: {type(error).__name__}: {error}"
                ) from error
            if given is None:
                raise AssertionError(f"{self._name}: step(closure) does not give the closure's loss")
            told = difference(closed.values(), plain.values())
            if told:
                raise AssertionError(f"{self._name}: a step with a closure is another than without: {told}")

    def state_dict(self) -> None:
        """Another one that loads its state dict goes on exactly as it does."""
        for options in self._options():
            one, other = _Problem(), _Problem()
            first = self._built(one.parameters, options)
            for _ in range(3):
                self._stepped(one, first)
            saved = pickle.loads(pickle.dumps(first.state_dict()))
            with torch.no_grad():
                for p, q in zip(other.parameters, one.parameters, strict=True):
                    p.copy_(q)
            second = self._built(other.parameters, options)
            try:
                second.load_state_dict(saved)
                for _ in range(3):
                    self._stepped(one, first)
                    self._stepped(other, second)
            except Exception as error:
                raise AssertionError(
                    f"{self._name} cannot load its own state dict and go on: {type(error).__name__}: {error}"
                ) from error
            told = difference(other.values(), one.values(), loosely=0.1)
            if told:
                raise AssertionError(
                    f"{self._name} goes on otherwise from its state dict, which lacks something: {told}"
                )

    def zero_grad(self) -> None:
        """`zero_grad` takes gradients away, or makes them zero if so asked."""
        for options in self._options():
            problem = _Problem()
            optimizer = self._built(problem.parameters, options)
            problem.loss().backward()
            optimizer.zero_grad(set_to_none=False)
            if any(p.grad is None or elements(p.grad).any() for p in problem.parameters):
                raise AssertionError(f"{self._name}: zero_grad(set_to_none=False) does not leave zeros")
            problem.loss().backward()
            optimizer.zero_grad()
            if any(p.grad is not None for p in problem.parameters):
                raise AssertionError(f"{self._name}: zero_grad() leaves gradients")

    def param_groups(self) -> None:
        """Each group has its own options, and one that is added later takes part."""
        for options in self._options():
            problem = _Problem()
            optimizer = self._built([{"params": [problem.weight]}], options)
            optimizer.add_param_group({"params": [problem.bias]})
            before = problem.values()
            self._stepped(problem, optimizer)
            for what, p, old in zip(("first", "added"), problem.parameters, before, strict=True):
                if not _moved(p, old):
                    raise AssertionError(f"{self._name} does not move the parameters of the {what} group")
            if "lr" not in optimizer.defaults:
                continue
            problem = _Problem()
            groups = [{"params": [problem.weight], "lr": 0.0}, {"params": [problem.bias]}]
            optimizer = self._built(groups, options)
            before = problem.values()
            self._stepped(problem, optimizer)
            if _moved(problem.weight, before[0]):
                raise AssertionError(f"{self._name} moves a group whose lr is 0: it reads another lr")
            optimizer.param_groups[1]["lr"] = 0.0
            before = problem.values()
            self._stepped(problem, optimizer)
            if _moved(problem.bias, before[1]):
                raise AssertionError(
                    f"{self._name} does not follow a change of a group's lr, as schedulers make"
                )

    def without_gradient(self) -> None:
        """A parameter without a gradient is left alone."""
        for options in self._options():
            problem = _Problem()
            spare = torch.nn.Parameter(torch.ones(2))
            self._stepped(problem, self._built([*problem.parameters, spare], options))
            if _moved(spare, np.ones(2)):
                raise AssertionError(f"{self._name} moves a parameter that has no gradient")

    def repr(self) -> None:
        """It shows itself with its class's name and its groups."""
        for options in self._options():
            optimizer = self._built(_Problem().parameters, options)
            try:
                text = repr(optimizer)
            except Exception as error:
                raise AssertionError(
                    f"{self._name} cannot be shown: {type(error).__name__}: {error}"
                ) from error
            if not text.startswith(self._optimizer.__name__) or "Parameter Group 0" not in text:
                raise AssertionError(
                    f"{self._name} shows itself as {text!r}, without its class's name and parameter groups"
                )

    def _options(self) -> Iterator[Call]:
        yield from optimizer_options(self._made)

    def _built(self, params: Any, options: Call) -> Any:
        try:
            return self._optimizer(params, *options.args, **options.kwargs)
        except Exception as error:
            raise AssertionError(
                f"{self._name} cannot be made with {options} behind the parameters: {type(error).__name__}: {error}"
            ) from error

    def _stepped(self, problem: _Problem, optimizer: Any) -> None:
        try:
            problem.step(optimizer)
        except Exception as error:
            raise AssertionError(
                f"{self._name} cannot make a step: {type(error).__name__}: {error}"
            ) from error


def _moved(p: Tensor, before: np.ndarray) -> bool:
    return not np.array_equal(elements(p), before)
