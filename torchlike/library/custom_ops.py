"""`custom_op`: a Python function of tensors as an operator, with a schema from its annotations."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

from torchlike.autograd.graph import increment_version
from torchlike.autograd.modes import state
from torchlike.errors import missing_name
from torchlike.library import definitions, dispatch_keys, schema_checks
from torchlike.library.call_arguments import tensors_in
from torchlike.library.definitions import Definition, Differentiated
from torchlike.library.dispatch_keys import AUTOGRAD, EXPLICIT, META
from torchlike.library.function_schema import parse
from torchlike.library.generated_backward import filled
from torchlike.library.libraries import Library, source_of_caller
from torchlike.library.schema_inference import infer_schema
from torchlike.library.tags import Tag, normalized

__all__ = ["CustomOpDef", "custom_op", "of_name"]

_log = logging.getLogger(__name__)
# What each name was defined with, so that it can be defined anew.
_libraries: dict[str, Library] = {}
_made: WeakValueDictionary[str, CustomOpDef] = WeakValueDictionary()
DeviceTypes = str | Sequence[str] | None


def of_name(name: str) -> CustomOpDef | None:
    """The custom operator of this name, if it is one."""
    return _made.get(name)


def custom_op(
    name: str,
    fn: Callable | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: DeviceTypes = None,
    schema: str | None = None,
    tags: Tag | Sequence[Tag] | None = None,
) -> Any:
    """Make an operator of a Python function of tensors.

    The function runs outside of the graph and may do whatever it likes with its tensors, with NumPy for instance; to
    the graph the operator is one node, whose gradient `register_autograd` gives. It is found as
    `torch.ops.mine.name`.

    Args:
        name: its namespace and name, `mine::name`.
        fn: the function, whose arguments and result are annotated; without it this is a decorator.
        mutates_args: the arguments that it writes to, or "unknown" for all.
        device_types: the types of devices that the function is for; None for all.
        schema: the schema without the name, where that should not follow from the annotations.
        tags: what else to say of it; see `torch.Tag`.

    Returns:
        The operator, a `CustomOpDef`, which is called as the function is.

    Raises:
        ValueError: the annotations do not give a schema, or `mutates_args` is none of the arguments.

    Example:
        >>> import numpy as np
        >>> import torchlike as torch
        >>> @torch.library.custom_op("docs::numpy_sin", mutates_args=())
        ... def numpy_sin(x: torch.Tensor) -> torch.Tensor:
        ...     return torch.from_numpy(np.sin(x.numpy()))
        >>> @numpy_sin.register_fake
        ... def _(x):
        ...     return torch.empty_like(x)
        >>> def setup_context(ctx, inputs, output):
        ...     ctx.save_for_backward(*inputs)
        >>> def backward(ctx, grad):
        ...     (x,) = ctx.saved_tensors
        ...     return grad * x.cos()
        >>> numpy_sin.register_autograd(backward, setup_context=setup_context)
        >>> x = torch.zeros(2, requires_grad=True)
        >>> numpy_sin(x)
        tensor([0., 0.], grad_fn=<GeneratedBackwardFor_docs_numpy_sin_defaultBackward>)
    """

    def make(function: Callable) -> CustomOpDef:
        chosen = normalized(tags)
        text = schema
        if text is None:
            text = infer_schema(function, mutates_args=mutates_args, tags=chosen)
        namespace, own = name.split("::")
        made = CustomOpDef(namespace, own, text, function, chosen)
        if schema is not None:
            expected = {a.name for a in made._definition.schema.arguments if a.is_mutated}
            if expected != set(mutates_args):
                raise ValueError(
                    f"Attempted to create a custom op with `mutates_args={mutates_args}` and `schema={schema}. The "
                    f"schema suggests that the op mutates {expected}which is different from what was provided to us in "
                    "`mutates_args`. Please make these consistent."
                )
        made.register_kernel(device_types)(function)
        return made

    return make if fn is None else make(fn)


class CustomOpDef:
    """What `custom_op` makes of a function."""

    _backward_fn: Callable | None = None
    _setup_context_fn: Callable | None = None
    _abstract_fn: Callable | None = None
    _vmap_fn: Callable | None = None

    def __init__(
        self, namespace: str, name: str, schema: str, fn: Callable, tags: tuple[Tag, ...] = ()
    ) -> None:
        self._namespace = namespace
        self._name = name
        self._schema = schema
        self._tags = tags
        self._init_fn = fn
        self._backend_fns: dict[str | None, Callable] = {}
        self._disabled_kernel: set[str | None] = set()
        self._is_inplace = Tag.inplace in tags
        self._is_out = Tag.out in tags
        if self._qualname in _libraries:
            _libraries.pop(self._qualname)._destroy()
        text = name + schema
        if not self._is_out:
            schema_checks.refuse_named_tensors(
                parse(text),
                f"custom_op with kwarg-only Tensor args. Please make your tensors not kwarg-only. Got: {text}",
            )
        self._lib = _libraries[self._qualname] = Library(namespace, "FRAGMENT")
        with_pt2 = [Tag.pt2_compliant_tag, *(t for t in tags if t is not Tag.pt2_compliant_tag)]
        self._lib.define(text, tags=with_pt2)
        definition = definitions.defined(self._qualname)
        assert definition is not None
        self._definition: Definition = definition
        self._opoverload = definition.overload
        self._lib.add(self._qualname, META, self._fake)
        of_graph = Differentiated(definition, self, self._below_graph)
        if self._is_out:
            of_graph.call = self._without_graph
        self._lib.add(self._qualname, AUTOGRAD, of_graph)
        _made[self._qualname] = self

    @property
    def _qualname(self) -> str:
        return f"{self._namespace}::{self._name}"

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._opoverload(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in ("register_torch_dispatch", "register_autocast", "register_effect"):
            raise missing_name(f"torch.library.CustomOpDef.{name}")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def register_kernel(self, device_types: DeviceTypes, fn: Callable | None = None, /) -> Callable:
        """Register what the operator does on some type of device.

        Args:
            device_types: "cpu", "cuda" or several of them; None for all.
            fn: the function; without it this is a decorator.

        Raises:
            ValueError: the operator takes no tensor, and no argument says on which device it is to run.
            RuntimeError: there is no such device.

        Example:
            >>> import torchlike as torch
            >>> @torch.library.custom_op("docs::where_am_i", mutates_args=())
            ... def where_am_i(x: torch.Tensor) -> torch.Tensor:
            ...     return torch.zeros(1)
            >>> @where_am_i.register_kernel("cpu")
            ... def _(x):
            ...     return torch.ones(1)
            >>> where_am_i(torch.zeros(3))
            tensor([1.])
        """

        def register(function: Callable) -> Callable:
            single = device_types is None or isinstance(device_types, str)
            kinds: Any = (device_types,) if single else device_types
            for kind in kinds:
                if kind not in self._backend_fns:
                    key = EXPLICIT if kind is None else dispatch_keys.of_type(kind)
                    self._lib.add(self._qualname, key, self._kernel(kind))
                self._backend_fns[kind] = function
            return function

        arguments = self._definition.schema.arguments
        if device_types is not None and not any(a.type.holds("Tensor") for a in arguments):
            of_device = (i for i, a in enumerate(arguments) if a.type.kind == "Device" and a.name == "device")
            self._definition.select_device = next(of_device, None)
            if self._definition.select_device is None:
                raise ValueError(
                    "Functions without tensor inputs are required to have a `device: torch.device` argument"
                )
        return register if fn is None else register(fn)

    def _kernel(self, kind: str | None) -> Callable:
        """The function for a type of devices, and the check of what it returns."""

        def run(*args: Any, **kwargs: Any) -> Any:
            fn = self._init_fn if kind in self._disabled_kernel else self._backend_fns[kind]
            result = fn(*args, **kwargs)
            problem = self._problem(args, kwargs, result)
            if problem:
                where = f"(with implementation in {inspect.getmodule(fn)})"
                raise RuntimeError(f"{self._name} {where}: {problem}")
            return result

        return run

    def _problem(self, args: tuple, kwargs: dict[str, Any], result: Any) -> str | None:
        """What is wrong with a kernel's result."""
        if self._is_inplace:
            if result is not args[0]:
                return "An operator tagged with torch.Tag.inplace must return its first argument."
        elif self._is_out:
            outs = [kwargs[a.name] for a in self._definition.schema.arguments if a.is_mutated]
            given = (result,) if len(outs) == 1 else result
            if (
                not isinstance(given, tuple)
                or len(given) != len(outs)
                or any(r is not o for r, o in zip(given, outs, strict=True))
            ):
                return "An operator tagged with torch.Tag.out must return its mutable keyword-only arguments."
        elif not self._definition.schema._is_view_op():
            memory = [t._storage for t in tensors_in((*args, *kwargs.values()))]
            for t in tensors_in((result,)):
                if any(t._storage is m for m in memory):
                    return (
                        "The output of this custom operator (1) must not also be an input to this custom operator and "
                        "(2) may not alias any inputs to this custom operator or other returns. The most common way to "
                        "trigger this error is if we have y = custom_op(x) and y and x are the same Tensor. Please "
                        "instead return a clone of the offending output tensor(s) (e.g. return x.clone()) or refactor "
                        "the custom operator to not return y."
                    )
                memory.append(t._storage)
        return None

    def register_fake(self, fn: Callable, /) -> Callable:
        """Register the fake implementation; see `torch.library.register_fake`.

        Args:
            fn: takes the operator's arguments.

        Returns:
            `fn`.
        """
        if self._is_inplace or self._is_out:
            tag = "torch.Tag.inplace" if self._is_inplace else "torch.Tag.out"
            warnings.warn(
                f"The fake registration for {self} is unnecessary. Custom ops tagged with {tag} already get an "
                "autogenerated fake kernel. The provided fake impl will be used instead.",
                stacklevel=2,
            )
        self._abstract_fn = fn
        return fn

    def _fake(self, *args: Any, **kwargs: Any) -> Any:
        if self._abstract_fn is not None:
            return self._abstract_fn(*args, **kwargs)
        schema = self._definition.schema
        if self._is_inplace:
            return args[0]
        if self._is_out:
            outs = tuple([kwargs[a.name] for a in schema.arguments if a.is_mutated])
            return outs[0] if len(outs) == 1 else outs
        if schema.is_mutable and not schema.returns:
            return None
        raise RuntimeError(
            f"There was no fake impl registered for {self}. This is necessary for torch.compile/export/fx tracing to "
            f"work. Please use `{self._init_fn.__name__}.register_fake` to add an fake impl."
        )

    def register_autograd(self, backward: Callable, /, *, setup_context: Callable | None = None) -> None:
        """Register the gradient; see `torch.library.register_autograd`.

        Args:
            backward: `(ctx, *grads)`, gives the gradient of each argument.
            setup_context: `(ctx, inputs, output)`, keeps in `ctx` what `backward` needs.

        Raises:
            RuntimeError: the operator writes to an argument.
        """
        schema_checks.check_differentiable(self._definition, str(self), allow_view=True)
        self._backward_fn = backward
        self._setup_context_fn = setup_context

    def register_vmap(self, func: Callable | None = None) -> Any:
        """Register the batching rule; see `torch.library.register_vmap`.

        Args:
            func: `(info, in_dims, *args) -> (result, out_dims)`; without it this is a decorator.
        """

        def register(fn: Callable) -> None:
            if self._vmap_fn is None:
                rule = definitions.add_vmap(self._qualname, self._batched, source_of_caller())
                self._lib._undo.append(rule)
            self._vmap_fn = fn

        return register if func is None else register(func)

    def _batched(self, *args: Any, **kwargs: Any) -> Any:
        assert self._vmap_fn is not None
        return self._vmap_fn(*args, **kwargs)

    @contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """Switch a device's kernel off or on again for the length of a `with` block.

        Without it the operator is the function that it was made of.

        Args:
            device_type: the type of devices.
            enabled: whether the kernel is to be used.

        Example:
            >>> import torchlike as torch
            >>> @torch.library.custom_op("docs::switched", mutates_args=())
            ... def switched(x: torch.Tensor) -> torch.Tensor:
            ...     return torch.zeros(1)
            >>> switched.register_kernel("cpu", lambda x: torch.ones(1))  # doctest: +ELLIPSIS
            <function <lambda> at ...>
            >>> with switched.set_kernel_enabled("cpu", enabled=False):
            ...     switched(torch.zeros(3))
            tensor([0.])
        """
        disabled = self._disabled_kernel
        action = "enable" if enabled else "disable"
        was_disabled = device_type in disabled
        if device_type not in self._backend_fns:
            _log.warning(
                "Attempted to %s kernel for %s but no kernel was registered for this device type.",
                action,
                device_type,
            )
        if enabled is not was_disabled:
            done = "enabled" if enabled else "disabled"
            _log.warning("Attempted to %s kernel for %s but it was already %s.", action, device_type, done)
        elif enabled:
            disabled.remove(device_type)
        else:
            disabled.add(device_type)
        try:
            yield
        finally:
            if was_disabled:
                disabled.add(device_type)
            else:
                disabled.discard(device_type)

    def _below_graph(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run the kernel, after counting a write to each argument that it writes to."""
        schema = self._definition.schema
        if schema.is_mutable:
            values, named = filled(schema, args, kwargs)
            for a, v in zip(schema.arguments, (*values, *named.values()), strict=True):
                if a.is_mutated:
                    increment_version(tensors_in((v,)))
        return self._definition.below_graph(args, kwargs)

    def _without_graph(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run an operator that writes to `out=`, as those do, outside of the graph."""
        if state.enabled and any(t.requires_grad for t in tensors_in((*args, *kwargs.values()))):
            raise RuntimeError(
                f"{self._name}(): functions with out=... arguments don't support automatic differentiation, but one of "
                "the arguments requires grad."
            )
        return self._below_graph(args, kwargs)
