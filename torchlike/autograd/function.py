"""Custom functions: an operator whose forward and backward the user writes."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

from torchlike.autograd.function_node import FunctionNode
from torchlike.autograd.handles import RemovableHandle
from torchlike.autograd.modes import no_grad, set_grad_mode, state
from torchlike.autograd.nodes import FREED, Edge, Node, tensors
from torchlike.autograd.saved import SavedTensor
from torchlike.errors import missing

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]


class FunctionCtx:
    """What `forward` and `backward` of a custom function share.

    Attributes:
        needs_input_grad: per argument of `apply`, whether its gradient is asked for.
    """

    needs_input_grad: tuple[bool, ...] = ()
    to_save: tuple | None = None
    dirty_tensors: tuple | None = None
    non_differentiable: tuple | None = None
    saved_for_forward: tuple | None = None
    _materializes = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`, which finds them in `ctx.saved_tensors`.

        Only inputs and outputs should be kept so; a write to one of them before `backward` is an error there.

        Args:
            tensors: tensors, or None.

        Example:
            >>> import torchlike as torch
            >>> class Cube(torch.autograd.Function):
            ...     @staticmethod
            ...     def forward(ctx, x):
            ...         ctx.save_for_backward(x)
            ...         return x ** 3
            ...     @staticmethod
            ...     def backward(ctx, grad):
            ...         (x,) = ctx.saved_tensors
            ...         return grad * 3 * x ** 2
            >>> x = torch.tensor(2.0, requires_grad=True)
            >>> Cube.apply(x).backward()
            >>> x.grad
            tensor(12.)
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `jvp`.

        Raises:
            NotImplementedError: there is no forward mode.
        """
        raise missing(
            "torch.autograd.function.FunctionCtx.save_for_forward (forward-mode AD)", "save_for_backward"
        )

    def mark_dirty(self, *args: Tensor) -> None:
        """Say which inputs `forward` wrote to; each must be returned as well."""
        self.dirty_tensors = args

    def mark_shared_storage(self, *pairs: Any) -> None:
        """PyTorch's older way to name aliases; they are found by themselves."""
        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages are automatically tracked. "
            "Note that calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Say which outputs have no gradient; `backward` gets zeros for them."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether `backward` gets zeros (True, the default) or None for outputs that got no gradient."""
        self._materializes = value


class BackwardCFunction(FunctionCtx):
    """The context of one call of a custom function, and its `grad_fn`."""

    _forward_cls: type[Function]
    _node: ref[FunctionNode] | None = None
    # None before `forward` has run, () if nothing was saved, False once freed.
    _saved: Any = None

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors of `save_for_backward`.

        Raises:
            RuntimeError: they were freed, or written to.
        """
        if self._saved is None:
            return ()
        if self._saved is False:
            raise RuntimeError(FREED)
        node = self._node()  # type: ignore[misc]
        return tuple(None if s is None else s.unpack(node) for s in self._saved)

    @property
    def saved_variables(self) -> tuple[Tensor | None, ...]:
        """PyTorch's older name of `saved_tensors`."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return self.saved_tensors

    def maybe_clear_saved_tensors(self) -> None:
        """Free the saved tensors."""
        if self._saved:
            self._saved = False

    def _live(self, attribute: str) -> FunctionNode:
        node = None if self._node is None else self._node()
        if node is None:
            raise RuntimeError(
                f"Attribute '{attribute}' is invalid for this instance of _C._FunctionBase. Accessing this "
                "attribute directly on an instance of autograd.Function is a legacy access pattern that is "
                "no longer supported. For examples on how to use new-style autograd functions, see "
                "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function "
            )
        return node

    @classmethod
    def forward_name(cls) -> str:
        """The function's name, `Cube`."""
        return cls.__name__.removesuffix("Backward")

    def name(self) -> str:
        """The node's name, `CubeBackward`."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Per tensor among the arguments, the node of its gradient and which output of that it is."""
        return self._live("next_functions").next_functions

    @property
    def metadata(self) -> dict:
        """A dictionary for whatever the user wants to keep with the node."""
        return self._live("metadata").metadata

    @property
    def requires_grad(self) -> bool:
        """Whether any gradient leaves it."""
        return self._node is not None

    @property
    def _input_metadata(self) -> list:
        return list(self._live("_input_metadata").output_avals)

    def _sequence_nr(self) -> int:
        return self._live("_sequence_nr").sequence_nr

    def register_hook(self, fn: Callable) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after `backward`."""
        return self._live("register_hook").register_hook(fn)

    def register_prehook(self, fn: Callable) -> RemovableHandle:
        """Call `fn(grad_outputs)` before `backward`."""
        return self._live("register_prehook").register_prehook(fn)

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"


class FunctionMeta(type):
    """Gives each custom function the class of its contexts."""

    _backward_cls: type[BackwardCFunction]

    def __init__(cls, name: str, bases: tuple, attributes: dict) -> None:
        cls._backward_cls = type(
            name + "Backward",
            (BackwardCFunction,),
            {"_forward_cls": cls, "__module__": "torch.autograd.function"},
        )
        super().__init__(name, bases, attributes)


class Function(FunctionCtx, metaclass=FunctionMeta):
    """An operator with a gradient of its own: subclass it, write `forward` and `backward`, call `apply`.

    Example:
        >>> import torchlike as torch
        >>> class Exp(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         result = x.exp()
        ...         ctx.save_for_backward(result)
        ...         return result
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         (result,) = ctx.saved_tensors
        ...         return grad * result
        >>> x = torch.zeros(2, requires_grad=True)
        >>> Exp.apply(x)
        tensor([1., 1.], grad_fn=<ExpBackward>)
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{self.__class__} should not be instantiated. Methods on autograd functions are all static, so "
            "you should invoke them on the class itself. Instantiating an autograd function will raise an "
            "error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style "
            "autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: `forward(ctx, *args)`, or `forward(*args)` together with `setup_context`."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> Any:
        """Save for `backward`, where `forward` is written without a context.

        Args:
            ctx: the context.
            inputs: the arguments of `forward`.
            output: what it returned.
        """
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Turn the gradients of the outputs into those of the arguments, None for what is no tensor."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use "
            "it with backward mode AD."
        )

    # The same function under its other name: a class may override either, not both.
    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The forward-mode derivative, which is not there."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """The batched form, for `torch.vmap`."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` and record a node that will run `backward`.

        Args:
            args, kwargs: of `forward`; gradients flow to the tensors among them, not to those inside other
                objects.

        Returns:
            What `forward` returned, its tensors tied to the graph.

        Raises:
            RuntimeError: the function broke a rule about in-place writes, or saved what must not be saved.
        """
        if cls.setup_context is not Function.setup_context:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        return _Call(cls, args, kwargs).run()


Function.backward.is_missing = True  # type: ignore[attr-defined]


class InplaceFunction(Function):
    """PyTorch's older base class of functions that may write to their input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """PyTorch's older base class of functions on nested tuples, which is not there."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        raise missing("torch.autograd.function.NestedIOFunction", "torch.autograd.Function")


