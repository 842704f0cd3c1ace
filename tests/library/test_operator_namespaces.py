"""`torch.ops` over operators that are declared with JAX functions, as plugins' are."""

import inspect
import sys

import jax
import pytest

import torchlike as torch
from torchlike.operators.declaration import OPERATORS, declared
from torchlike.registries import Claim

SCHEMAS = {
    "mine::swish(Tensor x, float beta=1.0) -> Tensor": lambda x, beta: x * jax.nn.sigmoid(beta * x),
    "mine::swish_(Tensor(a!) x, float beta=1.0) -> Tensor(a!)": lambda x, beta: x * jax.nn.sigmoid(beta * x),
    "mine::scale(Tensor x, Scalar by, *, int[] dims=[]) -> Tensor": lambda x, by, dims: x * by,
    "mine::scale.both(Tensor x, Tensor by) -> Tensor": lambda x, by: x * by,
    "mine::parts(Tensor x, dtype? dtype=None) -> (Tensor whole, Tensor half)": lambda x, dtype: (x, x / 2),
}
x = torch.ones(3)


@pytest.fixture(scope="module", autouse=True)
def plugin():
    made = [declared(text, fn, namespaces=(), method=False, out=False) for text, fn in SCHEMAS.items()]
    claims = [Claim(op.schema.name, op, "plugin 'mine'") for op in made]
    OPERATORS.add(claims)
    yield
    OPERATORS.remove(claims)


def frames(fn, *args):
    """The names of the Python functions that a call comes through."""
    seen = []

    def watch(frame, event, arg):
        if event == "call":
            seen.append(frame.f_code.co_qualname)

    sys.setprofile(watch)
    try:
        fn(*args)
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.parametrize("of", ["swish", "swish.default"])
def test_a_call_comes_through_no_more_frames_than_a_built_in_one(of):
    name, _, overload = of.partition(".")
    op = getattr(torch.ops.mine, name)
    op = getattr(op, overload) if overload else op
    for fn in (op, torch.sigmoid):
        fn(x)
    assert len(frames(op, x)) == len(frames(torch.sigmoid, x))


def test_how_it_looks():
    op = torch.ops.mine.swish
    assert repr(op) == "<OpOverloadPacket(op='mine.swish')>"
    assert repr(op.default) == "<OpOverload(op='mine.swish', overload='default')>"
    assert str(op.default._schema) == "mine::swish(Tensor x, float beta=1.) -> Tensor"
    assert str(torch.ops.mine.parts.default._schema).startswith(
        "mine::parts(Tensor x, ScalarType? dtype=None) -> "
    )
    assert (
        str(torch.ops.mine.swish_.default._schema)
        == "mine::swish_(Tensor(a!) x, float beta=1.) -> Tensor(a!)"
    )
    assert list(inspect.signature(op).parameters) == ["x", "beta"]
    assert op.default.overloadpacket is op
    assert op.overloads() == ["default"]


def refusal(fn, *args, **kwargs):
    with pytest.raises(RuntimeError) as caught:
        fn(*args, **kwargs)
    return str(caught.value)


def test_calls_that_do_not_fit():
    op = torch.ops.mine.swish
    declaration = "Declaration: mine::swish(Tensor x, float beta=1.) -> Tensor"
    for of in (op, op.default):
        assert refusal(of, 1) == (
            "mine::swish() Expected a value of type 'Tensor' for argument 'x' but instead found type 'int'.\n"
            f"Position: 0\nValue: 1\n{declaration}\nCast error details: Unable to cast 1 to Tensor"
        )
        assert refusal(of) == f"mine::swish() is missing value for argument 'x'. {declaration}"
        assert refusal(of, x, 1.0, 2).startswith(
            "mine::swish() expected at most 2 argument(s) but received 3 argument(s)."
        )
        assert refusal(of, x, gamma=1).startswith(
            "Unknown keyword argument 'gamma' for operator 'mine::swish'."
        )
        assert refusal(of, x, beta="a").startswith(
            "mine::swish() Expected a value of type 'float' for argument 'beta' but instead found type 'str'."
        )
        assert refusal(of, x, out=x).startswith("Unknown keyword argument 'out' for operator 'mine::swish'.")


def test_calls_that_are_made_to_fit():
    op = torch.ops.mine.swish
    expected = op(x, 2.0).tolist()
    assert op(x, torch.tensor(2.0)).tolist() == op(x, beta=torch.tensor([2])).tolist() == expected
    assert op(x=x, beta=2).tolist() == expected
    assert torch.ops.mine.scale(x, 2, dims=(torch.tensor(1),)).tolist() == [2.0, 2.0, 2.0]


def test_the_overload_that_fits_is_called():
    op = torch.ops.mine.scale
    assert op.overloads() == ["both", "default"] or op.overloads() == ["default", "both"]
    assert op(x, 3).tolist() == op(x, 3 * x).tolist() == op.both(x, 3 * x).tolist() == [3.0, 3.0, 3.0]
    text = refusal(op, x, "a")
    assert text.startswith("Overloaded torch operator invoked from Python failed to match any schema:\n")
    assert "Declaration: mine::scale.both(Tensor x, Tensor by) -> Tensor" in text
    assert "Declaration: mine::scale(Tensor x, Scalar by, *, int[] dims=[]) -> Tensor" in text


def test_several_results_are_a_tuple():
    made = torch.ops.mine.parts(x)
    assert type(made) is type(torch.ops.mine.parts.default(x)) is tuple
    assert made[1].tolist() == [0.5, 0.5, 0.5]


def test_opcheck_takes_them():
    w = torch.ones(3, requires_grad=True)
    for op, args in (
        (torch.ops.mine.swish, (w, 2.0)),
        (torch.ops.mine.swish_, (torch.ones(3),)),
        (torch.ops.mine.parts, (w,)),
        (torch.ops.mine.scale.both, (w, w)),
    ):
        assert set(torch.library.opcheck(op, args).values()) == {"SUCCESS"}


def test_their_kernels_are_not_functions_of_tensors():
    with pytest.raises(NotImplementedError, match="'mine::swish', which torch.library did not define"):
        torch.library.impl("mine::swish", "cpu", lambda x, beta: x)
    with pytest.raises(NotImplementedError, match="'mine::swish', which torch.library did not define"):
        torch.library.register_autograd("mine::swish", lambda ctx, g: (g, None))


def test_an_overload_of_a_programs_own_beside_theirs():
    library = torch.library.Library("mine", "FRAGMENT")
    library.define("swish.twice(Tensor x, str how) -> Tensor")
    library.impl("swish.twice", lambda x, how: x * 2)
    try:
        op = torch.ops.mine.swish
        assert op(x, "so").tolist() == op.twice(x, "so").tolist() == [2.0, 2.0, 2.0]
        assert op(x).tolist() == op.default(x).tolist()
    finally:
        library._destroy()
    assert torch.ops.mine.swish.overloads() == ["default"]
