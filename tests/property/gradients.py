"""Drafts of backward passes: ``backward``, ``autograd.grad``, ``.grad``, hooks and what changes them."""

from __future__ import annotations

from typing import Any

from .generator import Draft, Generator, family, is_float


def tracked(t: Any) -> bool:
    """Whether the tensor is part of a graph."""
    return t.requires_grad and t.grad_fn is not None


def leaf(t: Any) -> bool:
    """Whether a gradient would be kept in ``.grad``."""
    return t.requires_grad and t.is_leaf


@family(13)
def backward(g: Generator) -> Draft | None:
    root = g.pick(tracked)
    if root is None:
        return None
    options = g.choose("", "retain_graph=True", "retain_graph=True")
    joined = options and f", {options}"
    if g.tensor(root).dim() == 0 or g.mistake():
        return Draft(f"{root}.backward({options})", "backward", results=0)
    code = g.choose(
        f"{root}.sum().backward({options})",
        f"{root}.sum().backward({options})",
        f"({root} * {root}).sum().backward({options})",
        f"{root}.backward(torch.ones_like({root}){joined})",
        f"{root}.backward(gradient={root}.detach().clone(){joined})",
        f"{root}.mean().backward({options})",
        f"torch.autograd.backward([{root}.sum()]{joined})",
    )
    return Draft(code, "backward", results=0)


@family(9)
def grad(g: Generator) -> Draft | None:
    root = g.pick(tracked)
    if root is None:
        return None
    first = g.pick(leaf) if g.chance(0.8) else g.pick(lambda t: t.requires_grad)
    second = g.pick(lambda t: t.requires_grad)
    if first is None or second is None:
        return None
    inputs = [first] if g.chance(0.6) else [first, second]
    options = ", allow_unused=True" if not g.mistake() else ""
    options += g.choose("", ", create_graph=True", ", create_graph=True", ", retain_graph=True")
    if g.tensor(root).dim() == 0:
        output = root
    else:
        output = g.choose(f"{root}.sum()", f"({root} * {root}).sum()", f"{root}.sum()")
    code = f"torch.autograd.grad({output}, [{', '.join(inputs)}]{options})"
    if len(inputs) == 1:
        return Draft(f"{code}[0]", "autograd.grad", prefix="g")
    return Draft(code, "autograd.grad", results=2, prefix="g")


@family(2.5)
def read_grad(g: Generator) -> Draft | None:
    source = g.pick(leaf, lambda t: t.grad is not None)
    if source is None:
        return None
    return Draft(f"{source}.grad", "grad", prefix="g")


@family(1.5)
def change_grad(g: Generator) -> Draft | None:
    source = g.pick(leaf, lambda t: t.grad is not None)
    if source is None:
        return None
    code = g.choose(
        f"{source}.grad = None",
        f"{source}.grad.zero_()",
        f"{source}.grad.mul_(0.5)",
        f"{source}.grad = torch.ones_like({source})",
        f"{source}.grad.add_(1)",
    )
    return Draft(code, "grad=", results=0)


@family(1.2)
def update(g: Generator) -> Draft | None:
    source = g.pick(leaf, lambda t: t.grad is not None)
    if source is None:
        return None
    code = g.choose(
        f"{source}.data.add_({source}.grad, alpha=-0.5)",
        f"{source}.data -= 0.5 * {source}.grad",
        f"{source}.data.sub_({source}.grad * 0.25)",
        f"{source}.detach().add_({source}.grad)",
    )
    return Draft(code, "update", results=0, writes=(source,))


@family(1.5)
def hook(g: Generator) -> Draft | None:
    source = g.pick(lambda t: t.requires_grad)
    if source is None:
        return None
    code = g.choose(
        f"{source}.register_hook(lambda grad: grad * 2)",
        f"{source}.register_hook(lambda grad: grad.clamp(-1, 1))",
        f"{source}.retain_grad()",
        f"{source}.retain_grad()",
    )
    return Draft(code, results=0)


@family(1)
def graph_facts(g: Generator) -> Draft | None:
    source = g.pick(tracked)
    if source is None:
        return None
    code = g.choose(
        f"[type(node).__name__ for node, _ in {source}.grad_fn.next_functions]",
        f"[index for _, index in {source}.grad_fn.next_functions]",
        f"{source}.grad_fn.name()",
        f"{source}._is_view()",
        f"{source}.output_nr",
    )
    return Draft(code, "graph facts", prefix="n")


@family(1.2)
def needs_grad(g: Generator) -> Draft | None:
    source = g.pick(is_float, lambda t: t.is_leaf)
    if source is None:
        return None
    code = g.choose(
        f"{source}.requires_grad_()", f"{source}.requires_grad_(False)", f"{source}.requires_grad = True"
    )
    return Draft(code, "requires_grad_", results=0, writes=(source,))
