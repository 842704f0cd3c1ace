"""Full backward hooks: identity nodes around a module's forward, on which the user's hooks hang."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torchlike.autograd.function import Function
from torchlike.autograd.modes import is_grad_enabled
from torchlike.tensors.tensor import Tensor

if TYPE_CHECKING:
    from torchlike.nn.module import Module

__all__ = ["BackwardHook", "BackwardHookFunction"]


class BackwardHookFunction(Function):
    """The identity, as one node for all the tensors that enter (or leave) a module."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.mark_non_differentiable(*(tensor for tensor in tensors if not tensor.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return gradients


def _spread(values: Sequence, positions: Sequence[int], size: int) -> tuple:
    """`values` at `positions` of a tuple of `size`, None everywhere else."""
    spread: list[Any] = [None] * size
    for position, value in zip(positions, values, strict=True):
        spread[position] = value
    return tuple(spread)


class BackwardHook:
    """Runs a module's full backward hooks and pre-hooks for one call of it.

    The inputs pass through one identity node and the outputs through another. In the backward pass the node
    of the outputs sees `grad_output` first, the node of the inputs sees `grad_input` last.

    Args:
        module: the module that is being called.
        user_hooks: called with `(module, grad_input, grad_output)`.
        user_pre_hooks: called with `(module, grad_output)`.
    """

    def __init__(self, module: Module, user_hooks: list[Callable], user_pre_hooks: list[Callable]) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: Any = None
        self.input_count = -1
        self.input_positions: list[int] | None = None
        self.output_count = -1
        self.output_positions: list[int] | None = None

    def setup_input_hook(self, args: tuple) -> tuple:
        """The arguments of the forward, passed through a node that runs the user's hooks."""
        self.input_count = len(args)
        args, self.input_positions, node = self._through_identity(args)
        if node is not None:
            node.register_hook(self._on_grad_input)
        return args

    def setup_output_hook(self, result: Any) -> Any:
        """The result of the forward, passed through a node that runs the user's pre-hooks."""
        outputs = result if isinstance(result, tuple) else (result,)
        self.output_count = len(outputs)
        outputs, self.output_positions, node = self._through_identity(outputs)
        if node is not None:
            node.register_hook(self._on_grad_output)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _through_identity(self, args: tuple) -> tuple[tuple, list[int] | None, Any]:
        positions = [position for position, arg in enumerate(args) if isinstance(arg, Tensor)]
        tensors = [args[position] for position in positions]
        if not (is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)):
            return args, None, None
        passed = BackwardHookFunction.apply(*tensors)
        node = next(tensor.grad_fn for tensor in passed if tensor.grad_fn is not None)
        replaced = list(args)
        for position, tensor in zip(positions, passed, strict=True):
            replaced[position] = tensor
        out = tuple(replaced) if type(args) is tuple else type(args)(*replaced)
        return out, positions, node

    def _on_grad_output(self, _: Any, grad_output: tuple) -> tuple | None:
        assert self.output_positions is not None
        self.grad_outputs = _spread(grad_output, self.output_positions, self.output_count)
        for hook in self.user_pre_hooks:
            replacement = hook(self.module, self.grad_outputs)
            if replacement is None:
                continue
            if len(replacement) != len(self.grad_outputs):
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, "
                    f"got {len(replacement)}, but expected {len(self.grad_outputs)}"
                )
            self.grad_outputs = replacement
        gradients = self.grad_outputs
        if self.input_positions is None:
            self._run_without_grad_input()
        return tuple(gradients[position] for position in self.output_positions)

    def _run_without_grad_input(self) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since "
            "no inputs require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
            "#torch.nn.Module.register_full_backward_hook for more details.",
            stacklevel=5,
        )
        for hook in self.user_hooks:
            result = hook(self.module, (None,) * self.input_count, self.grad_outputs)
            if result is not None and not (
                isinstance(result, tuple) and all(gradient is None for gradient in result)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or "
                    "None for all gradients."
                )
        self.grad_outputs = None

    def _on_grad_input(self, grad_input: tuple, _: Any) -> tuple | None:
        # Some input may reach the loss without passing through this module's outputs.
        if self.grad_outputs is None:
            return None
        assert self.input_positions is not None
        gradients: Any = _spread(grad_input, self.input_positions, self.input_count)
        for hook in self.user_hooks:
            replacement = hook(self.module, gradients, self.grad_outputs)
            if replacement is None:
                continue
            if len(replacement) != len(gradients):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, "
                    f"got {len(replacement)}, but expected {len(gradients)}"
                )
            gradients = replacement
        self.grad_outputs = None
        return tuple(gradients[position] for position in self.input_positions)
