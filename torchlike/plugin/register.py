"""What a plugin's hooks are given: it takes registrations, and enters them only when all of them have been made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torchlike import nn, optim
from torchlike.operators.declaration import OPERATORS, Operator, declared
from torchlike.operators.kernels import PLATFORMS, with_gradient
from torchlike.registries import Claim, Registry, registries
from torchlike.tensors.arguments import TYPES

__all__ = ["API", "Info", "Register", "Registration", "Samples"]

# The version of the interface that plugins are written for: of the hooks and of `Register`.
API = 1

# Arguments for one call each, `(args, kwargs)`, made when they are asked for.
Samples = Callable[[], Sequence[tuple[tuple, dict[str, Any]]]]


@dataclass(frozen=True)
class Info:
    """Who a plugin is.

    Attributes:
        name: its name.
        version: its version.
        api: the first and the last version of `torchlike.plugin.API` that it was written for.

    Example:
        >>> Info("mine", "1.0", api=(1, 1))
        Info(name='mine', version='1.0', api=(1, 1))
    """

    name: str
    version: str
    api: tuple[int, int]


@dataclass(frozen=True)
class Registration:
    """What a plugin registered, as the checks of `torchlike.plugin.testing` take it.

    Attributes:
        kind: "operator", "layer", "optimizer" or "kernel".
        claim: the name, the value and whether it overrides.
        samples: calls to check it with; None where they are to be guessed.
    """

    kind: str
    claim: Claim
    samples: Samples | None


class Register:
    """Takes a plugin's registrations.

    Args:
        owner: the plugin.

    Attributes:
        made: the registrations so far.
    """

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.made: list[Registration] = []

    def op(
        self,
        schema: str,
        *,
        gradient: Callable | None = None,
        inplace: bool = False,
        override: bool = False,
        samples: Samples | None = None,
        **options: Any,
    ) -> Callable[[Callable], Callable]:
        """Register the operator below: a pure function of JAX arrays.

        Gradients of every order, shapes and dtypes, both tiers of the engine, `jax.jit` and `jax.vmap`, documentation
        and stub come from it. `torchlike.ops.mine.swish` is then the operator.

        Args:
            schema: PyTorch's schema with a namespace, `mine::swish(Tensor x, float beta=1.0) -> Tensor`. A `Tensor`
                arrives as an array, a `Scalar` as an array of no dimensions, so that another number compiles nothing;
                `float`, `int`, `bool` and `str` arrive as they are and are part of the program, which is compiled anew
                for another one. `Tensor(a!)` for the first argument makes an in-place operator of it: the result is
                written to that argument.
            gradient: `(grad, *arguments) -> gradients`, of the result's gradient (a tuple of them where there are
                several results) and the arguments: the gradient of each tensor argument in order, None for zero. By
                default it is derived by JAX.
            inplace: whether there is `swish_` too.
            override: whether it stands in for an operator of that name. For a built-in one (`aten::gelu`) the schema
                is the built-in's; arguments are checked, promoted and named as they are there, so no `options`.
            samples: calls for the checks of `torchlike.plugin.testing`, which guess some from the schema otherwise.
            **options: `promote`, `check`, `guard`, `view`, ... as `torchlike.operators.declaration.declared` takes them
                and the built-in operators use them.

        Raises:
            ValueError: the schema is not understood, or has no namespace, or there is no such built-in operator.
            TypeError: an option that there is not, or is not for plugins.

        Example:
            >>> import jax
            >>> register = Register("mine")
            >>> @register.op("mine::swish(Tensor x, float beta=1.0) -> Tensor")
            ... def swish(x, beta):
            ...     return x * jax.nn.sigmoid(beta * x)
        """
        for name in options:
            if name in _NOT_FOR_PLUGINS:
                raise TypeError(f"register.op() got an unexpected keyword argument '{name}'")

        def take(fn: Callable) -> Callable:
            for text in [schema, _inplace_schema(schema)] if inplace else [schema]:
                made = _operator(text, fn, gradient, override, options)
                self._take("operator", made.schema.name, made, override, samples)
            return fn

        return take

    def kernel(
        self,
        operator: str,
        *,
        platform: str,
        gradient: Callable | None = None,
        override: bool = False,
        samples: Samples | None = None,
    ) -> Callable[[Callable], Callable]:
        """Register the function below as the kernel of an operator on one platform.

        It is chosen when a program is made for tensors there. It takes what the operator's own function takes, arrays
        already promoted, and gives results of the same shapes and dtypes.

        Args:
            operator: the operator's name, `aten::softmax` or `mine::swish`.
            platform: "cpu", "gpu" or "tpu".
            gradient: see `op`; by default it is derived by JAX from the kernel.
            override: whether it stands in for another plugin's kernel.
            samples: see `op`; by default those of the plugin's operator, if the kernel is for one of its own.

        Raises:
            ValueError: the platform is none, or there is no such built-in operator.

        Example:
            >>> register = Register("mine")
            >>> @register.kernel("aten::gelu", platform="gpu")
            ... def gelu(x, approximate):
            ...     return my_gelu(x, approximate)
        """
        if platform not in PLATFORMS:
            raise ValueError(f"no platform {platform!r}; there are {', '.join(PLATFORMS)}")
        builtin = _builtin_operator(operator) if OPERATORS.split(operator)[0] == OPERATORS.namespace else None

        def take(fn: Callable) -> Callable:
            chosen = fn
            if gradient is not None:
                if builtin is None:
                    raise NotImplementedError(
                        "an explicit gradient for the kernel of another plugin's operator"
                    )
                chosen = with_gradient(builtin.schema, fn, gradient)
            self._take("kernel", f"{OPERATORS.full(operator)}@{platform}", chosen, override, samples)
            return fn

        return take

    def layer(
        self,
        namespace: str,
        layer: type,
        *,
        name: str | None = None,
        override: bool = False,
        samples: Samples | None = None,
    ) -> type:
        """Register a layer: `torchlike.nn.plugins.mine.Layer`.

        Args:
            namespace: "mine"; "nn" with `override` to stand in for a built-in layer.
            layer: a subclass of `torchlike.nn.Module`.
            name: its name, if that is not the class's.
            override: whether it stands in for a layer of that name.
            samples: arguments of its constructor, each with the inputs of a call under the keyword `inputs`, a tuple.

        Returns:
            The class, so that this can be a decorator's last line.

        Raises:
            TypeError: it is no subclass of `Module`.
        """
        if not (isinstance(layer, type) and issubclass(layer, nn.Module)):
            raise TypeError(f"{layer!r} is no subclass of torchlike.nn.Module")
        return self._class("layer", namespace, layer, name, override, samples)

    def optimizer(
        self,
        namespace: str,
        optimizer: type,
        *,
        name: str | None = None,
        override: bool = False,
        samples: Samples | None = None,
    ) -> type:
        """Register an optimizer: `torchlike.optim.plugins.mine.Opt`.

        Args:
            namespace: "mine"; "optim" with `override` to stand in for a built-in optimizer.
            optimizer: a subclass of `torchlike.optim.Optimizer`.
            name: its name, if that is not the class's.
            override: whether it stands in for an optimizer of that name.
            samples: arguments of its constructor behind the parameters.

        Returns:
            The class.

        Raises:
            TypeError: it is no subclass of `Optimizer`.
        """
        if not (isinstance(optimizer, type) and issubclass(optimizer, optim.Optimizer)):
            raise TypeError(f"{optimizer!r} is no subclass of torchlike.optim.Optimizer")
        return self._class("optimizer", namespace, optimizer, name, override, samples)

    def _class(
        self,
        kind: str,
        namespace: str,
        value: type,
        name: str | None,
        override: bool,
        samples: Samples | None,
    ) -> type:
        own = name or value.__name__
        if not namespace.isidentifier() or not own.isidentifier():
            raise ValueError(f"{namespace!r} and {own!r} must be identifiers")
        self._take(kind, f"{namespace}.{own}", value, override, samples)
        return value

    def _take(self, kind: str, name: str, value: Any, override: bool, samples: Samples | None) -> None:
        registry: Registry = registries[kind]
        if (
            kind != "kernel"
            and registry.split(name)[0] == registry.namespace
            and not registry.is_builtin(name)
        ):
            raise ValueError(f"there is no built-in {kind} '{name}' to override")
        full = registry.full(name)
        if any(r.kind == kind and r.claim.name == full for r in self.made):
            raise ValueError(f"{kind} '{full}' is registered twice")
        self.made.append(Registration(kind, Claim(full, value, self.owner, override), samples))

    def commit(self) -> None:
        """Enter what was taken."""
        for kind in dict.fromkeys(r.kind for r in self.made):
            registries[kind].add([r.claim for r in self.made if r.kind == kind])

    def withdraw(self) -> None:
        """Take back what was entered."""
        for kind in dict.fromkeys(r.kind for r in self.made):
            registries[kind].remove([r.claim for r in self.made if r.kind == kind])


# A plugin's operator lives in `torchlike.ops`.
_NOT_FOR_PLUGINS = {"namespaces", "method", "out", "aliases", "dunder", "inplace_flag"}


def _builtin_operator(name: str) -> Operator:
    found = OPERATORS.builtin.get(OPERATORS.split(name)[1])
    if found is None:
        raise ValueError(f"there is no built-in operator '{name}'")
    if not isinstance(found, Operator):
        raise ValueError(
            f"'{name}' is made of other operators; it has no function of its own that could be replaced"
        )
    return found


def _operator(
    schema: str, fn: Callable, gradient: Callable | None, override: bool, options: dict[str, Any]
) -> Operator:
    made = declared(schema, fn, namespaces=(), method=False, out=False, **options)
    parsed = made.schema
    if "::" not in schema.partition("(")[0]:
        raise ValueError(f"schema {schema!r} has no namespace, as in 'mine::swish(Tensor x) -> Tensor'")
    for argument in parsed.arguments:
        if argument.type not in TYPES:
            raise ValueError(
                f"type {argument.type!r} in schema {schema!r} is not understood; there are {', '.join(TYPES)}"
            )
    if parsed.namespace == OPERATORS.namespace and override:
        own = _builtin_operator(parsed.name)
        if (own.schema.arguments, len(own.schema.returns)) != (parsed.arguments, len(parsed.returns)):
            raise ValueError(f"an override of {parsed.name!r} has its schema: {own.schema.text}")
        if options:
            raise TypeError(f"an override of a built-in operator takes no {', '.join(options)}")
        if own.view is not None:
            raise ValueError(f"'{parsed.name}' is a view, whose function cannot be replaced")
    if gradient is not None:
        made.fn = with_gradient(parsed, fn, gradient)
    return made


def _inplace_schema(schema: str) -> str:
    """The schema of the in-place form, `mine::swish_(Tensor(a!) x) -> Tensor(a!)`."""
    head, _, rest = schema.partition("(")
    base, dot, overload = head.partition(".")
    if not rest.startswith("Tensor "):
        raise ValueError(f"the first argument of an operator with an in-place form is a Tensor: {schema!r}")
    inside, _, _ = rest.rpartition("->")
    return f"{base}_{dot}{overload}(Tensor(a!) {inside.removeprefix('Tensor ')}-> Tensor(a!)"
