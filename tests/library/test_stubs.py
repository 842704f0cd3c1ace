"""Signatures and stubs of operators."""

import ast
import inspect

import pytest

import torchlike as torch
from torchlike.library.stubs import python_signature, stub
from torchlike.operators.schema import parse
from torchlike.plugin import Register


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ("m::f(Tensor x, float beta=1.0) -> Tensor", "(x: Tensor, beta: float = 1.0) -> Tensor"),
        (
            "m::f(Tensor[] xs, *, str? mode='a') -> Tensor[]",
            "(xs: Sequence[Tensor], *, mode: str | None = 'a') -> list[Tensor]",
        ),
        (
            "m::f(Tensor x, int[2] pad) -> (Tensor, Tensor)",
            "(x: Tensor, pad: Sequence[int] | int) -> tuple[Tensor, Tensor]",
        ),
        ("m::f_(Tensor(a!) x) -> Tensor(a!)", "(x: Tensor) -> Tensor"),
        ("m::f(any? how=None) -> ()", "(how: Any | None = None) -> None"),
    ],
)
def test_the_python_signature_of_a_schema(schema, shown):
    assert str(python_signature(parse(schema))) == shown


def test_a_stub_is_python_with_every_overload():
    schemas = [
        "m::f(Tensor x) -> Tensor",
        "m::g(Scalar k=1) -> Tensor",
        "m::f.of(Tensor x, str how='it') -> Tensor",
    ]
    tree = ast.parse(stub([parse(s) for s in schemas]))
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert [(f.name, len(f.decorator_list)) for f in functions] == [("f", 1), ("f", 1), ("g", 0)]


def test_every_built_in_operator_has_a_stub():
    from torchlike.operators.declaration import BUILTIN

    ast.parse(stub([d.schema for d in BUILTIN.values()]))


def test_an_operator_shows_its_signature():
    register = Register("the test")
    register.op("stub_try::f(Tensor x, *, Scalar by=2) -> Tensor")(lambda x, by: by * x)
    register.commit()
    try:
        assert (
            str(inspect.signature(torch.ops.stub_try.f))
            == "(x: Tensor, *, by: int | float | complex | bool = 2) -> Tensor"
        )
    finally:
        register.withdraw()
