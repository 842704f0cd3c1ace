"""The backward pass: from some outputs through the graph, latest node first."""

from __future__ import annotations

import threading
from collections.abc import Container, Sequence
from heapq import heapify, heappop, heappush, heappushpop
from typing import Any

from torchlike.autograd import nodes
from torchlike.autograd.modes import state
from torchlike.autograd.node_hooks import run_hooks, run_pre_hooks, run_tensor_hooks
from torchlike.autograd.nodes import AccumulateGrad, Edge, Node, tensors
from torchlike.autograd.operator_nodes import differentiate
from torchlike.engine import begin_backward, record
from torchlike.operators import declaration

__all__ = ["Pass", "add", "current_pass", "run"]

# Beyond this depth of passes within passes the next one gets a thread, and with it a stack, of its own.
_MAX_DEPTH = 20


class Pass:
    """A pass under way.

    Attributes:
        reached: the nodes that it runs, or whose incoming gradients it is asked for.
        node: the one whose gradient is being computed; kept in anomaly mode only.
    """

    __slots__ = ("reached", "node", "__weakref__")

    def __init__(self) -> None:
        self.reached: Container[Node] = ()
        self.node: Node | None = None


class _Running(threading.local):
    """The passes under way in a thread, the innermost last."""

    def __init__(self) -> None:
        self.passes: list[Pass] = []


_running = _Running()


def current_pass() -> Pass | None:
    """The innermost pass under way in this thread."""
    passes = _running.passes
    return passes[-1] if passes else None


def run(
    roots: Sequence[tuple[Edge, Any]],
    retain_graph: bool,
    create_graph: bool,
    captured: Sequence[Edge] | None = None,
    accumulate: bool = False,
) -> list:
    """Walk the graph from `roots` and give every edge its gradient.

    Args:
        roots: the outputs' edges, each with its gradient: a `Variable` if `create_graph`, else a `Value`.
        retain_graph: keep what the nodes saved.
        create_graph: record the graph of the pass itself.
        captured: edges whose gradients are wanted; only what leads to them is run. None runs everything.
        accumulate: run the captured edges' own nodes too, so that leaves get their `.grad`.

    Returns:
        The captured gradients, None where nothing flowed; empty without `captured`.
    """
    passes = _running.passes
    if len(passes) >= _MAX_DEPTH:
        return _in_a_thread(roots, retain_graph, create_graph, captured, accumulate)
    before = state.grad_mode, state.enabled
    now = Pass()
    if not passes:
        begin_backward()
    passes.append(now)
    state.grad_mode = create_graph
    state.enabled = create_graph and not state.inference
    try:
        if captured is None:
            return _walk(now, roots, retain_graph, create_graph)
        return _walk_to(now, roots, retain_graph, create_graph, captured, accumulate)
    finally:
        passes.pop()
        state.grad_mode, state.enabled = before


def _walk(now: Pass, roots: Sequence[tuple[Edge, Any]], retain_graph: bool, create_graph: bool) -> list:
    """Run every node that the roots reach."""
    now.reached = waiting = dict.fromkeys([edge.node for edge, _ in roots], 0)
    order = list(waiting)
    target: Any
    for node in order:
        for edge in node.edges:
            if edge is not None:
                target = edge[0]
                if target in waiting:
                    waiting[target] += 1
                else:
                    waiting[target] = 1
                    if target.edges:
                        order.append(target)
    accumulate = tensors.accumulate
    buffers: dict[Node, list] = {}
    for (node, nr), grad in roots:
        _put(buffers, node, nr, grad, create_graph)
    heap = [(-node.sequence_nr, node) for node in buffers if not waiting[node]]
    heapify(heap)
    ready: Node | None = heappop(heap)[1] if heap else None
    while ready is not None:
        node, ready = ready, None
        grads = buffers.pop(node)
        if node.rare is None and nodes.remember_forward is None:
            outs = node.apply(grads, create_graph)
            if not retain_graph:
                node.release()
        else:
            outs = _evaluate(node, grads, retain_graph, create_graph)
        for edge, grad in zip(node.edges, outs, strict=True):
            if edge is None:
                continue
            target, nr = edge
            left = waiting[target] - 1
            waiting[target] = left
            if target.__class__ is AccumulateGrad:
                if left or grad is None or target.rare is not None or target in buffers:
                    _put(buffers, target, 0, grad, create_graph)
                    if not left:
                        _evaluate(target, buffers.pop(target), retain_graph, create_graph)
                    continue
                # The common end: a leaf with one gradient.
                leaf = target.leaf()
                if leaf is None or leaf._edge is None or not target.accepts or target.post_hooks is not None:
                    target.apply([grad], create_graph)
                else:
                    accumulate(leaf, grad)
                continue
            if target.single_output and target not in buffers:
                buffers[target] = [grad]
            else:
                _put(buffers, target, nr, grad, create_graph)
            if not left:
                if ready is None:
                    ready = target
                else:
                    heappush(heap, (-target.sequence_nr, target))
        if heap:
            # In a chain there is but one, and no heap.
            if ready is None:
                ready = heappop(heap)[1]
            else:
                ready = heappushpop(heap, (-ready.sequence_nr, ready))[1]
    return []


