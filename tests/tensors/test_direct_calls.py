"""The ways written out for the commonest calls come to what `dispatch.call` comes to."""

from itertools import product

import pytest

import torchlike as torch
from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.direct_calls import direct
from torchlike.tensors.tensor import Tensor

NONE = type(None)
TENSORS = {
    "plain": lambda: torch.arange(6.0).reshape(2, 3),
    "leaf": lambda: torch.arange(1.0, 7.0).reshape(2, 3).requires_grad_(),
    "view": lambda: (torch.arange(1.0, 7.0).requires_grad_() * 2).view(3, 2).t(),
    "int": lambda: torch.arange(1, 7).reshape(2, 3),
}


def described(t, leaves):
    """Everything about a result that a user can see."""
    node = t.grad_fn
    if node is not None:
        t.sum().backward()
    return (
        repr(t.tolist()),
        t.dtype,
        t.stride(),
        t.requires_grad,
        None if node is None else (node.name(), [n and n.name() for n, _ in node.next_functions]),
        [None if leaf.grad is None else repr(leaf.grad.tolist()) for leaf in leaves],
    )


def both_ways(op, types, make, rest):
    """The description of a call's result, or its error, the direct way and the other."""
    found = []
    for way in (direct(op, types), lambda args: dispatch.call(op, args)):
        tensors = make()
        leaves = [t for t in tensors if t.is_leaf]
        try:
            found.append(described(way((*tensors, *rest)), leaves))
        except (RuntimeError, IndexError, NotImplementedError) as error:
            found.append((type(error), str(error)))
    return found


@pytest.mark.parametrize("kind", TENSORS)
@pytest.mark.parametrize(
    ("name", "rest"),
    [("relu", ()), ("sum.dim_IntList", ((1,), False, None)), ("sign", ()), ("argmax", (1, False))],
)
def test_one_tensor(name, rest, kind):
    types = (Tensor, *map(type, rest))
    straight, other = both_ways(declaration.get(name), types, lambda: [TENSORS[kind]()], rest)
    assert straight == other


@pytest.mark.parametrize("kinds", list(product(TENSORS, repeat=2)))
@pytest.mark.parametrize(("name", "rest"), [("mul", ()), ("eq", ()), ("atan2", ())])
def test_two_tensors(name, rest, kinds):
    make = lambda: [TENSORS[k]() for k in kinds]  # noqa: E731
    straight, other = both_ways(declaration.get(name), (Tensor, Tensor), make, rest)
    assert straight == other


@pytest.mark.parametrize("kinds", list(product(("plain", "leaf", "view"), repeat=3)))
def test_three_tensors(kinds):
    make = lambda: [TENSORS[k]() for k in kinds]  # noqa: E731
    straight, other = both_ways(declaration.get("lerp.Tensor"), (Tensor,) * 3, make, ())
    assert straight == other


@pytest.mark.parametrize("kind", TENSORS)
@pytest.mark.parametrize("number", [2, 2.5, True, 0])
@pytest.mark.parametrize("name", ["mul", "pow.Tensor_Scalar", "remainder", "eq"])
def test_a_tensor_and_a_number(name, number, kind):
    op = declaration.get(name)
    straight, other = both_ways(op, (Tensor, type(number)), lambda: [TENSORS[kind]()], (number,))
    assert straight == other


def test_a_shape_that_does_not_fit_is_the_same_error():
    make = lambda: [torch.ones(2, 3), torch.ones(4)]  # noqa: E731
    straight, other = both_ways(declaration.get("mul"), (Tensor, Tensor), make, ())
    assert straight == other and straight[0] is RuntimeError


def test_what_is_left_to_the_general_way():
    add = declaration.get("add")
    assert direct(add, (Tensor, Tensor)) is not None
    assert direct(add, (Tensor, Tensor, int)) is None  # a factor is an input of the program
    assert direct(add, (Tensor, complex)) is None
    assert direct(declaration.get("leaky_relu"), (Tensor, float)) is None  # it may be the default
    assert direct(declaration.get("max.dim"), (Tensor, int)) is None  # two results
    assert direct(declaration.get("_select"), (Tensor, int, int)) is None  # a view


def test_a_number_that_is_a_literal_stays_one():
    x = torch.tensor([3.0], requires_grad=True)
    op = declaration.get("pow.Tensor_Scalar")
    assert (
        direct(op, (Tensor, int))((x, 2)).grad_fn.plan.entry is dispatch.call(op, (x, 2)).grad_fn.plan.entry
    )
