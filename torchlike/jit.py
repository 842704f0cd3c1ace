"""`torch.jit`: scripted and traced callables.

There is nothing to translate: what a script or a trace is for, one compiled program, the engine does for every loop.
So a scripted or traced callable is the original under PyTorch's types, and gives identical results. What PyTorch's
intermediate representation is needed for (`graph`, `code`, `save`, `load`) raises.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from torchlike.errors import missing
from torchlike.nn.module import Module, indented
from torchlike.tensors.tensor import Tensor

__all__ = [
    "RecursiveScriptModule",
    "ScriptFunction",
    "ScriptModule",
    "TopLevelTracedModule",
    "annotate",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "load",
    "save",
    "script",
    "trace",
    "unused",
]

_REPRESENTATION = ("graph", "inlined_graph", "code", "code_with_constants", "save", "save_to_buffer")


class ScriptFunction:
    """A function that was scripted or traced.

    Attributes:
        name: the function's name.
    """

    def __init__(self, function: Callable) -> None:
        self._function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in _REPRESENTATION:
            raise missing(f"torch.jit.ScriptFunction.{name}")
        raise AttributeError(f"'torch.jit.ScriptFunction' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"<torch.jit.ScriptFunction object at {id(self):#x}>"


class ScriptModule(Module):
    """A module that was scripted: it shares parameters, buffers and submodules with the original."""

    def __init__(self, original: Module) -> None:
        super().__init__()
        # The dictionaries themselves are shared: what `to()` or `load_state_dict()` change, both see.
        for registry in ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"):
            self.__dict__[registry] = original.__dict__[registry]
        self.__dict__["_original"] = original
        self.__dict__["training"] = original.training

    @property
    def original_name(self) -> str:
        """The original's class name."""
        return type(self._original).__name__

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._original(*args, **kwargs)

    def train(self, mode: bool = True) -> ScriptModule:
        self._original.train(mode)
        self.training = mode
        return self

    def __getattr__(self, name: str) -> Any:
        if name in _REPRESENTATION:
            raise missing(f"torch.jit.ScriptModule.{name}", "torch.save(module.state_dict())")
        if name == "_original":
            raise AttributeError(name)
        return getattr(self._original, name)

    def _shown(self, kind: str | None) -> str:
        return _tree(self._original, kind)

    def __repr__(self) -> str:
        return self._shown("RecursiveScriptModule")


class RecursiveScriptModule(ScriptModule):
    """What `script` makes of a module."""


class TopLevelTracedModule(ScriptModule):
    """What `trace` makes of a module."""

    def __repr__(self) -> str:
        return self._shown(None)


def _tree(module: Module, kind: str | None) -> str:
    name = type(module).__name__
    shown = kind or name
    children = [f"({key}): {indented(_tree(child, kind))}" for key, child in module.named_children()]
    if not children:
        return f"{shown}(original_name={name})"
    body = "\n  ".join([f"original_name={name}", *children])
    return f"{shown}(\n  {body}\n)"


def script(
    obj: Any,
    optimize: None = None,
    _frames_up: int = 0,
    _rcb: None = None,
    example_inputs: Any = None,
) -> Any:
    """A module or function under TorchScript's types; it runs on the engine with the same results.

    Args:
        obj: a module, a function, or a class (returned as it is, to be used in scripted code).
        example_inputs: for type inference in PyTorch; nothing here needs it.

    Returns:
        A `RecursiveScriptModule` or a `ScriptFunction`.

    Example:
        >>> import torchlike as torch
        >>> @torch.jit.script
        ... def double(x):
        ...     return x * 2
        >>> double(torch.tensor([1.0]))
        tensor([2.])
    """
    if isinstance(obj, ScriptModule | ScriptFunction):
        return obj
    if isinstance(obj, Module):
        return RecursiveScriptModule(obj)
    if isinstance(obj, type):
        return obj
    if not callable(obj):
        raise TypeError(f"{type(obj)} is a built-in class")
    return ScriptFunction(obj)


def trace(
    func: Any,
    example_inputs: Any = None,
    optimize: None = None,
    check_trace: bool = True,
    check_inputs: Iterable | None = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: None = None,
    _compilation_unit: None = None,
    example_kwarg_inputs: dict | None = None,
    _store_inputs: bool = True,
) -> Any:
    """A module or function under TorchScript's types, run once on example inputs.

    Conditions and loops stay Python's: where PyTorch's trace would freeze the branch that the example took, this one
    goes on to follow the data.

    Args:
        func: a module or function.
        example_inputs: a tensor or a tuple of them to run it on.
        check_trace: run it again on the same inputs and compare; deterministic callables pass.
        check_inputs, check_tolerance, strict: of PyTorch's comparison between trace and original, which are one here.
        example_kwarg_inputs: keyword arguments to run it on, in place of `example_inputs`.

    Returns:
        A `TopLevelTracedModule` or a `ScriptFunction`.

    Raises:
        RuntimeError: neither kind of example inputs is given, or both are.

    Example:
        >>> import torchlike as torch
        >>> torch.jit.trace(lambda x: x + 1, torch.zeros(1))(torch.ones(1))
        tensor([2.])
    """
    if isinstance(func, ScriptModule | ScriptFunction):
        return func
    if example_kwarg_inputs is not None:
        if example_inputs is not None:
            raise RuntimeError("Only one of example_inputs and example_kwarg_inputs should be specified.")
        func(**example_kwarg_inputs)
    elif example_inputs is None:
        raise RuntimeError("example_kwarg_inputs should be a dict")
    else:
        func(*((example_inputs,) if isinstance(example_inputs, Tensor | dict) else tuple(example_inputs)))
    return TopLevelTracedModule(func) if isinstance(func, Module) else ScriptFunction(func)


def is_scripting() -> bool:
    """Whether scripted code is running: never, since Python runs it."""
    return False


def is_tracing() -> bool:
    """Whether a trace is being made: never, since a trace is the callable itself."""
    return False


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Mark a method that TorchScript leaves to Python; here all are."""
    return drop if callable(drop) else lambda fn: fn


def unused(fn: Callable) -> Callable:
    """Mark a method that TorchScript replaces by an error; here it stays callable."""
    return fn


def export(fn: Callable) -> Callable:
    """Mark a method that TorchScript compiles besides `forward`; here all methods are."""
    return fn


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value, whose type TorchScript is told."""
    return the_value


def save(m: Any, f: Any, _extra_files: dict | None = None) -> None:
    """Not there: TorchScript's archive holds code in PyTorch's intermediate representation."""
    raise missing("torch.jit.save", "torch.save(module.state_dict())")


def load(
    f: Any, map_location: Any = None, _extra_files: dict | None = None, _restore_shapes: bool = False
) -> Any:
    """Not there: TorchScript's archive holds code in PyTorch's intermediate representation."""
    raise missing("torch.jit.load", "torch.load of a state dict")
