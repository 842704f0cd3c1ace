"""The checks of a layer."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import torchlike as torch
from torchlike import nn
from torchlike.plugin.register import Registration
from torchlike.plugin.testing.agreement import difference, finite
from torchlike.plugin.testing.calls import Call, layer_calls, tensors_in
from torchlike.tensors.tensor import Tensor

__all__ = ["LayerChecks"]


class LayerChecks:
    """The checks of one layer, each a method; what they say begins with its name."""

    def __init__(self, made: Registration) -> None:
        self._made = made
        self._layer: type[nn.Module] = made.claim.value
        self._name = f"layer '{made.claim.name}'"

    def forward(self) -> None:
        """It gives finite numbers."""
        for call, inputs in layer_calls(self._made):
            results = self._results(self._built(call), inputs)
            if not results:
                raise AssertionError(f"{self._name} gives no tensor for {Call(inputs, {})}")
            if not all(finite(t) for t in results):
                raise AssertionError(f"{self._name} gives infinite numbers or NaN for {Call(inputs, {})}")

    def gradients(self) -> None:
        """A gradient reaches each of its parameters, or its first input if it has none."""
        for call, inputs in layer_calls(self._made):
            layer = self._built(call)
            wanted: list[tuple[str, Tensor]] = [
                (f"parameter '{n}'", p) for n, p in layer.named_parameters() if p.requires_grad
            ]
            if not wanted:
                inputs, first = _differentiated(inputs)
                wanted = [("its input", t) for t in first]
            results = [t for t in self._results(layer, inputs) if t.is_floating_point() or t.is_complex()]
            through = [t for t in results if t.requires_grad]
            if wanted and results and not through:
                raise AssertionError(f"{self._name}: no gradient goes through it")
            if not through:
                continue
            # Squares, so that what is normalized to a constant sum has a gradient too.
            total = sum((t * t.conj()).real.sum() for t in through)
            found: Any = torch.autograd.grad(total, [t for _, t in wanted], allow_unused=True)
            for (what, _), gradient in zip(wanted, found, strict=True):
                if gradient is None:
                    raise AssertionError(f"{self._name}: no gradient reaches {what}")
                if not finite(gradient):
                    raise AssertionError(f"{self._name}: the gradient of {what} is not finite")

    def pickling(self) -> None:
        """It can be pickled, and gives the same afterwards."""

        def pickled(layer: nn.Module) -> nn.Module:
            return pickle.loads(pickle.dumps(layer))

        self._copied("pickled", pickled)

    def copying(self) -> None:
        """It can be copied deeply, gives the same and shares nothing."""
        self._copied("copied deeply", copy.deepcopy)

    def _copied(self, how: str, make: Any) -> None:
        for call, inputs in layer_calls(self._made):
            layer = self._built(call).eval()
            try:
                made = make(layer)
            except Exception as error:
                raise AssertionError(
                    f"{self._name} cannot be {how}: {type(error).__name__}: {error}"
                ) from error
            self._same(layer, made, inputs, how)
            before = [t.clone() for t in self._results(made, inputs)]
            with torch.no_grad():
                for p in layer.parameters():
                    p.add_(1)
            if difference(self._results(made, inputs), before):
                raise AssertionError(f"{self._name} shares parameters with the one that it was {how} from")

    def state_dict(self) -> None:
        """Another one that loads its state dict gives the same."""
        for call, inputs in layer_calls(self._made):
            layer, other = self._built(call).eval(), self._built(call, seed=2).eval()
            with torch.no_grad():
                for p in layer.parameters():
                    if p.is_floating_point() or p.is_complex():
                        p.mul_(1.5).add_(0.25)
            try:
                other.load_state_dict(pickle.loads(pickle.dumps(layer.state_dict())))
            except Exception as error:
                raise AssertionError(
                    f"{self._name} cannot load its own state dict: {type(error).__name__}: {error}"
                ) from error
            self._same(layer, other, inputs, "given its state dict")

    def repr(self) -> None:
        """It shows itself with its class's name."""
        for call, _ in layer_calls(self._made):
            layer = self._built(call)
            try:
                text = repr(layer)
            except Exception as error:
                raise AssertionError(
                    f"{self._name} cannot be shown: {type(error).__name__}: {error}"
                ) from error
            if not text.startswith(self._layer.__name__):
                raise AssertionError(f"{self._name} shows itself as {text!r}, without its class's name first")

    def _built(self, call: Call, seed: int = 1) -> nn.Module:
        torch.manual_seed(seed)
        try:
            return call.on(self._layer)
        except Exception as error:
            raise AssertionError(
                f"{self._name} cannot be made with {call}: {type(error).__name__}: {error}"
            ) from error

    def _results(self, layer: nn.Module, inputs: tuple) -> list[Any]:
        try:
            return tensors_in(layer(*inputs))
        except Exception as error:
            raise AssertionError(
                f"{self._name} raises {type(error).__name__} for {Call(inputs, {})}: {error}"
            ) from error

    def _same(self, layer: nn.Module, other: nn.Module, inputs: tuple, how: str) -> None:
        told = difference(self._results(other, inputs), self._results(layer, inputs))
        if told:
            raise AssertionError(f"{self._name} gives other numbers when it was {how}: {told}")


def _differentiated(inputs: tuple) -> tuple[tuple, list[Tensor]]:
    """Inputs of which the first floating one requires grad, and that one."""
    first: list[Tensor] = []

    def change(t: Tensor) -> Tensor:
        made = t.detach().clone()
        if not first and (t.is_floating_point() or t.is_complex()):
            first.append(made.requires_grad_())
        return made

    return Call(inputs, {}).changed(change).args, first
