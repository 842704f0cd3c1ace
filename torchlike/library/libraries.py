"""`Library`: operators that a program defines and kernels that it registers, as long as it keeps them."""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torchlike.errors import missing, missing_name
from torchlike.library import definitions, dispatch_keys, function_schema, schema_checks
from torchlike.library.definitions import Definition
from torchlike.library.dispatch_keys import AUTOGRAD, IMPLICIT, META
from torchlike.library.overloads import OpOverload
from torchlike.library.tags import Tag, normalized
from torchlike.operators.declaration import OPERATORS
from torchlike.registries import load_plugins

__all__ = ["Library", "source_of_caller", "split"]

_PACKAGE = str(Path(__file__).parent.parent)
# "namespace/name/key" of every kernel that is registered, and where each namespace's "DEF" library is.
_impls: set[str] = set()
_owned: dict[str, str] = {OPERATORS.namespace: "torchlike"}


def source_of_caller() -> str:
    """The line of the user's program that called into torchlike, `/path/to/file.py:42`."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class Library:
    """Operators that are defined, and kernels that are registered, as long as it exists.

    Args:
        ns: the operators' namespace.
        kind: "DEF" for the one library that a namespace is, "FRAGMENT" for part of one, "IMPL" to register only.
        dispatch_key: the key of its kernels, where `impl` is told none.

    Raises:
        ValueError: there is no such kind, or the namespace is reserved.
        RuntimeError: there is a "DEF" library of the namespace already.

    Example:
        >>> import torchlike as torch
        >>> lib = torch.library.Library("docs_library", "DEF")
        >>> lib.define("twice(Tensor x) -> Tensor")
        'twice'
        >>> lib.impl("twice", lambda x: x * 2)
        >>> torch.ops.docs_library.twice(torch.ones(2))
        tensor([2., 2.])
    """

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("IMPL", "DEF", "FRAGMENT"):
            raise ValueError(f"Unsupported kind: {kind}")
        if ns == "prim" and kind != "IMPL":
            raise ValueError(
                f"{ns} is a reserved namespace. Please try creating a library with another name."
            )
        if dispatch_key:
            dispatch_keys.checked(dispatch_key)
        self._source = source_of_caller()
        if kind == "DEF" and ns in _owned:
            raise RuntimeError(
                f"Only a single TORCH_LIBRARY can be used to register the namespace {ns}; please put all of your "
                "definitions in a single TORCH_LIBRARY block.  If you were trying to specify implementations, consider "
                "using TORCH_LIBRARY_IMPL (which can be duplicated).  If you really intended to define operators for a "
                "single namespace in a distributed way, you can use TORCH_LIBRARY_FRAGMENT to explicitly indicate "
                f"this.  Previous registration of TORCH_LIBRARY was registered at {_owned[ns]}; latest registration "
                f"was registered at {self._source}"
            )
        self.ns = ns
        self.kind = kind
        self.dispatch_key = dispatch_key
        # What takes back each thing that was registered, the latest first.
        self._undo: list[Callable[[], Any]] = []
        self._destroyed = False
        if kind == "DEF":
            _owned[ns] = self._source
            self._undo.append(functools.partial(_owned.pop, ns, None))
        weakref.finalize(self, _take_back, self._undo).atexit = False

    def __getattr__(self, name: str) -> Any:
        if name == "register_symm_mem_args":
            raise missing_name(f"torch.library.Library.{name}")
        raise AttributeError(f"'Library' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema: str, alias_analysis: str = "", *, tags: Tag | Sequence[Tag] = ()) -> str:
        """Define an operator.

        Args:
            schema: its name and schema, `sum(Tensor self) -> Tensor`.
            alias_analysis: "", "FROM_SCHEMA" or "CONSERVATIVE", which tells compilers of PyTorch's whether to believe
                the schema; here nothing is reordered around an operator's Python.
            tags: what else to say of it; see `torch.Tag`.

        Returns:
            Its name.

        Raises:
            RuntimeError: the schema is not understood, or there is such an operator.
            ValueError: a tag contradicts the schema.
        """
        if alias_analysis not in ("", "FROM_SCHEMA", "CONSERVATIVE"):
            raise RuntimeError(f"Invalid alias_analysis type {alias_analysis}")
        self._check_alive()
        parsed = function_schema.parse(schema)
        given = parsed.name
        own = parsed.in_namespace(self.ns)
        if self.kind == "IMPL":
            raise RuntimeError(
                f'def("{given}"): Cannot define an operator inside of a TORCH_LIBRARY_IMPL block.  All def()s should '
                "be placed in the (unique) TORCH_LIBRARY block for their namespace.  (Error occurred while processing "
                f"TORCH_LIBRARY_IMPL block at {self._source})"
            )
        if "::" in given and own.name != given:
            raise RuntimeError(
                f"Explicitly provided namespace ({given.partition('::')[0]}) in schema string does not match namespace "
                f"of enclosing TORCH_LIBRARY block ({self.ns}).  Move this definition to the (unique) TORCH_LIBRARY "
                "block corresponding to this namespace (and consider deleting the namespace from your schema string.)  "
                f"(Error occurred while processing TORCH_LIBRARY block at {self._source})"
            )
        tags = (tags,) if isinstance(tags, Tag) else tags
        schema_checks.check_tags(parsed, tags)
        self._enter(Definition(own, source_of_caller(), normalized(tags)))
        return given

    def _enter(self, definition: Definition) -> None:
        definition.enter()
        self._undo.append(definition.leave)

    def impl(
        self,
        op_name: str | OpOverload,
        fn: Callable,
        dispatch_key: str = "",
        *,
        with_keyset: bool = False,
        allow_override: bool = True,
    ) -> None:
        """Register what an operator does.

        Args:
            op_name: its name, or it.
            fn: a function of tensors. Under "CPU", "CUDA" or "CompositeExplicitAutograd" the operator needs
                `register_autograd` to have a gradient; under "CompositeImplicitAutograd", the default, the operators
                that the function is made of give it; under "Autograd" the function sees to it itself; under "Meta" it
                is the fake implementation.
            dispatch_key: see `fn`.
            with_keyset: PyTorch's sets of dispatch keys, which are not there.
            allow_override: whether there may be one already.

        Raises:
            TypeError: `fn` cannot be called.
            RuntimeError: there is one already, or the namespace is another.
            NotImplementedError: the operator is built in or a plugin's, or the key is one that nothing here uses.
        """
        if not callable(fn):
            raise TypeError(f"Input function is required to be a callable but found type {type(fn)}")
        if with_keyset:
            raise missing("Library.impl(with_keyset=True)")
        key = dispatch_key or self.dispatch_key
        name = _name_of(op_name, "impl")
        namespace, _, own = name.rpartition("::")
        label = f"{self.ns}/{own}/{key}"
        if not allow_override and label in _impls:
            raise RuntimeError(
                "This is not allowed since there's already a kernel registered from python overriding "
                f"{own}'s behavior for {key} dispatch key and {self.ns} namespace."
            )
        self._check_alive()
        if namespace and namespace != self.ns:
            raise RuntimeError(
                f'impl("{name}", ...): Explicitly provided namespace ({namespace}) in operator name does not match '
                f"namespace of enclosing TORCH_LIBRARY block ({self.ns}).  Move this definition to the TORCH_LIBRARY "
                "block corresponding to this namespace (and consider deleting the namespace from your schema string.)  "
                f"(Error occurred while processing TORCH_LIBRARY block at {self._source})"
            )
        full = _refuse_others(f"{self.ns}::{own}")
        if key == META and definitions.registered(full).get(IMPLICIT) is not None:
            raise RuntimeError(
                f"We should not register a meta kernel directly to the operator '{name}', because it has a "
                "CompositeImplicitAutograd kernel in core. Instead we should let the operator decompose, and ensure "
                "that we have meta kernels for the base ops that it decomposes into."
            )
        if fn is definitions.fallthrough_kernel and not key.startswith(AUTOGRAD):
            raise missing(f"torch.library.fallthrough_kernel under {key or IMPLICIT}")
        self.add(full, dispatch_keys.checked(key or IMPLICIT), fn)
        _impls.add(label)
        self._undo.append(functools.partial(_impls.discard, label))

    def add(self, name: str, key: str, function: Any) -> None:
        """Register a function under a key, whatever is there."""
        self._undo.append(definitions.add_kernel(name, key, function, source_of_caller()))

    def _register_fake(self, op_name: str, fn: Callable, allow_override: bool = True) -> None:
        name = f"{self.ns}::{op_name}"
        definitions.existing(name)
        there = definitions.registered(name)
        if not allow_override:
            before = there.kernels.get(META)
            if before:
                raise RuntimeError(
                    f"register_fake(...): the operator {name} already has a fake impl registered at "
                    f"{before[-1].source}."
                )
            if there.get(IMPLICIT) is not None:
                raise RuntimeError(
                    f"register_fake(...): the operator {name} already has an implementation for this device type via "
                    "a pre-existing registration to DispatchKey::CompositeImplicitAutograd."
                    "CompositeImplicitAutograd operators do not need a fake impl; instead, the operator will decompose "
                    "into its constituents and those can have fake impls defined on them."
                )
        self._check_alive()
        self.add(name, META, fn)

    def fallback(self, fn: Callable, dispatch_key: str = "", *, with_keyset: bool = False) -> None:
        """PyTorch's kernels for every operator, which are not there.

        Raises:
            RuntimeError: the namespace is not "_".
            NotImplementedError: always otherwise.
        """
        if self.ns != "_":
            raise RuntimeError(
                'Fallback can only be registered using library fragment on the global namespace "_" but it is '
                f"{self.ns}"
            )
        raise missing("Library.fallback")

    def _destroy(self) -> None:
        """Take back all that was registered."""
        self._destroyed = True
        _take_back(self._undo)

    def _check_alive(self) -> None:
        if self._destroyed:
            raise AssertionError("Library object has been destroyed")


def _take_back(undo: list[Callable[[], Any]]) -> None:
    while undo:
        undo.pop()()


def _name_of(op: str | OpOverload, function: str) -> str:
    if isinstance(op, str):
        return op
    if isinstance(op, OpOverload):
        return op.name()
    raise RuntimeError(
        f"{function} should be passed either a name or an OpOverload object as the first argument, got {type(op)}"
    )


def _refuse_others(name: str) -> str:
    """A name, unless it is that of an operator whose kernels are functions of JAX arrays."""
    if definitions.defined(name) is None:
        load_plugins(f"torch.library.impl of {name}")
        if OPERATORS.claims(name):
            definitions.existing(name)
    return name


def split(qualname: str) -> tuple[str, str]:
    """The namespace and the rest.

    Raises:
        ValueError: it has not both.
    """
    parts = qualname.split("::")
    if len(parts) != 2:
        raise ValueError(
            f'Expected `qualname` to be of the form "namespace::name", but got {qualname}. The qualname passed to the '
            "torch.library APIs must consist of a namespace and a name, e.g. aten::sin"
        )
    return parts[0], parts[1]
