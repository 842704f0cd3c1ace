"""The functions of `torch.library` that define operators and register for them by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torchlike.errors import warn
from torchlike.library import custom_ops, definitions, dispatch_keys, schema_checks
from torchlike.library.custom_ops import CustomOpDef
from torchlike.library.definitions import Definition, Differentiated
from torchlike.library.dispatch_keys import AUTOGRAD, EXPLICIT
from torchlike.library.libraries import Library, source_of_caller, split
from torchlike.library.overloads import OpOverload
from torchlike.library.tags import Tag

__all__ = [
    "define",
    "impl",
    "impl_abstract",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_vmap",
]

# Libraries made for a single registration, which lasts as long as the program.
_keep_alive: list[Library] = []
_NAMELESS_SCHEMA = re.compile(r"\(.*\) -> .*")


@dataclass
class _Formula:
    _backward_fn: Callable | None
    _setup_context_fn: Callable | None


def _library(namespace: str, lib: Library | None) -> Library:
    if lib is None:
        lib = Library(namespace, "FRAGMENT")
        _keep_alive.append(lib)
    return lib


def define(qualname: Any, schema: str, *, lib: Library | None = None, tags: Tag | Sequence[Tag] = ()) -> Any:
    """Define an operator; `impl`, `register_fake` and `register_autograd` then say what it does.

    Args:
        qualname: its namespace and name, `mine::sin`. Given a `Library` here, this is a decorator of the operator's
            function, PyTorch's older form.
        schema: its schema without the name, `(Tensor x) -> Tensor`.
        lib: the library with which it goes; by default it stays.
        tags: see `Library.define`.

    Raises:
        ValueError: the name or the schema has not the form.
        RuntimeError: there is such an operator.

    Example:
        >>> import numpy as np
        >>> import torchlike as torch
        >>> torch.library.define("docs::sine", "(Tensor x) -> Tensor")
        >>> @torch.library.impl("docs::sine", "cpu")
        ... def f(x):
        ...     return torch.from_numpy(np.sin(x.numpy()))
        >>> torch.ops.docs.sine(torch.zeros(2))
        tensor([0., 0.])
    """
    if isinstance(qualname, Library):
        return _older_define(qualname, schema)
    if not isinstance(qualname, str):
        raise ValueError(
            f"define(qualname, schema): expected qualname to be instance of str, got {type(qualname)}"
        )
    namespace, name = split(qualname)
    lib = _library(namespace, lib)
    if not _NAMELESS_SCHEMA.fullmatch(schema):
        raise ValueError(
            'define(qualname, schema, ...): expected schema to look like e.g. "(Tensor x) -> Tensor" but got '
            f'"{schema}"'
        )
    lib.define(name + schema, alias_analysis="", tags=tags)
    return None


def _older_define(lib: Library, schema: str) -> Callable[[Callable], Callable]:
    def wrap(fn: Callable) -> Callable:
        lib.impl(lib.define(schema), fn)
        return fn

    return wrap


def impl(
    qualname: Any, types: str | Sequence[str], func: Callable | None = None, *, lib: Library | None = None
) -> Any:
    """Register what an operator does on some type of device.

    Args:
        qualname: its namespace and name. Given a `Library` here, with a name and a dispatch key, this is PyTorch's
            older form, a decorator.
        types: "cpu", "cuda", several of them, or "default" for all.
        func: the function of tensors; without it this is a decorator.
        lib: the library with which the registration goes; by default it stays.

    Raises:
        RuntimeError: there is no such device.
        NotImplementedError: see `Library.impl`.

    Example:
        >>> import torchlike as torch
        >>> torch.library.define("docs::third", "(Tensor x) -> Tensor")
        >>> torch.library.impl("docs::third", "default", lambda x: x / 3)
        >>> torch.ops.docs.third(torch.tensor(6.0))
        tensor(2.)
    """
    if isinstance(qualname, Library):
        return _older_impl(qualname, types, func)
    keys = dict.fromkeys(map(_key_of, (types,) if isinstance(types, str) else types))

    def register(fn: Callable) -> None:
        chosen = _library(split(qualname)[0], lib)
        for key in keys:
            chosen.impl(qualname, fn, key)

    return register if func is None else register(func)


def _older_impl(lib: Library, name: Any, dispatch_key: Any) -> Callable[[Callable], Callable]:
    def wrap(fn: Callable) -> Callable:
        lib.impl(name, fn, dispatch_key or "")
        return fn

    return wrap


def _key_of(kind: str) -> str:
    if dispatch_keys.is_key(kind):
        return kind
    return EXPLICIT if kind == "default" else dispatch_keys.of_type(kind)


def _resolved(op: Any, function: str) -> str | CustomOpDef:
    """What `register_...` is for: the `CustomOpDef`, or the name of an operator that is none."""
    if not isinstance(op, str | OpOverload | CustomOpDef):
        raise ValueError(f"{function}({op}): got unexpected type for op: {type(op)}")
    name = op.name() if isinstance(op, OpOverload) else op
    found = custom_ops.of_name(name) if isinstance(name, str) else name
    return name if found is None else found


def _definition(qualname: str) -> Definition:
    """The definition of this name.

    Raises:
        AttributeError: there is none, as `torch.ops` says it.
        NotImplementedError: it is built in or a plugin's.
    """
    namespace, name = split(qualname)
    if definitions.defined(qualname) is None:
        from torchlike.library.operator_namespaces import ops

        base, _, overload = name.partition(".")
        getattr(getattr(getattr(ops, namespace), base), overload or "default")
    return definitions.existing(qualname)


def register_kernel(
    op: str | OpOverload | CustomOpDef,
    device_types: str | Sequence[str] | None,
    func: Callable | None = None,
    /,
    *,
    lib: Library | None = None,
) -> Any:
    """Register what an operator does on some type of device.

    Args:
        op: the operator or its name.
        device_types: "cpu", "cuda" or several of them; None for all.
        func: the function of tensors; without it this is a decorator.
        lib: see `impl`.

    Example:
        >>> import torchlike as torch
        >>> torch.library.define("docs::half", "(Tensor x) -> Tensor")
        >>> torch.library.register_kernel("docs::half", "cpu", lambda x: x / 2)
        >>> torch.ops.docs.half(torch.tensor(6.0))
        tensor(3.)
    """
    found = _resolved(op, "register_kernel")
    if isinstance(found, CustomOpDef):
        return found.register_kernel(device_types, func)
    return impl(found, EXPLICIT if device_types is None else device_types, func, lib=lib)


def register_fake(
    op: str | OpOverload | CustomOpDef,
    func: Callable | None = None,
    /,
    *,
    lib: Library | None = None,
    _stacklevel: int = 1,
    allow_override: bool = True,
) -> Callable:
    """Register an operator's fake implementation: what its results are like, without computing them.

    It is called with tensors that have no elements. Here it is what `opcheck` checks; nothing else needs it, since
    what a program does is compiled around the operator.

    Args:
        op: the operator or its name.
        func: takes the operator's arguments; without it this is a decorator.
        lib: see `impl`.
        allow_override: whether there may be one already.

    Returns:
        `func`.

    Raises:
        RuntimeError: there is no such operator, or a fake implementation already.

    Example:
        >>> import torchlike as torch
        >>> @torch.library.custom_op("docs::sum_of", mutates_args=())
        ... def sum_of(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        ...     return x + y
        >>> @torch.library.register_fake("docs::sum_of")
        ... def _(x, y):
        ...     return torch.empty_like(x)
    """
    found = _resolved(op, "register_fake")
    if isinstance(found, CustomOpDef):
        return found.register_fake if func is None else found.register_fake(func)

    def register(fn: Callable) -> Callable:
        namespace, name = split(found)
        _library(namespace, lib)._register_fake(name, fn, allow_override)
        return fn

    return register if func is None else register(func)


def impl_abstract(
    qualname: str, func: Callable | None = None, *, lib: Library | None = None, _stacklevel: int = 1
) -> Callable:
    """The older name of `register_fake`."""
    warn(
        "`torch.library.impl_abstract` was renamed to `torch.library.register_fake`. Please use that instead; we will "
        "remove `torch.library.impl_abstract` in a future version of PyTorch.",
        FutureWarning,
    )
    return register_fake(qualname, func, lib=lib)


def register_autograd(
    op: str | OpOverload | CustomOpDef,
    backward: Callable,
    /,
    *,
    setup_context: Callable | None = None,
    lib: Library | None = None,
) -> None:
    """Register an operator's gradient.

    Args:
        op: the operator or its name.
        backward: `(ctx, *grads)`, of the results' gradients; gives that of each argument, None for what has none. Made
            of operators that have gradients, it can be differentiated in turn.
        setup_context: `(ctx, inputs, output)`, keeps what `backward` needs in `ctx`; where there are keyword-only
            arguments, it is given them as `keyword_only_inputs` too.
        lib: see `impl`.

    Raises:
        RuntimeError: the operator writes to an argument.
        NotImplementedError: it has keyword-only tensors, or is built in or a plugin's.

    Example:
        >>> import torchlike as torch
        >>> torch.library.define("docs::cube", "(Tensor x) -> Tensor")
        >>> torch.library.impl("docs::cube", "cpu", lambda x: x ** 3)
        >>> def setup_context(ctx, inputs, output):
        ...     ctx.save_for_backward(*inputs)
        >>> def backward(ctx, grad):
        ...     (x,) = ctx.saved_tensors
        ...     return grad * 3 * x ** 2
        >>> torch.library.register_autograd("docs::cube", backward, setup_context=setup_context)
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> torch.autograd.grad(torch.ops.docs.cube(x), x)
        (tensor(12.),)
    """
    found = _resolved(op, "register_autograd")
    if isinstance(found, CustomOpDef):
        found.register_autograd(backward, setup_context=setup_context)
        return
    definition = _definition(found)
    schema_checks.check_differentiable(definition, str(definition.overload), allow_view=False)
    schema_checks.refuse_named_tensors(
        definition.schema,
        "register_autograd with kwarg-only Tensor args. In the original definition of the op, please make your "
        f"tensors not kwarg-only. Got: {definition.schema}",
    )
    formula = _Formula(backward, setup_context)
    _library(split(found)[0], lib).add(found, AUTOGRAD, Differentiated(definition, formula))


def register_vmap(
    op: str | OpOverload | CustomOpDef, func: Callable | None = None, /, *, lib: Library | None = None
) -> Any:
    """Register an operator's batching rule, for `torch.vmap`, which is not there yet.

    Args:
        op: the operator or its name.
        func: `(info, in_dims, *args) -> (result, out_dims)`; without it this is a decorator.
        lib: see `impl`.

    Raises:
        NotImplementedError: the operator has keyword-only tensors, or is built in or a plugin's.
    """
    found = _resolved(op, "register_vmap")
    if isinstance(found, CustomOpDef):
        return found.register_vmap(func)
    definition = _definition(found)
    schema_checks.refuse_named_tensors(
        definition.schema,
        "register_vmap with kwarg-only Tensor args. In the original definition of the op, please make your tensors not "
        f"kwarg-only. Got: {definition.schema}",
    )

    def register(fn: Callable) -> None:
        chosen = _library(split(found)[0], lib)
        chosen._undo.append(definitions.add_vmap(found, fn, source_of_caller()))

    return register if func is None else register(func)