class _Call:
    """One call of a custom function."""

    def __init__(self, cls: type[Function], args: tuple, kwargs: dict[str, Any]) -> None:
        self.cls = cls
        self.args = args
        self.kwargs = kwargs
        self.inputs = (*args, *kwargs.values())
        self.input_tensors: list[Tensor] = [a for a in self.inputs if isinstance(a, tensors.tensor_type)]
        self.ctx = cls._backward_cls()
        self.edges = edges = tuple(t._gradient_edge() for t in self.input_tensors)
        self.ctx.needs_input_grad = tuple(
            isinstance(a, tensors.tensor_type) and a._gradient_edge() is not None for a in self.inputs
        )
        self.node: FunctionNode | None = None
        if state.enabled and any(e is not None for e in edges):
            is_tensor = tuple(isinstance(a, tensors.tensor_type) for a in self.inputs)
            self.node = FunctionNode(edges, self.ctx, is_tensor)
            self.ctx._node = ref(self.node)

    def run(self) -> Any:
        cls, ctx = self.cls, self.ctx
        grad_mode = state.grad_mode
        set_grad_mode(False)
        try:
            if cls.setup_context is not Function.setup_context:
                output = cls.forward(*self.args, **self.kwargs)
                cls.setup_context(ctx, self.inputs, output)
            else:
                output = cls.forward(ctx, *self.args, **self.kwargs)
            outputs = output if isinstance(output, tuple) else (output,)
            self._check_dirty(outputs)
            wrapped = [
                self._wrap(t, i, outputs) if isinstance(t, tensors.tensor_type) else t
                for i, t in enumerate(outputs)
            ]
        finally:
            set_grad_mode(grad_mode)
        if self.node is not None:
            self.node.set_outputs(
                [tensors.unwrap(t)[0].aval if isinstance(t, tensors.tensor_type) else None for t in wrapped]
            )
            ctx._saved = tuple(map(self._saved, range(len(ctx.to_save or ())), ctx.to_save or ()))
        else:
            ctx._saved = ()
        ctx.to_save = ctx.dirty_tensors = ctx.non_differentiable = None
        return tuple(wrapped) if isinstance(output, tuple) else wrapped[0]

    def _check_dirty(self, outputs: tuple) -> None:
        dirty = self.ctx.dirty_tensors or ()
        for t in dirty:
            if not isinstance(t, tensors.tensor_type):
                raise RuntimeError("mark_dirty can only accept variables, but argument ")
            if not any(t is o for o in outputs):
                raise RuntimeError(
                    "Some elements marked as dirty during the forward method were not returned as output. "
                    "The inputs that are modified inplace must all be outputs of the Function."
                )
            if not any(t is a for a in self.input_tensors):
                warnings.warn(
                    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have "
                    "been mutated should be passed to ctx.mark_dirty().",
                    UserWarning,
                    stacklevel=5,
                )

    def _wrap(self, t: Tensor, nr: int, outputs: tuple) -> Tensor:
        """An output as the caller gets it, with the edge of its gradient."""
        is_input = any(t is a for a in self.input_tensors)
        is_dirty = any(t is d for d in self.ctx.dirty_tensors or ())
        has_gradient = t.dtype.category >= 2 and not any(t is n for n in self.ctx.non_differentiable or ())
        if self.node is None or not has_gradient:
            if t._gradient_edge() is None:
                return _view_of_itself(t) if is_input and not is_dirty else t
            if is_input:
                return tensors.alias(t)
            if t._view is None:
                t._edge = None
            return t
        edge = Edge(self.node, nr)
        if is_dirty and is_input:
            before = next(e for a, e in zip(self.input_tensors, self.edges, strict=True) if a is t)
            tensors.rebase(t, before, edge)
            return t
        if is_input:
            t = _view_of_itself(t)
        t._edge = edge
        if t._view is not None:
            views = sum(isinstance(o, tensors.tensor_type) and o._view is not None for o in outputs)
            t._creation = "multiple" if views > 1 else "function"
        return t

    def _saved(self, i: int, t: Any) -> SavedTensor | None:
        if t is None:
            return None
        if not isinstance(t, tensors.tensor_type):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type {type(t).__name__}"
            )
        edge = t._gradient_edge()
        return SavedTensor(t, edge.nr if edge is not None and edge.node is self.node else None)


