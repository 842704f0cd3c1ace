"""A tensor's `.grad` and its hooks, and what the graph's floor needs to know of tensors."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from torchlike.autograd.handles import RemovableHandle
from torchlike.autograd.nodes import AccumulateGrad, Edge, Variable, move_retained, retain_at, tensors
from torchlike.autograd.operator_nodes import differentiate
from torchlike.engine import Value, record
from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.tensors import binding, dispatch, writes
from torchlike.tensors.attributes import method
from torchlike.tensors.generator import Generator
from torchlike.tensors.geometry import is_dense
from torchlike.tensors.tensor import Tensor, alias, relative_steps, root_of, wrap

__all__ = ["drop_gradients"]


# Passes in several threads may end at the same leaf.
_lock = threading.Lock()


def accumulate(leaf: Tensor, grad: Value | Variable) -> None:
    """Add a gradient to a leaf's `.grad`, in place unless the addition itself is to be differentiated."""
    with _lock:
        if leaf._grad is None and grad.__class__ is Value:
            leaf._grad = made = wrap(grad)
            if leaf._geometry is not None:
                _lay_out_like(leaf, made)
        else:
            _add_to(leaf, grad)


def _add_to(leaf: Tensor, grad: Value | Variable) -> None:
    held = leaf._grad
    if isinstance(grad, Value):
        assert held is not None
        summed = _add(held._value(), grad)
        if summed.aval is not held._value().aval:
            summed = dispatch.cast(summed, held.dtype)
        writes.write(held, summed, None)
        return
    if held is None:
        made = wrap(grad.value)
        if grad.edge is not None:
            made._edge = _clone_edge(grad)
    else:
        total = _add_recorded(Variable(held._value(), held._gradient_edge()), grad)
        made = wrap(total.value, total.edge)
    if leaf._geometry is not None:
        _lay_out_like(leaf, made)
    leaf._grad = made


def drop_gradients(params: Iterable[Tensor], set_to_none: bool) -> None:
    """What `zero_grad` of modules and optimizers does: take the gradients away, or fill them with zeros."""
    for param in params:
        gradient = param._grad
        if gradient is None:
            gradient = param.grad  # which takes longer, and warns where there cannot be one
            if gradient is None:
                continue
        if set_to_none:
            param.grad = None
            continue
        if gradient.grad_fn is not None:
            gradient.detach_()
        else:
            gradient.requires_grad_(False)
        gradient.zero_()


def retain(t: Tensor, grad: Value | Variable) -> None:
    """Add a gradient to the `.grad` of a tensor that is no leaf."""
    held = t._grad
    if held is None:
        t._grad = wrap(grad.value, grad.edge) if isinstance(grad, Variable) else wrap(grad)
    elif isinstance(grad, Variable):
        total = _add_recorded(Variable(held._value(), held._gradient_edge()), grad)
        t._grad = wrap(total.value, total.edge)
    else:
        t._grad = wrap(_add(held._value(), grad))


def _add(a: Value, b: Value) -> Value:
    return record(declaration.get("add").entry((a.aval, b.aval, 1)), (a, b))[0]


def _add_recorded(a: Variable, b: Variable) -> Variable:
    return differentiate(
        declaration.get("add").entry((a.value.aval, b.value.aval, 1)), [a, b], "AddBackward0"
    )[0]


def _clone_edge(grad: Variable) -> Edge | None:
    op = declaration.get("_cast")
    aval = grad.value.aval
    return differentiate(op.entry((aval, aval.dtype)), [grad], "CopyBackwards")[0].edge


def _lay_out_like(leaf: Tensor, grad: Tensor) -> None:
    """Give a gradient the strides of its leaf, where those are of a dense block."""
    strides = leaf.stride()
    assert isinstance(strides, tuple)
    if is_dense(leaf.shape, strides):
        grad._geometry = (strides, 0)
        grad._storage.strides = strides


