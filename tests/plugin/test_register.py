"""What a plugin registers: the forms and gradients that come of it, and what is refused."""

import jax
import jax.numpy as jnp
import pytest

import torchlike as torch
from torchlike.plugin import NameClash, Register


@pytest.fixture
def register():
    made = Register("the test")
    yield made
    made.withdraw()


def registered(register, name="try_out"):
    register.commit()
    return getattr(torch.ops, name)


def test_an_operator_has_its_gradients_and_runs_in_both_tiers(register):
    @register.op("try_out::swish(Tensor x, float beta=1.0) -> Tensor")
    def swish(x, beta):
        """x times the sigmoid of beta x."""
        return x * jax.nn.sigmoid(beta * x)

    ops = registered(register)
    x = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    expected = x * torch.sigmoid(2.0 * x)
    assert torch.allclose(ops.swish(x, beta=2.0), expected)
    with torch.engine.eager():
        assert torch.allclose(ops.swish(x, beta=2.0), expected)
    assert torch.autograd.gradcheck(ops.swish, (x, 2.0))
    assert torch.autograd.gradgradcheck(ops.swish, (x, 2.0))
    assert ops.swish.__doc__ == (
        "try_out::swish(Tensor x, float beta=1.0) -> Tensor\n\nx times the sigmoid of beta x."
    )
    assert ops.swish(x).grad_fn.name() == "GeneratedBackwardFor_try_out_swish_defaultBackward"


def test_a_scalar_is_an_input_of_the_program_and_a_float_is_part_of_it(register):
    seen = []

    @register.op("try_out::scaled(Tensor x, Scalar by, float shift=0.0) -> Tensor")
    def scaled(x, by, shift):
        seen.append((isinstance(by, jax.Array), shift))
        return x * by + shift

    ops = registered(register)
    x = torch.ones(2)
    assert [ops.scaled(x, k).tolist() for k in (2.0, 3.0)] == [[2.0, 2.0], [3.0, 3.0]]
    assert seen == [(True, 0.0)]
    assert ops.scaled(x, 2.0, 1.0).tolist() == [3.0, 3.0]
    assert seen == [(True, 0.0), (True, 1.0)]


def test_an_explicit_gradient_is_what_backward_runs(register):
    @register.op(
        "try_out::weighed(Tensor x, Tensor? w, int power, *, Scalar by=1) -> Tensor",
        gradient=lambda grad, x, w, power, by: (100 * grad * x, None),
    )
    def weighed(x, w, power, by):
        return by * x**power * (1 if w is None else w)

    ops = registered(register)
    x = torch.tensor([3.0], requires_grad=True)
    w = torch.tensor([2.0], requires_grad=True)
    out = ops.weighed(x, w, 2, by=2)
    assert out.tolist() == [36.0]
    got = torch.autograd.grad(out, (x, w), create_graph=True)
    assert [g.tolist() for g in got] == [[300.0], [0.0]]
    assert torch.autograd.grad(got[0], x)[0].tolist() == [100.0]
    assert torch.autograd.grad(ops.weighed(x, None, 2), x)[0].tolist() == [300.0]


def test_an_explicit_gradient_of_several_results_and_of_a_list(register):
    def gradient(grads, xs, k):
        first, second = grads
        return ([first * k + second for _ in xs],)

    @register.op("try_out::both(Tensor[] xs, int k) -> (Tensor, Tensor)", gradient=gradient)
    def both(xs, k):
        return sum(xs) * k, sum(xs)

    ops = registered(register)
    x, y = (torch.tensor([v], requires_grad=True) for v in (1.0, 2.0))
    first, second = ops.both([x, y], 5)
    assert (first.item(), second.item()) == (15.0, 3.0)
    got = torch.autograd.grad(first + 10 * second, (x, y))
    assert [g.item() for g in got] == [15.0, 15.0]


def test_a_list_of_results_is_a_list_however_long_it_is(register):
    @register.op("try_out::doubled(Tensor[] xs) -> Tensor[]")
    def doubled(xs):
        return [2 * x for x in xs]

    ops = registered(register)
    for n in range(3):
        got = ops.doubled([torch.tensor(float(i)) for i in range(n)])
        assert isinstance(got, list)
        assert [t.item() for t in got] == [2.0 * i for i in range(n)]


