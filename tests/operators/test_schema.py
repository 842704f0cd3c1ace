"""Schemas are parsed as they are written."""

import pytest

from torchlike.operators.schema import MISSING, Argument, parse


def test_commas_inside_brackets_divide_nothing():
    schema = parse(
        "pad.two(Tensor(a) self, int[2] size=[1, 2], str mode='a', *, Scalar? value=None) -> Tensor(a)"
    )
    assert schema.arguments == (
        Argument("self", "Tensor", False, MISSING, False, None),
        Argument("size", "int[]", False, (1, 2), False, 2),
        Argument("mode", "str", False, "a", False, None),
        Argument("value", "Scalar", True, None, True, None),
    )
    assert (schema.name, schema.base, schema.returns, schema.is_view) == ("pad.two", "pad", ("",), True)


def test_one_int_stands_for_as_many_as_the_size_says():
    assert parse("pool(Tensor self, int[3] stride=2) -> Tensor").arguments[1].default == (2, 2, 2)


def test_results_have_names():
    assert parse("max.dim(Tensor self, int dim) -> (Tensor values, Tensor indices)").returns == (
        "values",
        "indices",
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [("add(Tensor self, Tensor[ other) -> Tensor", "Tensor[ other"), ("f(int) -> Tensor", "int")],
)
def test_what_is_not_understood_is_shown(text, part):
    with pytest.raises(ValueError, match="is not understood") as raised:
        parse(text)
    assert str(raised.value).startswith(f"argument {part!r} of schema")


def test_what_is_no_schema_is_shown():
    with pytest.raises(ValueError, match="not a schema: 'add'"):
        parse("add")
