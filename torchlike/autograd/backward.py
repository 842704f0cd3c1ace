"""The backward pass: from some outputs through the graph, latest node first."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

from torchlike.autograd.graph import Edge, Node, Variable, differentiate, tensors
from torchlike.autograd.modes import state
from torchlike.engine import Value, record
from torchlike.operators import declaration

__all__ = ["run"]


def run(
    roots: Sequence[tuple[Edge, Any]],
    retain_graph: bool,
    create_graph: bool,
    captured: Sequence[Edge] | None = None,
) -> list:
    """Walk the graph from `roots` and give every edge its gradient.

    Args:
        roots: the outputs' edges, each with its gradient: a `Variable` if `create_graph`, else a `Value`.
        retain_graph: keep what the nodes saved.
        create_graph: record the graph of the pass itself.
        captured: edges whose gradients are wanted; only what leads to them is run. None runs everything.

    Returns:
        The captured gradients, None where nothing flowed; empty without `captured`.
    """
    needed = None if captured is None else _leading_to(roots, captured)
    waiting = _count_dependencies(roots, needed)
    wanted: dict[tuple[Node, int], int] = {}
    for i, edge in enumerate(captured or ()):
        wanted.setdefault((edge.node, edge.nr), i)
    found: list = [None] * len(captured or ())
    buffers: dict[Node, list] = {}
    heap: list[tuple[float, int, Node]] = []
    for edge, grad in roots:
        node = edge.node
        if node not in buffers:
            buffers[node] = [None] * node.output_count
            heappush(heap, (-node.sequence_nr, id(node), node))
        _add(buffers[node], edge.nr, grad, create_graph)
    # A root that is also inside the graph of another root waits for that gradient.
    ready = [item for item in heap if not waiting.get(item[2])]
    heap = []
    for item in ready:
        heappush(heap, item)

    before = state.enabled
    state.enabled = create_graph
    try:
        while heap:
            node = heappop(heap)[2]
            grads = buffers.pop(node)
            if node.tensor_hooks:
                _run_tensor_hooks(node, grads, create_graph)
            if node.retained:
                _retain(node, grads, create_graph)
            if wanted:
                for nr in range(len(grads)):
                    position = wanted.get((node, nr))
                    if position is not None:
                        found[position] = grads[nr]
                if needed is not None and node not in needed:
                    continue
            if node.pre_hooks:
                grads = _run_pre_hooks(node, grads, create_graph)
            outs: Sequence = node.apply(grads, create_graph)
            if not retain_graph:
                node.release()
            if node.hooks:
                outs = _run_hooks(node, outs, grads, create_graph)
            for edge, grad in zip(node.edges, outs, strict=True):
                if edge is None:
                    continue
                target = edge.node
                left = waiting.get(target)
                if left is None:
                    continue
                buffer = buffers.get(target)
                if buffer is None:
                    buffer = buffers[target] = [None] * target.output_count
                if grad is not None:
                    _add(buffer, edge.nr, grad, create_graph)
                waiting[target] = left = left - 1
                if left == 0:
                    heappush(heap, (-target.sequence_nr, id(target), target))
    finally:
        state.enabled = before
    for i, edge in enumerate(captured or ()):
        found[i] = found[wanted[(edge.node, edge.nr)]]
    return found


def _count_dependencies(roots: Sequence[tuple[Edge, Any]], needed: set[Node] | None) -> dict[Node, int]:
    """How many gradients each reachable node waits for."""
    waiting: dict[Node, int] = {}
    seen = {edge.node for edge, _ in roots}
    stack = list(seen)
    while stack:
        node = stack.pop()
        if needed is not None and node not in needed:
            continue
        for edge in node.edges:
            if edge is not None:
                target = edge.node
                waiting[target] = waiting.get(target, 0) + 1
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
    return waiting


def _leading_to(roots: Sequence[tuple[Edge, Any]], captured: Sequence[Edge]) -> set[Node]:
    """The nodes that must run for the captured edges to get their gradients: the proper ancestors of those."""
    goals = {edge.node for edge in captured}
    leads: dict[Node, bool] = {}
    stack: list[tuple[Node, bool]] = [(edge.node, False) for edge, _ in roots]
    while stack:
        node, done = stack.pop()
        if done:
            leads[node] = any(
                e is not None and (e.node in goals or leads.get(e.node, False)) for e in node.edges
            )
        elif node not in leads:
            leads[node] = False
            stack.append((node, True))
            stack += [(e.node, False) for e in node.edges if e is not None and e.node not in leads]
    return {node for node, does in leads.items() if does}


def _add(buffer: list, nr: int, grad: Any, create_graph: bool) -> None:
    held = buffer[nr]
    buffer[nr] = grad if held is None else add(held, grad, create_graph)


def add(a: Any, b: Any, create_graph: bool) -> Any:
    """The sum of two gradients, of `Variable`s with its graph."""
    op = declaration.get("add")
    if create_graph:
        entry = op.entry((a.value.aval, b.value.aval, 1))
        return differentiate(entry, [a, b], "AddBackward0")[0]
    return record(op.entry((a.aval, b.aval, 1)), (a, b))[0]


def to_tensor(grad: Any, create_graph: bool) -> Any:
    """A gradient as the tensor that hooks and custom functions see."""
    if grad is None:
        return None
    return tensors.wrap(grad.value, grad.edge) if create_graph else tensors.wrap(grad, None)


def from_tensor(tensor: Any, create_graph: bool) -> Variable | Value | None:
    """A tensor that a hook or custom function returned, as a gradient."""
    if tensor is None:
        return None
    value, edge = tensors.unwrap(tensor)
    return Variable(value, edge) if create_graph else value


def _run_tensor_hooks(node: Node, grads: list, create_graph: bool) -> None:
    assert node.tensor_hooks is not None
    for nr, hooks in node.tensor_hooks.items():
        if grads[nr] is None:
            continue
        for hook in list(hooks.values()):
            result = hook(to_tensor(grads[nr], create_graph))
            if result is not None:
                grads[nr] = from_tensor(result, create_graph)


def _retain(node: Node, grads: list, create_graph: bool) -> None:
    assert node.retained is not None
    for nr, holder in node.retained.items():
        tensor = holder()
        if tensor is not None and grads[nr] is not None:
            tensors.accumulate(tensor, grads[nr])


def _run_pre_hooks(node: Node, grads: list, create_graph: bool) -> list:
    assert node.pre_hooks is not None
    for hook in list(node.pre_hooks.values()):
        result = hook(tuple(to_tensor(g, create_graph) for g in grads))
        if result is not None:
            result = result if isinstance(result, tuple) else (result,)
            grads = [from_tensor(t, create_graph) for t in result]
    return grads


def _run_hooks(node: Node, outs: Sequence, grads: list, create_graph: bool) -> Sequence:
    assert node.hooks is not None
    for hook in list(node.hooks.values()):
        result = hook(
            tuple(to_tensor(g, create_graph) for g in outs), tuple(to_tensor(g, create_graph) for g in grads)
        )
        if result is not None:
            result = result if isinstance(result, tuple) else (result,)
            outs = [from_tensor(t, create_graph) for t in result]
    return outs