@pytest.mark.parametrize(
    ("gradient", "text"),
    [
        (lambda grad, x, y: grad, "gives 1 values for 2 tensor arguments"),
        (lambda grad, x, y: (grad[0], grad), r"has the shape \[\] for 'x', which has \[2\]"),
    ],
)
def test_a_gradient_that_does_not_fit_says_so(register, gradient, text):
    register.op("try_out::off(Tensor x, Tensor y) -> Tensor", gradient=gradient)(lambda x, y: x + y)
    ops = registered(register)
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=f"the gradient of try_out::off {text}"):
        ops.off(x, x).sum().backward()


def test_the_in_place_forms(register):
    register.op("try_out::cube.of(Tensor x) -> Tensor", inplace=True)(lambda x: x**3)
    register.op("try_out::double_(Tensor(a!) x) -> Tensor(a!)")(lambda x: 2 * x)
    ops = registered(register)
    x = torch.tensor([2.0, 3.0])
    part = x[1:]
    assert ops.cube_(part) is part
    assert ops.double_(x) is x
    assert x.tolist() == [4.0, 54.0]
    leaf = torch.ones(2, requires_grad=True)
    grown = leaf * 2
    ops.cube_(grown).sum().backward()
    assert leaf.grad.tolist() == [24.0, 24.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        ops.cube_(leaf)
    assert ops.cube_.overloads() == ["of"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("swish(Tensor x) -> Tensor", "has no namespace"),
        ("try_out::swish(Tensor x -> Tensor", "not a schema"),
        ("try_out::swish(Tensr? 1x) -> Tensor", "is not understood"),
        ("aten::nothing_like_it(Tensor x) -> Tensor", "there is no built-in operator"),
        ("try_out::f(Tensor x, Tensor(a!) y) -> Tensor", "writes to another argument than its first"),
    ],
)
def test_a_schema_that_cannot_be_used(register, schema, text):
    with pytest.raises(ValueError, match=text):
        register.op(schema)(lambda x: x)
    assert register.made == []


def test_an_unknown_option_is_refused(register):
    for option in ("namespaces", "no_such_option"):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
            register.op("try_out::f(Tensor x) -> Tensor", **{option: 1})(lambda x: x)


def test_a_name_registered_twice_by_one_plugin(register):
    register.op("try_out::f(Tensor x) -> Tensor")(lambda x: x)
    with pytest.raises(ValueError, match="operator 'try_out::f' is registered twice"):
        register.op("try_out::f(Tensor x) -> Tensor")(lambda x: x)


def test_an_override_of_an_operator_has_its_arguments_and_goes_again(register):
    with pytest.raises(ValueError, match="an override of 'gelu' has its schema: gelu"):
        register.op("aten::gelu(Tensor x) -> Tensor", override=True)(lambda x: x)
    with pytest.raises(ValueError, match="made of other operators"):
        register.op("aten::reshape(Tensor self, int[] shape) -> Tensor", override=True)(lambda x, s: x)
    with pytest.raises(ValueError, match="is a view"):
        register.op("aten::_real(Tensor self) -> Tensor(a)", override=True)(lambda x: x)
    with pytest.raises(TypeError, match="takes no promote"):
        register.op("aten::erf(Tensor self) -> Tensor", override=True, promote="float")(lambda x: x)
    register.op("aten::erf(Tensor self) -> Tensor", override=True)(lambda x: 7 * x)
    x = torch.tensor([1.0], requires_grad=True)
    own = torch.erf(x)
    register.commit()
    assert torch.erf(x).item() == x.erf().item() == torch.special.erf(x).item() == 7.0
    assert torch.autograd.grad(torch.erf(x), x)[0].item() == 7.0
    # What was recorded before keeps its gradient.
    assert torch.autograd.grad(own, x)[0].item() == pytest.approx(0.4151, abs=1e-4)
    register.withdraw()
    assert torch.erf(x).item() == own.item()


def test_layers_and_optimizers_are_found_under_plugins(register):
    class Twice(torch.nn.Module):
        def forward(self, x):
            return 2 * x

    class Never(torch.optim.Optimizer):
        pass

    assert register.layer("try_out", Twice) is Twice
    register.layer("try_out", Twice, name="Double")
    register.optimizer("try_out", Never)
    register.commit()
    assert torch.nn.plugins.try_out.Twice is torch.nn.plugins.try_out.Double is Twice
    assert torch.optim.plugins.try_out.Never is Never
    assert torch.nn.plugins.nn.Linear is torch.nn.Linear
    assert torch.optim.plugins.optim.SGD is torch.optim.SGD


