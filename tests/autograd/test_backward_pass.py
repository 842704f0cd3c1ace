"""The pass itself: depth, order, threads, passes within passes, and what it frees."""

import gc
import threading
import weakref

import numpy as np
import pytest

import torchlike as torch
from torchlike.autograd import backward_pass
from torchlike.engine.trace import current


def leaf(*shape: int) -> torch.Tensor:
    return torch.ones(*shape, requires_grad=True)


def test_a_graph_of_many_nodes_needs_no_deep_stack():
    x = leaf(2)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [1.0, 1.0]
    # Freeing the chain must not recurse either.
    del y
    gc.collect()


def test_a_graph_of_many_nodes_that_is_only_freed():
    y = leaf(2)
    for _ in range(100_000):
        y = y + 1
    del y
    gc.collect()


def test_a_recorded_pass_over_many_nodes():
    x = leaf(1)
    y = x
    for _ in range(2_000):
        y = y * 1.0001
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    np.testing.assert_allclose(g.item(), 1.0001**2000, rtol=1e-3)


def test_only_what_leads_to_the_inputs_runs():
    a, b = leaf(2), leaf(2)
    left, right = a * 2, b * 3
    ran = []
    left.register_hook(lambda g: ran.append("left"))
    right.register_hook(lambda g: ran.append("right"))
    torch.autograd.grad((left + right).sum(), a)
    assert ran == ["left"]


def test_a_part_that_did_not_run_is_not_freed():
    a, b = leaf(2), leaf(2)
    left, right = a * a, b * b
    total = left.sum() + right.sum()
    torch.autograd.grad(total, a, retain_graph=False)
    right.sum().backward()
    assert b.grad.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="a second time"):
        left.sum().backward()


def test_a_node_gets_all_its_gradients_before_it_runs():
    x = leaf(1)
    y = x * 1
    came = []
    y.grad_fn.register_prehook(lambda grads: came.append(grads[0].item()))
    z = y
    for _ in range(10):
        z = z + y
    z.backward()
    assert came == [11.0]
    assert x.grad.tolist() == [11.0]


class Nested(torch.autograd.Function):
    """x * 1, whose backward runs another pass, `depth` of them within one another."""

    @staticmethod
    def forward(ctx, x, depth):
        ctx.save_for_backward(x)
        ctx.depth = depth
        return x * 1

    @staticmethod
    def backward(ctx, g):
        if ctx.depth == 0:
            return g * 2, None
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            inner = x.detach().requires_grad_()
            Nested.apply(inner, ctx.depth - 1).sum().backward()
        return inner.grad * g, None


@pytest.mark.parametrize("depth", [1, backward_pass._MAX_DEPTH + 5, 150])
def test_passes_within_passes(depth):
    x = leaf(2)
    Nested.apply(x, depth).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_an_error_in_an_inner_pass_comes_out():
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise KeyError("inner")

    class Outer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, depth):
            ctx.depth = depth
            return x * 1

        @staticmethod
        def backward(ctx, g):
            with torch.enable_grad():
                inner = leaf(2)
                out = Fails.apply(inner) if ctx.depth == 0 else Outer.apply(inner, ctx.depth - 1)
                out.sum().backward()
            return g, None

    with pytest.raises(KeyError, match="inner"):
        Outer.apply(leaf(2), backward_pass._MAX_DEPTH + 5).sum().backward()
    assert backward_pass.current_pass() is None
    assert torch.is_grad_enabled()


def run_in_threads(work, count: int) -> None:
    errors = []

    def guarded():
        try:
            work()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_threads_with_graphs_of_their_own_add_to_one_leaf():
    w = leaf(4)

    def work():
        for _ in range(30):
            (w * 2).sum().backward()

    run_in_threads(work, 4)
    assert w.grad.tolist() == [4 * 30 * 2.0] * 4


def test_threads_share_a_graph():
    w = leaf(4)
    shared = w * w

    def work():
        for _ in range(5):
            (shared * 2).sum().backward(retain_graph=True)

    run_in_threads(work, 4)
    assert w.grad.tolist() == [4 * 5 * 4.0] * 4


def test_a_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = leaf(2)
        y = (x * x).exp()
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_what_a_pass_does_not_retain_is_freed():
    x = leaf(2)
    y = x * 1
    z = y * y
    position = y._value().slot >> 2
    del y
    assert position in current().live()
    z.sum().backward()
    assert position not in current().live()


def test_a_failed_pass_leaves_the_modes_as_they_were():
    x = leaf(2)
    y = x * 1

    def broken(g):
        raise ValueError("broken")

    y.register_hook(broken)
    with pytest.raises(ValueError, match="broken"):
        torch.autograd.grad(y.sum(), x, create_graph=True)
    assert torch.is_grad_enabled()
    with torch.no_grad(), pytest.raises(ValueError, match="broken"):
        y.sum().backward() if y.sum().requires_grad else broken(None)
    assert torch.is_grad_enabled()
