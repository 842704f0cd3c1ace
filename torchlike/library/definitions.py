"""Operators that a program defines: schemas, and what is registered for them under each dispatch key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torchlike.devices import device
from torchlike.errors import missing, warn
from torchlike.library import dispatch_keys, fakes, generated_backward, overloads
from torchlike.library.call_arguments import arranged, matched, returned, tensors_in
from torchlike.library.dispatch_keys import AUTOGRAD, EXPLICIT, IMPLICIT, META
from torchlike.library.function_schema import FunctionSchema
from torchlike.library.generated_backward import Formula
from torchlike.library.overloads import OpOverload, OpOverloadPacket
from torchlike.library.tags import Tag
from torchlike.operators.declaration import OPERATORS
from torchlike.registries import Claim

__all__ = [
    "Definition",
    "Differentiated",
    "Kernel",
    "UnsupportedOperatorException",
    "add_kernel",
    "add_vmap",
    "defined",
    "existing",
    "fallthrough_kernel",
    "registered",
]


def fallthrough_kernel() -> None:
    """Stands for "as if there were no kernel" where a kernel is registered: `lib.impl(name, fallthrough_kernel, key)`.

    Under "Autograd" it makes what the operator's kernels record the graph, without a warning.

    Raises:
        NotImplementedError: it is called.
    """
    raise NotImplementedError("fallthrough_kernel() should never be called.")


class UnsupportedOperatorException(RuntimeError):
    """An operator that has no fake implementation is called with fake tensors."""


@dataclass(eq=False, slots=True)
class Kernel:
    """What is registered under a key.

    Attributes:
        function: it; under "Autograd" it may be a `Differentiated`.
        source: the file and line that registered it.
    """

    function: Any
    source: str


class Registered:
    """What is registered for a name, whether it is defined yet or not: kernels by dispatch key, the latest last."""

    def __init__(self) -> None:
        self.kernels: dict[str, list[Kernel]] = {}
        # The batching rules, for `vmap` to find.
        self.vmaps: list[Kernel] = []

    def get(self, key: str) -> Any:
        """The function under a key, None where there is none."""
        found = self.kernels.get(key)
        return found[-1].function if found else None

    def keys(self) -> list[str]:
        """The keys under which there is something."""
        return [key for key, kernels in self.kernels.items() if kernels]


_registered: dict[str, Registered] = {}
_defined: dict[str, Definition] = {}
_has_warned = False


def registered(name: str) -> Registered:
    """What is registered for a name, `mine::sin` or `mine::sin.out`."""
    return _registered.setdefault(name, Registered())


def defined(name: str) -> Definition | None:
    """What a program defined under a name; None if it did not."""
    return _defined.get(name)


def existing(name: str) -> Definition:
    """What a program defined under a name.

    Raises:
        RuntimeError: it did not.
        NotImplementedError: it is torchlike's or a plugin's, whose functions are JAX's.
    """
    found = _defined.get(name)
    if found is not None:
        return found
    if OPERATORS.claims(name):
        raise missing(
            f"torch.library registrations for '{name}', which torch.library did not define",
            "a plugin that registers with override=True",
        )
    raise RuntimeError(f"operator {name} does not exist")


def add_kernel(name: str, key: str, function: Any, source: str) -> Callable[[], None]:
    """Register a function under a dispatch key.

    Returns:
        What takes it back.
    """
    global _has_warned
    found = registered(name).kernels.setdefault(key, [])
    kernel = Kernel(function, source)
    definition = _defined.get(name)
    if found and definition is not None and not _has_warned:
        _has_warned = True
        warn(
            "Warning only once for all operators,  other operators may also be overridden.\n  Overriding a previously "
            f"registered kernel for the same operator and the same dispatch key\n  operator: {definition.schema}\n"
            f"    registered at {definition.source}\n  dispatch key: {key}\n  previous kernel: registered at "
            f"{found[-1].source}\n       new kernel: registered at {source}"
        )
    found.append(kernel)
    return lambda: _discard(found, kernel)


def add_vmap(name: str, rule: Callable, source: str) -> Callable[[], None]:
    """Register a batching rule.

    Returns:
        What takes it back.
    """
    found = registered(name).vmaps
    kernel = Kernel(rule, source)
    found.append(kernel)
    return lambda: _discard(found, kernel)


def _discard(kernels: list[Kernel], kernel: Kernel) -> None:
    if kernel in kernels:
        kernels.remove(kernel)


class Definition:
    """An operator that a program defined, as the registry of operators has it.

    Attributes:
        schema: its schema.
        source: the file and line that defined it.
        overload: it as `torch.ops` shows it.
        registered: its kernels.
        select_device: the position of the argument that says where it runs, if no tensor does.
    """

    def __init__(self, schema: FunctionSchema, source: str, tags: Sequence[Tag]) -> None:
        namespace, _, base = schema.name.partition("::")
        self.schema = schema
        self.source = source
        self.registered = registered(schema.full_name)
        self.select_device: int | None = None
        self.overload: OpOverload = overloads.overload(
            namespace,
            base,
            schema.overload_name or "default",
            self._call,
            lambda: schema,
            lambda: _packet_of(namespace, base),
            tags,
            str(schema),
        )
        self._claim: Claim = Claim(schema.full_name, self, f"torch.library ({source})")

    def enter(self) -> None:
        """Put it where `torch.ops` finds it.

        Raises:
            RuntimeError: there is one of that name already.
        """
        name = self.schema.full_name
        before = _defined.get(name)
        if before is not None and before._claim not in OPERATORS.claims(name):
            # The registry was emptied since.
            before = None
        if before is not None or OPERATORS.is_builtin(name):
            where = before.source if before is not None else f"in {OPERATORS.owner}"
            raise RuntimeError(
                f"Tried to register an operator ({self.schema}) with the same name and overload name multiple times. "
                "Each overload's schema should only be registered with a single call to def(). Duplicate registration: "
                f"registered at {self.source}. Original registration: registered at {where}"
            )
        _defined[name] = self
        OPERATORS.add([self._claim])

    def leave(self) -> None:
        """Take it away again."""
        if _defined.get(self.schema.full_name) is self:
            del _defined[self.schema.full_name]
            OPERATORS.remove([self._claim])

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        if _defined.get(self.schema.full_name) is not self:
            raise RuntimeError(f"operator {self.schema.full_name} was taken away: its library is gone")
        values = matched(self.schema, args, kwargs)
        given, named = arranged(self.schema, values)
        return self._chosen(values)(given, named)

    def _chosen(self, values: list) -> Callable[[tuple, dict], Any]:
        """What runs a call of these arguments."""
        tensors = tensors_in(values)
        if not tensors:
            return self._kernel(self._device_key(values), has_tensors=False)[0]
        on = next((t.device for t in tensors if t.device.type != "cpu"), tensors[0].device)
        key = dispatch_keys.of_device(on)
        of_graph = self.registered.get(f"Autograd{key}") or self.registered.get(AUTOGRAD)
        if of_graph is None:
            kernel, records = self._kernel(key)
            if records:
                return kernel
            return generated_backward.with_warning(self.schema.full_name, self.schema, kernel)
        if of_graph is fallthrough_kernel:
            return self._kernel(key)[0]
        if isinstance(of_graph, Differentiated):
            return of_graph.call
        return self._running(of_graph)

    def below_graph(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run the kernel itself."""
        tensors = tensors_in((*args, *kwargs.values()))
        on = next((t.device for t in tensors if t.device.type != "cpu"), tensors[0].device)
        return self._kernel(dispatch_keys.of_device(on))[0](args, kwargs)

    def without_warning(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run the kernel as a call does, but without the node that warns."""
        return self.below_graph(*arranged(self.schema, matched(self.schema, args, kwargs)))

    def _device_key(self, values: list) -> str | None:
        """The key of the device that an argument names."""
        if self.select_device is None:
            return None
        on: device = values[self.select_device]
        key = dispatch_keys.of_device(on)
        if self.registered.get(key) is None:
            raise RuntimeError(
                f"{self.overload._opname} does not have a kernel registered for {on.type}. Please use register_kernel "
                "to do so."
            )
        return key

    def _kernel(self, key: str | None, has_tensors: bool = True) -> tuple[Callable[[tuple, dict], Any], bool]:
        """What runs on a device, and whether the graph is recorded inside of it."""
        get = self.registered.get
        fake = fakes.state.context is not None
        if fake:
            key = META
        for choice in (key, EXPLICIT, IMPLICIT):
            found = None if choice is None else get(choice)
            if found is not None and found is not fallthrough_kernel:
                return self._running(found, fake=choice == META), choice == IMPLICIT
        if fake:
            raise UnsupportedOperatorException(str(self.overload))
        name = self.schema.full_name
        there = ", ".join(self.registered.keys())
        if not has_tensors:
            raise NotImplementedError(
                "There were no tensor arguments to this function (e.g., you passed an empty list of Tensors), but no "
                f"fallback function is registered for schema {name}.  This usually means that this function requires "
                "a non-empty list of Tensors, or that you (the operator writer) forgot to register a fallback "
                f"function.  Available functions are [{there}].\n"
            )
        raise NotImplementedError(
            f"Could not run '{name}' with arguments from the '{key}' backend. This could be because the operator "
            "doesn't exist for this backend, or was omitted during the selective/custom build process (if using custom "
            "build). If you are a Facebook employee using PyTorch on mobile, please visit https://fburl.com/ptmfixes "
            f"for possible resolutions. '{name}' is only available for these backends: [{there}].\n"
        )

    def _running(self, fn: Callable, fake: bool = False) -> Callable[[tuple, dict], Any]:
        if fake:
            return lambda args, kwargs: fakes.as_fakes(returned(self.schema, fn(*args, **kwargs)))
        return lambda args, kwargs: returned(self.schema, fn(*args, **kwargs))


class Differentiated:
    """A formula as it is registered under "Autograd"."""

    def __init__(self, definition: Definition, formula: Formula, run: Callable | None = None) -> None:
        self.call = generated_backward.differentiated(
            str(definition.overload), definition.schema, run or definition.below_graph, formula
        )


def _packet_of(namespace: str, base: str) -> OpOverloadPacket:
    from torchlike.library.operator_namespaces import ops

    return getattr(getattr(ops, namespace), base)