def _walk_to(
    now: Pass,
    roots: Sequence[tuple[Edge, Any]],
    retain_graph: bool,
    create_graph: bool,
    captured: Sequence[Edge],
    accumulate: bool,
) -> list:
    """Run what leads from the roots to the captured edges, and return those edges' gradients."""
    wanted: dict[Node, dict[int, list[int]]] = {}
    for i, goal in enumerate(captured):
        if goal.node.__class__ is AccumulateGrad and not goal.node.accepts:
            continue
        wanted.setdefault(goal.node, {}).setdefault(goal.nr, []).append(i)
    needed = _leading_to(roots, wanted.keys())
    if accumulate:
        needed.update(wanted)
    found: list = [None] * len(captured)
    waiting = dict.fromkeys([edge.node for edge, _ in roots], 0)
    order = list(waiting)
    for node in order:
        if node not in needed:
            continue
        for edge in node.edges:
            if edge is not None and (edge.node in needed or edge.node in wanted):
                target = edge.node
                if target in waiting:
                    waiting[target] += 1
                else:
                    waiting[target] = 1
                    order.append(target)
    now.reached = {n for n in order if n in needed or n in wanted}
    buffers: dict[Node, list] = {}
    for (node, nr), grad in roots:
        if node in needed or node in wanted:
            _put(buffers, node, nr, grad, create_graph)
    heap = [(-node.sequence_nr, node) for node in buffers if not waiting[node]]
    heapify(heap)

    def evaluate(node: Node) -> None:
        grads = buffers.pop(node)
        hooked = False
        if node in wanted:
            if node.rare is not None:
                run_tensor_hooks(node, grads, create_graph)
                hooked = True
            for nr, positions in wanted[node].items():
                for i in positions:
                    found[i] = grads[nr]
        if node not in needed:
            return
        outs = _evaluate(node, grads, retain_graph, create_graph, hooked)
        for edge, grad in zip(node.edges, outs, strict=True):
            if edge is None or edge.node not in waiting:
                continue
            target = edge.node
            if not (target in needed or target in wanted):
                continue
            if grad is not None:
                _put(buffers, target, edge.nr, grad, create_graph)
            elif target not in buffers:
                buffers[target] = [None] * target.output_count
            waiting[target] -= 1
            if not waiting[target]:
                if target.__class__ is AccumulateGrad:
                    evaluate(target)
                else:
                    heappush(heap, (-target.sequence_nr, target))

    while heap:
        evaluate(heappop(heap)[1])
    return found


def _leading_to(roots: Sequence[tuple[Edge, Any]], goals: Any) -> set[Node]:
    """The nodes that must run for the goals to get their gradients: the proper ancestors of those."""
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


def _evaluate(
    node: Node, grads: list, retain_graph: bool, create_graph: bool, hooked: bool = False
) -> Sequence:
    """Run a node that has hooks, or any node in anomaly mode.

    Args:
        hooked: the hooks of its outputs ran already.
    """
    if node.rare is not None:
        if not hooked:
            run_tensor_hooks(node, grads, create_graph)
        if node.rare.pre_hooks:
            grads = run_pre_hooks(node, grads, create_graph)
    if nodes.remember_forward is None:
        outs = node.apply(grads, create_graph)
    else:
        from torchlike.autograd import anomaly_mode

        _running.passes[-1].node = node
        outs = anomaly_mode.watched(node, grads, create_graph)
    if not retain_graph:
        node.release()
    if node.rare is not None and node.rare.hooks:
        outs = run_hooks(node, outs, grads, create_graph)
    return outs


def _put(buffers: dict[Node, list], node: Node, nr: int, grad: Any, create_graph: bool) -> None:
    """Add a gradient, or None for none, to those that came in for a node."""
    buffer = buffers.get(node)
    if buffer is None:
        n = node.output_count
        buffers[node] = buffer = [None] * n
        buffer[nr] = grad
    elif grad is not None:
        held = buffer[nr]
        buffer[nr] = grad if held is None else add(held, grad, create_graph)


def add(a: Any, b: Any, create_graph: bool) -> Any:
    """The sum of two gradients, of `Variable`s with its graph."""
    op = declaration.get("add")
    if create_graph:
        entry = op.entry((a.value.aval, b.value.aval, 1))
        return differentiate(entry, [a, b], "AddBackward0")[0]
    return record(op.entry((a.aval, b.aval, 1)), (a, b))[0]


def _in_a_thread(*args: Any) -> list:
    """Run a pass in a thread of its own, in this one's modes."""
    outcome: list = []
    modes = dict(state.__dict__)

    def work() -> None:
        state.__dict__.update(modes)
        try:
            outcome.append(run(*args))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="torchlike backward")
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