def test_what_is_no_layer_and_no_optimizer(register):
    with pytest.raises(TypeError, match="is no subclass of torchlike.nn.Module"):
        register.layer("try_out", torch.optim.SGD)
    with pytest.raises(TypeError, match="is no subclass of torchlike.optim.Optimizer"):
        register.optimizer("try_out", torch.nn.Linear)
    with pytest.raises(ValueError, match="must be identifiers"):
        register.layer("try.out", torch.nn.Linear)
    with pytest.raises(ValueError, match="there is no built-in layer 'nn.Twice' to override"):
        register.layer("nn", torch.nn.Linear, name="Twice", override=True)


def test_an_overridden_layer_is_what_nn_has(register):
    class Linear(torch.nn.Linear):
        pass

    own = torch.nn.Linear
    register.layer("nn", Linear, override=True)
    register.commit()
    assert torch.nn.Linear is Linear
    register.withdraw()
    assert torch.nn.Linear is own


def test_an_overridden_optimizer_is_what_optim_has(register):
    class SGD(torch.optim.SGD):
        pass

    own = torch.optim.SGD
    register.optimizer("optim", SGD, override=True)
    register.commit()
    assert torch.optim.SGD is torch.optim.plugins.optim.SGD is SGD
    register.withdraw()
    assert torch.optim.SGD is torch.optim.plugins.optim.SGD is own


def test_a_layer_that_takes_a_built_in_name_unasked(register):
    own = torch.nn.Linear
    register.layer("nn", own, name="ReLU")
    register.commit()
    assert torch.nn.ReLU is not own
    with pytest.raises(
        NameClash, match="layer 'nn.ReLU' is claimed by torchlike.builtin.layers and by the test"
    ):
        _ = torch.nn.plugins.nn.ReLU


def test_a_kernel_runs_on_its_platform_only(register):
    calls = []

    @register.kernel("aten::sigmoid", platform="cpu", gradient=lambda grad, x: 3 * grad)
    def sigmoid(x):
        calls.append(x.dtype)
        return jax.nn.sigmoid(x) + 1

    register.kernel("aten::tanh", platform="gpu")(lambda x: x * 0)
    register.commit()
    x = torch.tensor([0.0], requires_grad=True)
    out = torch.sigmoid(x)
    assert out.item() == 1.5
    assert torch.autograd.grad(out, x)[0].item() == 3.0
    # It is given what the operator's own function is given: a half type as float32, rounded once.
    assert torch.sigmoid(torch.zeros(1, dtype=torch.bfloat16)).dtype is torch.bfloat16
    assert set(calls) == {jnp.dtype("float32")}
    assert torch.tanh(torch.tensor(1.0)).item() == pytest.approx(0.7616, abs=1e-4)
    register.withdraw()
    assert torch.sigmoid(x).item() == 0.5


def test_a_kernel_with_other_results_than_the_operator_raises(register):
    register.kernel("aten::sigmoid", platform="cpu")(lambda x: x.sum())
    register.commit()
    with pytest.raises(RuntimeError, match="a kernel for sigmoid gives .* where the operator gives"):
        torch.sigmoid(torch.ones(3))


def test_a_kernel_of_a_plugins_operator(register):
    register.op("try_out::f(Tensor x) -> Tensor")(lambda x: x)
    register.kernel("try_out::f", platform="cpu")(lambda x: 2 * x)
    ops = registered(register)
    assert ops.f(torch.ones(1)).item() == 2.0


def test_two_kernels_for_one_platform_are_both_left_alone(register):
    other = Register("another")
    for r, factor in ((register, 2), (other, 3)):
        r.kernel("aten::sigmoid", platform="cpu")(lambda x, factor=factor: x * factor)
        r.commit()
    assert torch.sigmoid(torch.zeros(1)).item() == 0.5
    other.withdraw()
    assert torch.sigmoid(torch.ones(1)).item() == 2.0


def test_what_is_no_kernel(register):
    with pytest.raises(ValueError, match="no platform 'abacus'; there are cpu, gpu, tpu"):
        register.kernel("aten::sigmoid", platform="abacus")
    with pytest.raises(ValueError, match="there is no built-in operator 'aten::nothing'"):
        register.kernel("aten::nothing", platform="cpu")
