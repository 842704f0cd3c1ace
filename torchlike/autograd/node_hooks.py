"""Running hooks: of tensors, before and after nodes; and the checks of what they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torchlike.autograd.nodes import Node, Variable, tensors
from torchlike.autograd.saved import type_text
from torchlike.engine import Aval, Value

__all__ = ["from_tensor", "run_hooks", "run_pre_hooks", "run_tensor_hooks", "to_tensor"]


def to_tensor(grad: Any) -> Any:
    """A gradient as the tensor that hooks and custom functions see."""
    if grad is None:
        return None
    return tensors.wrap(grad.value, grad.edge) if grad.__class__ is Variable else tensors.wrap(grad, None)


def from_tensor(t: Any, create_graph: bool) -> Variable | Value | None:
    """A tensor that a hook or custom function returned, as a gradient."""
    if t is None:
        return None
    value, edge = tensors.unwrap(t)
    return Variable(value, edge) if create_graph else value


def _name(hook: Callable) -> str:
    return getattr(hook, "__name__", "<unknown>")


def _checked(hook: Callable, before: Any, result: Any) -> Any:
    """A hook's result, if it may stand for the gradient that the hook was given."""
    if not isinstance(result, tensors.tensor_type):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if before is None:
        return result
    was, got = _aval(before), _aval(result)
    if was.dtype is not got.dtype or was.device != got.device:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the type of value (was {type_text(was)} got {type_text(got)})"
        )
    if was.shape != got.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")
    return result


def _aval(t: Any) -> Aval:
    return tensors.unwrap(t)[0].aval


def run_tensor_hooks(node: Node, grads: list, create_graph: bool) -> None:
    """Run the hooks of a node's outputs on their gradients, and keep the gradients that are retained."""
    rare = node.rare
    assert rare is not None
    if rare.tensor_hooks:
        for nr, hooks in list(rare.tensor_hooks.items()):
            if grads[nr] is None or not hooks:
                continue
            t = to_tensor(grads[nr])
            for hook in list(hooks.values()):
                result = hook(t)
                if result is not None:
                    t = _checked(hook, t, result)
            grads[nr] = from_tensor(t, create_graph)
    if rare.retained:
        for nr, holder in rare.retained.items():
            retaining = holder()
            if retaining is not None and grads[nr] is not None:
                tensors.retain(retaining, grads[nr])


def run_pre_hooks(node: Node, grads: list, create_graph: bool) -> list:
    """Run a node's pre-hooks on the gradients that come in."""
    rare = node.rare
    assert rare is not None and rare.pre_hooks is not None
    given = tuple(map(to_tensor, grads))
    for hook in list(rare.pre_hooks.values()):
        result = hook(given)
        if result is not None:
            given = _checked_all(hook, given, result)
    return [from_tensor(t, create_graph) for t in given]


def run_hooks(node: Node, outs: Sequence, grads: list, create_graph: bool) -> Sequence:
    """Run a node's hooks on the gradients that go out."""
    rare = node.rare
    assert rare is not None and rare.hooks is not None
    given = tuple(map(to_tensor, node.spread(outs)))
    came = tuple(map(to_tensor, grads))
    for hook in list(rare.hooks.values()):
        result = hook(given, came)
        if result is not None:
            given = _checked_all(hook, given, result)
    return node.gathered([from_tensor(t, create_graph) for t in given])


def _checked_all(hook: Callable, before: tuple, result: Any) -> tuple:
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(before):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(result)}, but "
            f"expected {len(before)})"
        )
    return tuple(
        None if r is None and b is None else _checked(hook, b, r) if r is not None else None
        for b, r in zip(before, result, strict=True)
    )