def _view_of_itself(t: Any) -> Any:
    return t.view_as(t)


class DelayedErrorNode(Node):
    """Raises when a gradient comes: where a gradient was promised that there is none of."""

    __slots__ = ("message", "avals")

    def __init__(self, edges: tuple[Edge | None, ...], message: str, avals: Sequence) -> None:
        Node.__init__(self, edges)
        self.message = message
        self.avals = avals

    @property
    def output_avals(self) -> Sequence:
        return self.avals

    @property
    def output_count(self) -> int:
        return len(self.avals)

    def apply(self, grads: list, create_graph: bool) -> Sequence:
        raise RuntimeError(self.message)


DelayedErrorNode.__name__ = DelayedErrorNode.__qualname__ = "Error"
DelayedErrorNode.__module__ = "builtins"


def once_differentiable(fn: Callable) -> Callable:
    """Decorate a `backward` that cannot be differentiated itself; a second derivative through it is an error.

    Args:
        fn: the `backward`, free to use what records no graph.
    """

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args)
        if not state.grad_mode or not any(
            isinstance(a, tensors.tensor_type) and a.requires_grad for a in args
        ):
            return outputs
        given = outputs if isinstance(outputs, tuple) else (outputs,)
        avals = [None if t is None else tensors.unwrap(t)[0].aval for t in given]
        node = DelayedErrorNode(
            (),
            "trying to differentiate twice a function that was marked with @once_differentiable",
            avals,
        )
        results = tuple(
            None if t is None else tensors.wrap(tensors.unwrap(t)[0], Edge(node, i))
            for i, t in enumerate(given)
        )
        return results if isinstance(outputs, tuple) else results[0]

    return wrapper