def rebase(t: Tensor, before: Edge | None, edge: Edge) -> None:
    """Move a tensor that a custom function wrote to, and what it is a view of, to the function's edge.

    Args:
        t: the tensor.
        before: its edge before the function ran.
        edge: the function's.
    """
    if before is not None and type(before.node) is AccumulateGrad:
        raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
    root = None if t._view is None else root_of(t)
    if root is None:
        if before is not None:
            move_retained(t, before, edge)
        t._edge = edge
    else:
        differentiated = [e for e in edge.node.edges if e is not None]
        if (
            t._root is not None
            or edge.node.output_count > 1
            or (before is not None and differentiated[0] != before)
        ):
            raise missing(
                "torch.autograd.Function that writes to a view, beyond one first argument and one result"
            )
        assert t._view is not None
        steps = relative_steps(t._view, root)
        node = writes.CopySlices(root._edge, edge.node, steps, before is not None, root._value().aval)
        root._edge = Edge(node, 0)
        # What was read before the write has the edge of the time.
        t._seen = -1
    versions = t._versions()
    versions.version += 1
    versions.writer = type(edge.node.public) if root is None else writes.CopySlices


@method()
def retain_grad(self: Tensor) -> None:
    """Let `backward` fill in `grad` of this tensor though it is no leaf.

    Raises:
        RuntimeError: it does not require grad.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> y = x * 3
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad
        tensor(12.)
    """
    edge = self._gradient_edge()
    if edge is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if type(edge.node) is not AccumulateGrad:
        retain_at(self, edge)


def retains_grad(self: Tensor) -> bool:
    """Whether it is no leaf and `retain_grad` was called."""
    edge = self._edge
    if edge is None or edge.node.rare is None or not edge.node.rare.retained:
        return False
    held = edge.node.rare.retained.get(edge.nr)
    return held is not None and held() is self


method("retains_grad")(property(retains_grad))


@method()
def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call a function with this tensor's gradient each time that it is computed.

    Args:
        hook: what it returns, if not None, takes the place of the gradient.

    Returns:
        A handle whose `remove()` takes the hook off again.

    Raises:
        RuntimeError: the tensor does not require grad.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 2)
        >>> x.sum().backward()
        >>> x.grad
        tensor([2., 2.])
    """
    edge = self._gradient_edge()
    if edge is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    hooks = edge.node.tensor_hooks(edge.nr)
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if type(edge.node) is AccumulateGrad:
        # They outlive the node, which goes when `requires_grad` is switched off.
        self._leaf_hooks = hooks
    return handle


def backward_hooks(self: Tensor) -> OrderedDict | None:
    """The hooks of `register_hook`, by their handles' ids."""
    edge = self._gradient_edge()
    if edge is None or edge.node.rare is None or edge.node.rare.tensor_hooks is None:
        return self._leaf_hooks
    return edge.node.rare.tensor_hooks.get(edge.nr)


method("_backward_hooks")(property(backward_hooks))


@method()
def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
    """Call a function with this leaf each time after `backward` has added to its `grad`.

    Args:
        hook: must return None.

    Returns:
        A handle whose `remove()` takes the hook off again.

    Raises:
        RuntimeError: the tensor does not require grad, or is no leaf.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor(1.0, requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda leaf: print(leaf.grad))
        >>> (x * 5).backward()
        tensor(5.)
    """
    edge = self._gradient_edge()
    if edge is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if type(edge.node) is not AccumulateGrad:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if edge.node.post_hooks is None:
        edge.node.post_hooks = self._post_accumulate_hooks = OrderedDict()
    handle = RemovableHandle(edge.node.post_hooks)
    edge.node.post_hooks[handle.id] = hook
    return handle


def post_accumulate_grad_hooks(self: Tensor) -> Any:
    """The hooks of `register_post_accumulate_grad_hook`, by their handles' ids."""
    return self._post_accumulate_hooks


method("_post_accumulate_grad_hooks")(property(post_accumulate_grad_hooks))


def _function(name: str) -> Callable:
    return binding.namespace("torch")[name]


tensors.tensor_type = Tensor
tensors.generator_type = Generator
tensors.alias = alias
tensors.function = _function
tensors.accumulate = accumulate
tensors.retain = retain
tensors.rebase = rebase
