"""Custom functions against PyTorch's frozen outcomes, and what no outcome shows."""

import gc
import weakref

import torchlike as torch
from tests.autograd import function_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(function_cases)


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        # Names that the library itself might have used.
        ctx.edges = ctx.apply = ctx.release = ctx.rare = ctx.name = "the user's"
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx, g):
        assert ctx.edges == ctx.apply == ctx.release == ctx.rare == ctx.name == "the user's"
        return g * 2


def test_any_attribute_may_be_put_on_the_context():
    x = torch.ones(2, requires_grad=True)
    Scale.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_call_is_freed_with_its_output():
    x = torch.ones(2, requires_grad=True)
    gc.disable()
    try:
        y = Scale.apply(x * 1)
        context = weakref.ref(y.grad_fn)
        del y
        assert context() is None
    finally:
        gc.enable()
