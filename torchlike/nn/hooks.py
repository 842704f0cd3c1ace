"""Hooks on modules: registering them on one or on all, and calling a module with them.

`Module.__call__` goes straight to `forward` when no hook is registered anywhere; only otherwise does it come
here, so that the common path stays one test long.
"""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torchlike.autograd.handles import RemovableHandle
from torchlike.tensors.tensor import Tensor

if TYPE_CHECKING:
    from torchlike.nn.module import Module

__all__ = [
    "RemovableHandle",
    "call_with_hooks",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Hooks = OrderedDict[int, Callable[..., Any]]


class GlobalHooks:
    """The registries that apply to every module; `active` is what the fast path of a call looks at."""

    def __init__(self) -> None:
        self.forward_pre: Hooks = OrderedDict()
        self.forward: Hooks = OrderedDict()
        self.forward_with_kwargs: OrderedDict[int, bool] = OrderedDict()
        self.forward_always: OrderedDict[int, bool] = OrderedDict()
        self.backward_pre: Hooks = OrderedDict()
        self.backward: Hooks = OrderedDict()
        self.full_backward: bool | None = None
        self.buffer_registration: Hooks = OrderedDict()
        self.module_registration: Hooks = OrderedDict()
        self.parameter_registration: Hooks = OrderedDict()


everywhere = GlobalHooks()


def _register(registry: Hooks, hook: Callable, prepend: bool = False, **options: Any) -> RemovableHandle:
    """Add `hook` to `registry`; `options` are pairs (registry of the option, whether it is on)."""
    handle = RemovableHandle(registry, extra_dict=[option for option, _ in options.values()])
    registry[handle.id] = hook
    if prepend:
        registry.move_to_end(handle.id, last=False)
    for option, is_on in options.values():
        if is_on:
            option[handle.id] = True
    return handle


def registered(hooks: Hooks, module: Module, name: str, value: Any) -> Any:
    """What is to be registered under `name` once the registration hooks have seen `value`."""
    for hook in hooks.values():
        replacement = hook(module, name, value)
        if replacement is not None:
            value = replacement
    return value


def register_module_buffer_registration_hook(hook: Callable[..., None]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever a module registers one; what it returns replaces it."""
    return _register(everywhere.buffer_registration, hook)


def register_module_module_registration_hook(hook: Callable[..., None]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` whenever any module registers one; what it returns replaces it."""
    return _register(everywhere.module_registration, hook)


def register_module_parameter_registration_hook(hook: Callable[..., None]) -> RemovableHandle:
    """Call `hook(module, name, param)` whenever any module registers one; what it returns replaces it."""
    return _register(everywhere.parameter_registration, hook)


def register_module_forward_pre_hook(hook: Callable[..., None]) -> RemovableHandle:
    """Call `hook(module, args)` before the forward of every module, ahead of the module's own hooks."""
    return _register(everywhere.forward_pre, hook)


def register_module_forward_hook(
    hook: Callable[..., None], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after each module's forward, ahead of the module's own hooks."""
    return _register(
        everywhere.forward,
        hook,
        with_kwargs=(everywhere.forward_with_kwargs, with_kwargs),
        always_call=(everywhere.forward_always, always_call),
    )


def register_module_backward_hook(hook: Callable) -> RemovableHandle:
    """Register a non-full backward hook for every module (deprecated by PyTorch; use the full one)."""
    return _register_global_backward(hook, full=False)


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, grad_output)` before the backward of every module."""
    return _register(everywhere.backward_pre, hook)


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after the backward of every module."""
    return _register_global_backward(hook, full=True)


def _register_global_backward(hook: Callable, full: bool) -> RemovableHandle:
    if everywhere.full_backward is not None and everywhere.full_backward is not full:
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. "
            "Please use only one of them."
        )
    everywhere.full_backward = full
    return _register(everywhere.backward, hook)


class BoundHook:
    """A hook to be called with its module first; the module is held weakly and the whole can be pickled."""

    def __init__(self, hook: Callable, module: Module) -> None:
        self.hook = hook
        self.module = weakref.ref(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> dict:
        return {"hook": self.hook, "module": self.module()}

    def __setstate__(self, state: dict) -> None:
        if state["module"] is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        self.hook = state["hook"]
        self.module = weakref.ref(state["module"])


class HookMethods:
    """The methods of `Module` that register hooks on one module."""

    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks_always_called: OrderedDict[int, bool]
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _is_full_backward_hook: bool | None

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each forward; what it returns replaces the arguments.

        Args:
            hook: with `with_kwargs` it is called as `hook(module, args, kwargs)` and may return both as a
                pair.
            prepend: put it before the hooks already there.
            with_kwargs: hand it the keyword arguments too.

        Returns:
            A handle whose `remove()` takes the hook off again.
        """
        return _register(
            self._forward_pre_hooks,
            hook,
            prepend,
            with_kwargs=(self._forward_pre_hooks_with_kwargs, with_kwargs),
        )

    def register_forward_hook(
        self,
        hook: Callable,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each forward; what it returns, if anything, is the output.

        Args:
            hook: with `with_kwargs` it is called as `hook(module, args, kwargs, output)`.
            prepend: put it before the hooks already there.
            with_kwargs: hand it the keyword arguments too.
            always_call: call it even if the forward raised.

        Returns:
            A handle whose `remove()` takes the hook off again.

        Example:
            >>> import torchlike as torch
            >>> layer = torch.nn.Linear(3, 2)
            >>> handle = layer.register_forward_hook(lambda module, args, output: print(tuple(output.shape)))
            >>> y = layer(torch.zeros(5, 3))
            (5, 2)
            >>> handle.remove()
        """
        return _register(
            self._forward_hooks,
            hook,
            prepend,
            with_kwargs=(self._forward_hooks_with_kwargs, with_kwargs),
            always_call=(self._forward_hooks_always_called, always_call),
        )

    def register_full_backward_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` before each backward; a returned tuple replaces `grad_output`."""
        return _register(self._backward_pre_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` at the forward's last node; deprecated by PyTorch."""
        return self._register_backward(hook, full=False)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` each time the gradient of the inputs is known.

        Args:
            hook: a tuple that it returns replaces `grad_input`.
            prepend: put it before the hooks already there.

        Raises:
            RuntimeError: if the module already has a non-full backward hook.
        """
        return self._register_backward(hook, full=True, prepend=prepend)

    def _register_backward(self, hook: Callable, full: bool, prepend: bool = False) -> RemovableHandle:
        if self._is_full_backward_hook is not None and self._is_full_backward_hook is not full:
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. "
                "Please use only one of them."
            )
        self._is_full_backward_hook = full
        return _register(self._backward_hooks, hook, prepend)


def call_with_hooks(module: Module, args: tuple, kwargs: dict[str, Any]) -> Any:
    """`module.forward` between all the hooks of this module and those of every module."""
    call = _Call(module, args, kwargs)
    try:
        return call.run()
    except Exception:
        call.run_remaining_always_called()
        raise


class _Call:
    """One call of one module with its hooks, which may replace the arguments and the result on the way."""

    def __init__(self, module: Module, args: tuple, kwargs: dict[str, Any]) -> None:
        self.module = module
        self.args = args
        self.kwargs = kwargs
        self.result: Any = None
        self.called: set[int] = set()

    def run(self) -> Any:
        module = self.module
        backward_pre = [*everywhere.backward_pre.values(), *module._backward_pre_hooks.values()]
        full: list[Callable] = []
        non_full: list[Callable] = []
        for hooks, is_full in (
            (everywhere.backward, everywhere.full_backward),
            (module._backward_hooks, module._is_full_backward_hook),
        ):
            (full if is_full else non_full).extend(hooks.values())

        self.run_forward_pre_hooks()
        backward = None
        if full or backward_pre:
            from torchlike.nn.backward_hooks import BackwardHook

            backward = BackwardHook(module, full, backward_pre)
            self.args = backward.setup_input_hook(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        self.run_forward_hooks()
        if backward is not None:
            if not isinstance(self.result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                    f"but received {type(self.result)}",
                    stacklevel=4,
                )
            self.result = backward.setup_output_hook(self.result)
        if non_full:
            self.register_non_full_backward(non_full)
        return self.result

    def run_forward_pre_hooks(self) -> None:
        module = self.module
        for key, hook in (*everywhere.forward_pre.items(), *module._forward_pre_hooks.items()):
            if key in module._forward_pre_hooks_with_kwargs:
                replacement = hook(module, self.args, self.kwargs)
                if replacement is None:
                    continue
                if not (isinstance(replacement, tuple) and len(replacement) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {replacement}."
                    )
                self.args, self.kwargs = replacement
            else:
                replacement = hook(module, self.args)
                if replacement is not None:
                    self.args = replacement if isinstance(replacement, tuple) else (replacement,)

    def run_forward_hooks(self) -> None:
        module = self.module
        for key, hook in (*everywhere.forward.items(), *module._forward_hooks.items()):
            if key in module._forward_hooks_always_called or key in everywhere.forward_always:
                self.called.add(key)
            self.run_forward_hook(key, hook)

    def run_forward_hook(self, key: int, hook: Callable) -> None:
        module = self.module
        if key in module._forward_hooks_with_kwargs or key in everywhere.forward_with_kwargs:
            replacement = hook(module, self.args, self.kwargs, self.result)
        else:
            replacement = hook(module, self.args, self.result)
        if replacement is not None:
            self.result = replacement

    def run_remaining_always_called(self) -> None:
        module = self.module
        for prefix, hooks, always in (
            ("global module", everywhere.forward, everywhere.forward_always),
            ("module", module._forward_hooks, module._forward_hooks_always_called),
        ):
            for key, hook in hooks.items():
                if key not in always or key in self.called:
                    continue
                try:
                    self.run_forward_hook(key, hook)
                except Exception as error:
                    warnings.warn(
                        f"{prefix} forward hook with ``always_call=True`` raised an exception that was "
                        f"silenced as another error was raised in forward: {error}",
                        stacklevel=4,
                    )

    def register_non_full_backward(self, hooks: list[Callable]) -> None:
        output = self.result
        while not isinstance(output, Tensor):
            if isinstance(output, dict):
                output = next(value for value in output.values() if isinstance(value, Tensor))
            else:
                output = output[0]
        node = output.grad_fn
        if node is not None:
            for hook in hooks:
                node.register_hook(BoundHook(hook, self.module))
            _warn_what_a_non_full_hook_misses(self.args, self.result, node)


def _warn_what_a_non_full_hook_misses(inputs: Any, result: Any, node: Any) -> None:
    def warn(condition: str, missed: str, advice: bool = True) -> None:
        instead = " Please use register_full_backward_hook to get the documented behavior." if advice else ""
        warnings.warn(
            f"Using {condition} is deprecated and will be removed in future versions. "
            f"This hook will be missing {missed}.{instead}",
            FutureWarning,
            stacklevel=7,
        )

    def all_tensors(value: Any) -> bool:
        return isinstance(value, Tensor) or (
            isinstance(value, tuple) and all(isinstance(item, Tensor) for item in value)
        )

    hooks = "non-full backward hooks on a Module that does not"
    if not all_tensors(result):
        warn(f"{hooks} return a single Tensor or a tuple of Tensors", "some of the grad_output")
        return
    if not all_tensors(inputs):
        warn(f"{hooks} take as input a single Tensor or a tuple of Tensors", "some of the grad_input")
        return
    results = result if isinstance(result, tuple) else (result,)
    nodes = {tensor.grad_fn for tensor in results if tensor.grad_fn is not None}
    if not nodes or (len(nodes) == 1 and node not in nodes):
        warn(
            "a non-full backward hook when outputs are nested in python data structure",
            "some grad_output",
            advice=False,
        )
    elif len(nodes) > 1:
        warn(
            "a non-full backward hook when outputs are generated by different autograd Nodes",
            "some grad_output",
        )
    else:
        inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        input_nodes = {tensor.grad_fn for tensor in inputs if tensor.grad_fn is not None}
        if input_nodes != {next_node for next_node, _ in node.next_functions}:
            warn(
                "a non-full backward hook when the forward contains multiple autograd Nodes",
                "some grad_input",
            )
