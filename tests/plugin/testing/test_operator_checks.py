"""The checks of operators: good ones pass, and each check finds the fault that it is for."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import torchlike as torch
from torchlike.plugin import Guard
from torchlike.plugin.testing import checks

from .plugins import Mine, operator, run, says

SWISH = "mine::swish(Tensor x, *, Scalar beta=1.0) -> Tensor"


def swish(x, beta):
    """Swish."""
    return x * jax.nn.sigmoid(beta * x)


def one(x):
    """One argument."""
    return x


def good(register):
    register.op(SWISH, promote="float", inplace=True)(swish)

    @register.op(
        "mine::parts(Tensor[] xs, Tensor? weight, int[2] size, bool flip=False) -> (Tensor, Tensor)",
        promote="float",
    )
    def parts(xs, weight, size, flip):
        """Lists, absent tensors, static arguments, two results, one of them no floating number."""
        total = sum(jnp.sin(x) for x in xs) * size[1]
        total = total if weight is None else total * weight
        return jnp.flip(total) if flip else total, jnp.argmax(total)

    @register.op("mine::rows(Tensor x, Tensor index) -> Tensor", samples=rows_samples)
    def rows(x, index):
        """An index, which no guess could be."""
        return x[index]

    @register.op("mine::logit(Tensor x) -> Tensor", promote="float")
    def logit(x):
        """Defined between 0 and 1 alone."""
        return jnp.log(x / (1 - x))

    @register.op("mine::square(Tensor x) -> Tensor", gradient=lambda g, x: 2 * g * x)
    def square(x):
        """An explicit gradient."""
        return x * x

    @register.op("mine::steps(Tensor x) -> Tensor", differentiable=False)
    def steps(x):
        """Without gradient."""
        return jnp.floor(x)

    @register.op(
        "mine::turn(Tensor x) -> Tensor", samples=lambda: [((torch.randn(3).to(torch.complex64),), {})]
    )
    def turn(x):
        """Complex numbers."""
        return x * 1j


def rows_samples():
    return [((torch.randn(4, 3), torch.tensor([2, 0, 2])), {}), ((torch.randn(4), torch.tensor(1)), {})]


@pytest.mark.parametrize("check", checks(Mine(good)), ids=str)
def test_good_operators_pass(check):
    check()


erf = operator("aten::erf(Tensor self) -> Tensor", jax.scipy.special.erf, override=True)


@pytest.mark.parametrize("check", checks(erf), ids=str)
def test_a_good_override_passes(check):
    check()


def test_every_check_is_made_of_every_operator():
    names = {c.name for c in checks(Mine(good))}
    whats = ["name", "schema", "gradients", "dtypes", "tiers", "jit", "vmap"]
    for name, what in itertools.product(["swish", "swish_", "parts", "rows", "logit", "square"], whats):
        assert f"operator mine::{name}: {what}" in names
    assert {n for n in names if n.endswith("inplace")} == {"operator mine::swish_: inplace"}


def test_no_docstring():
    says(operator("mine::one(Tensor x) -> Tensor", lambda x: x), "schema", "'mine::one' is not documented")


def test_an_argument_that_is_ignored():
    def ignores(x, beta):
        """Documented."""
        return x + 1

    says(operator(SWISH, ignores), "schema", "accepts 'beta' and ignores it")


def test_an_argument_that_an_inner_function_reads_is_none_that_is_ignored():
    def inner(x, beta):
        """Documented."""
        return jax.lax.cond(jnp.all(x > 0), lambda: x * beta, lambda: x)

    run(operator(SWISH, inner), "schema")


def test_an_ignored_argument_beside_an_explicit_gradient():
    def ignores(x, beta):
        """Documented."""
        return x + 1

    says(operator(SWISH, ignores, gradient=lambda g, x, beta: g), "schema", "accepts 'beta' and ignores it")


def test_other_arguments_than_the_schema_has():
    says(operator(SWISH, one), "schema", r"its function takes \(x\) where its schema has \(x, beta\)")


def test_arguments_in_another_order():
    def swapped(beta, x):
        """Documented."""
        return x * beta

    says(operator(SWISH, swapped), "schema", "has 'beta' in the place where its schema has 'x'")


def test_a_wrong_first_derivative():
    wrong = operator("mine::one(Tensor x) -> Tensor", one, gradient=lambda g, x: 2 * g)
    says(wrong, "gradients", "its first derivative for .* is not what differences say")


def test_a_wrong_second_derivative():
    def square(x):
        """Square."""
        return x * x

    stopped = operator(
        "mine::square(Tensor x) -> Tensor", square, gradient=lambda g, x: 2 * g * jax.lax.stop_gradient(x)
    )
    says(stopped, "gradients", "its second derivative for .* is not what differences say")


def test_no_second_derivative():
    def rest(a, x):
        """JAX has no second derivative of it."""
        return jax.scipy.special.gammaincc(a, x)

    plugin = operator("mine::rest(Tensor a, Tensor x) -> Tensor", rest)
    says(plugin, "gradients", "has no second derivative for .*: NotImplementedError")


def test_a_wrong_gradient_in_place():
    wrong = operator("mine::one(Tensor x) -> Tensor", one, gradient=lambda g, x: 2 * g, inplace=True)
    says(wrong, "mine::one_: gradients", "operator 'mine::one_': its first derivative")


def test_a_result_of_another_floating_dtype():
    def widened(x):
        """A constant with a dtype of its own."""
        return x * np.float64(2)

    says(operator("mine::one(Tensor x) -> Tensor", widened), "dtypes", "gives torch.float64 for .float32")


def test_a_result_of_less_precision():
    def narrowed(x):
        """Documented."""
        return x.astype(jnp.float32)

    says(operator("mine::one(Tensor x) -> Tensor", narrowed), "dtypes", "gives torch.float32 for .float64")


def test_integers_that_become_float64():
    says(operator(SWISH, swish), "dtypes", r'gives torch.float64 for .int64.*promote="float" makes it so')


def test_other_numbers_for_a_half_type():
    def halved(x):
        """Wrong where it is narrow."""
        return x if x.dtype.itemsize > 2 else x / 2

    says(
        operator("mine::one(Tensor x) -> Tensor", halved),
        "dtypes",
        "other numbers for .*float16.* than in float64",
    )


def test_other_numbers_for_integers():
    def wrong(x):
        """Divides what was rounded."""
        return (x // 2).astype(jnp.float32) if jnp.issubdtype(x.dtype, jnp.integer) else x / 2

    says(
        operator("mine::one(Tensor x) -> Tensor", wrong),
        "dtypes",
        "other numbers for .*int64.* than in float64",
    )


def test_a_function_that_is_not_pure():
    draw = np.random.RandomState(0)

    def noisy(x):
        """Draws when it is traced."""
        return x + float(draw.rand())

    says(operator("mine::one(Tensor x) -> Tensor", noisy), "tiers", "its function is not pure")


def test_other_numbers_under_jit():
    def looks(x):
        """Looks whether it is traced."""
        return x * 2 if isinstance(x, jax.core.Tracer) else x

    says(operator("mine::one(Tensor x) -> Tensor", looks), "jit", "gives other numbers under jax.jit")


def test_what_cannot_be_jitted():
    def shaped(x):
        """Says no where it is traced for jit, whose inputs have no values."""
        if isinstance(x, jax.core.Tracer):
            raise TypeError("not traced")
        return x

    plugin = operator("mine::one(Tensor x) -> Tensor", shaped, samples=lambda: [((torch.ones(2),), {})])
    says(plugin, "jit", "raises TypeError under jax.jit .*not traced")


def test_what_cannot_be_mapped():
    def outside(x):
        """Calls NumPy, which JAX cannot map."""
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    says(operator("mine::one(Tensor x) -> Tensor", outside), "vmap", "under jax.vmap")


def test_other_numbers_when_mapped():
    @jax.custom_batching.custom_vmap
    def doubled(x):
        return x * 2

    @doubled.def_vmap
    def _(size, batched, x):
        return x * 3, True

    def fn(x):
        """Documented."""
        return doubled(x)

    says(operator("mine::one(Tensor x) -> Tensor", fn), "vmap", "gives other numbers under jax.vmap")


def test_a_result_that_cannot_be_written():
    def total(x):
        """A number."""
        return jnp.sum(x)

    schema = "mine::total(Tensor x) -> Tensor"
    says(operator(schema, total, inplace=True), "inplace", "no call could be guessed .*output with shape")
    samples = lambda: [((torch.ones(2),), {})]  # noqa: E731
    says(operator(schema, total, inplace=True, samples=samples), "inplace", "cannot be written to its first")


def test_no_call_can_be_guessed_from_a_text():
    def mode(x, how):
        """Documented."""
        return x if how == "same" else -x

    schema = "mine::mode(Tensor x, str how) -> Tensor"
    says(
        operator(schema, mode),
        "gradients",
        "no call could be guessed .an argument has neither.*give samples=",
    )
    run(operator(schema, mode, samples=lambda: [((torch.ones(2), "same"), {})]), "gradients")


def test_no_call_can_be_guessed_for_an_index():
    def rows(x, index):
        """Documented."""
        return x[index]

    says(
        operator("mine::rows(Tensor x, Tensor index) -> Tensor", rows),
        "tiers",
        "the first of .* guesses raises",
    )


def test_samples_that_are_none():
    says(
        operator(SWISH, swish, samples=lambda: [torch.ones(2)]),
        "tiers",
        r"samples= gives no list of \(args, kwargs\)",
    )
    says(operator(SWISH, swish, samples=list), "tiers", "samples= gives no call at all")


def test_samples_that_the_operator_does_not_take():
    wrong = operator(SWISH, swish, samples=lambda: [((), {"y": torch.ones(2)})])
    says(wrong, "gradients", "'mine::swish' raises RuntimeError")
    says(wrong, "jit", "'mine::swish': its samples give no 'x': .y=float64.2..")


def test_what_raises_unforeseen_is_a_sentence_too():
    says(
        operator(SWISH, swish, samples=lambda: 1 / 0), "tiers", "raises ZeroDivisionError where it is checked"
    )


def test_an_error_that_waits_for_its_numbers_stays_in_its_check():
    def divided(x, y):
        """Division, of integers by zero too."""
        return x / y

    plugin = operator(
        "mine::divided(Tensor x, Tensor y) -> Tensor",
        divided,
        promote="float",
        guard=Guard(1, lambda *key: (lambda y: (y == 0).any(), lambda y: RuntimeError("ZeroDivisionError"))),
        samples=lambda: [((torch.tensor([1.0, 2.0]), torch.tensor([0.1, 1.0])), {})],
    )
    for what in ("dtypes", "jit", "vmap", "tiers"):
        run(plugin, what)
