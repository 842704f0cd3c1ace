"""The checks of kernels: good ones pass, and each check finds the fault that it is for."""

from unittest import SkipTest

import jax
import jax.numpy as jnp
import pytest

import torchlike as torch
from torchlike.plugin.testing import checks, isolated
from torchlike.plugin.testing.checking import checks_of

from .plugins import Mine, run, says


def kernel(of, fn, platform="cpu", **options):
    return Mine(lambda register: register.kernel(of, platform=platform, **options)(fn))


def good(register):
    @register.op("mine::pick(Tensor x, str how) -> Tensor", samples=lambda: [((torch.rand(3), "twice"), {})])
    def pick(x, how):
        """Documented."""
        return x * 2 if how == "twice" else x

    register.kernel("mine::pick", platform="cpu")(lambda x, how: x + x if how == "twice" else x)
    register.kernel("aten::sigmoid", platform="cpu")(lambda x: (jnp.tanh(x / 2) + 1) / 2)
    register.kernel("aten::square", platform="cpu", gradient=lambda g, x: 2 * g * x)(lambda x: x * x)
    register.kernel("aten::embedding", platform="cpu", samples=rows)(look_up)


def look_up(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    return weight[indices]


def rows():
    return [((torch.randn(4, 3), torch.tensor([2, 0])), {})]


@pytest.mark.parametrize("check", checks(Mine(good)), ids=str)
def test_good_kernels_pass(check):
    check()


def test_other_numbers():
    says(
        kernel("aten::sigmoid", lambda x: jax.nn.sigmoid(x) * 1.001),
        "values",
        "kernel 'aten::sigmoid@cpu' gives something else than the operator",
    )


def test_another_shape():
    says(
        kernel("aten::sigmoid", lambda x: x[None]),
        "values",
        "raises RuntimeError .* which the operator takes",
    )


def test_a_dtype_that_it_does_not_take():
    def single(x):
        if x.dtype == jnp.float64:
            raise TypeError("single precision only")
        return jax.nn.sigmoid(x)

    text = r"raises TypeError .* in torch.float64, which the operator takes: single precision only"
    says(kernel("aten::sigmoid", single), "values", text)


def test_another_gradient():
    wrong = kernel("aten::sigmoid", jax.nn.sigmoid, gradient=lambda g, x: g)
    run(wrong, "values")
    says(wrong, "gradients", "gives as its gradient something else than the operator")


def test_a_kernel_for_an_operator_that_nobody_provides():
    says(kernel("nobody::has", jax.nn.sigmoid), "operator", "is for an operator that nobody provides")


def test_samples_that_are_no_calls_of_the_operator():
    wrong = kernel("aten::sigmoid", jax.nn.sigmoid, samples=lambda: [((1, 2, 3), {})])
    says(wrong, "values", "its samples are no calls of the operator 'aten::sigmoid'")


def test_no_call_can_be_guessed():
    says(kernel("aten::embedding", look_up), "values", "give samples=")


def test_another_platform_is_skipped():
    with pytest.raises(SkipTest, match="is for tpu, which this machine has not"):
        run(kernel("aten::sigmoid", jax.nn.sigmoid, platform="tpu"), "values")


def test_the_kernel_is_there_again_after_a_check():
    with isolated(kernel("aten::sigmoid", lambda x: x + 100)) as host:
        (check,) = [c for c in checks_of(host.plugins()[0]) if c.name.endswith("values")]
        with pytest.raises(AssertionError):
            check()
        assert torch.sigmoid(torch.zeros(1)).item() == 100
