"""`torch.compile`: the engine compiles every loop anyway, so the compiled callable is the callable."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torchlike.nn.module import Module

__all__ = ["OptimizedModule", "compile"]

_MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")
# Each of these names a way for PyTorch to make a program; ours is XLA whichever is asked for, with the same results.
_BACKENDS = ("inductor", "eager", "aot_eager", "cudagraphs", "openxla", "onnxrt", "tvm")


class OptimizedModule(Module):
    """What `torch.compile` makes of a module: the module, held as `_orig_mod`."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self._orig_mod = module
        self.training = module.training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._orig_mod(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self._orig_mod, name)


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable = "inductor",
    mode: str | None = None,
    options: dict | None = None,
    disable: bool = False,
) -> Any:
    """The same callable: its operators join the step's one XLA program without being asked.

    Args:
        model: a module or function; without it, a decorator.
        fullgraph, dynamic: promises that PyTorch's compiler checks; the engine follows any Python, so they hold.
        backend: a name that PyTorch knows. Your own compiler function would get PyTorch's graphs, so it raises.
        mode: a name that PyTorch knows.
        options: of PyTorch's inductor; must be empty.
        disable: leave the callable alone.

    Raises:
        RuntimeError: an unknown mode, or mode and options both.

    Example:
        >>> import torchlike as torch
        >>> torch.compile(lambda x: x * 2)(torch.ones(1))
        tensor([2.])
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if mode is not None and mode not in _MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}")
    if options:
        raise NotImplementedError(
            f"torch.compile's options are inductor's; torchlike has none of {sorted(options)}"
        )
    if callable(backend):
        raise NotImplementedError(
            "torch.compile with a backend of your own would get PyTorch's graphs; torchlike has none"
        )
    if backend not in _BACKENDS:
        raise RuntimeError(
            f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for available backends."
        )
    if model is None:
        return functools.partial(
            compile, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode, disable=disable
        )
    assert callable(model), f"A callable function is expected, but {type(model)} is provided."
    if disable:
        return model
    if isinstance(model, Module):
        return model if isinstance(model, OptimizedModule) else OptimizedModule(model)
    function = model

    @functools.wraps(function)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return compiled


Module._compiler = staticmethod(compile)
