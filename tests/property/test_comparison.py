"""The comparer sees each kind of difference, and only differences."""

import copy
import math

import pytest

from .comparison import Difference, close, compare, ill_conditioned
from .programs import Program, Statement

TENSOR = {
    "dtype": "float32",
    "shape": [2, 1],
    "stride": [1, 1],
    "offset": 0,
    "contiguous": True,
    "requires_grad": True,
    "is_leaf": False,
    "grad_fn": "MulBackward0",
    "version": 0,
}
PROGRAM = Program((Statement("t1 = torch.rand(2, 1) * 2", "mul", ("t1",)),))


def transcript(**changes):
    entry = {**copy.deepcopy(TENSOR), **changes}
    return {"statements": [{"t1": entry}], "end": {"t1": {**entry, "value": [[1.0], [math.nan]]}}}


def test_equal_transcripts_are_the_same():
    assert compare(PROGRAM, transcript(), transcript()).outcome == "same"


@pytest.mark.parametrize(
    "changes",
    [
        {"dtype": "float64"},
        {"shape": [1, 2]},
        {"stride": [2, 1]},
        {"offset": 1},
        {"contiguous": False},
        {"requires_grad": False},
        {"is_leaf": True},
        {"grad_fn": "MulBackward1"},
        {"grad_fn": None},
        {"version": 1},
    ],
)
def test_each_field_is_compared(changes):
    verdict = compare(PROGRAM, transcript(), transcript(**changes))
    assert verdict.outcome == "different"
    assert verdict.difference.field == next(iter(changes))


def test_strides_of_single_elements_are_not_told_apart():
    assert compare(PROGRAM, transcript(), transcript(stride=[1, 7])).outcome == "same"


def test_the_node_of_a_gradient_need_only_be_there():
    program = Program((Statement("g1 = t1.grad", "grad", ("g1",)),))

    def of_gradient(**changes):
        return {"statements": [{"g1": {**TENSOR, **changes}}], "end": {}}

    assert compare(program, of_gradient(), of_gradient(grad_fn="OtherBackward0")).outcome == "same"
    assert compare(program, of_gradient(), of_gradient(grad_fn=None)).difference.field == "grad_fn"


def test_the_placement_of_a_gradient_is_not_compared_nor_what_follows_from_it():
    program = Program((Statement("g1 = t1.grad", "grad", ("g1",)), Statement("t2 = g1.t()", "t", ("t2",))))

    def transcripts(second, **changes):
        return {"statements": [{"g1": {**TENSOR, **changes}}, second], "end": {}}

    moved = {"t2": {**TENSOR, "stride": [2, 1]}}
    expected = transcripts({"t2": TENSOR})
    assert compare(program, expected, transcripts(moved, stride=[2, 1])).outcome == "same"
    assert compare(program, expected, transcripts(moved)).difference.field == "stride"
    other = transcripts({"t2": {**TENSOR, "shape": [1, 2]}}, version=1)
    assert compare(program, expected, other).difference.field == "shape"
    refused = transcripts({"raises": ["RuntimeError", "view size is not compatible"]}, stride=[2, 1])
    assert compare(program, expected, refused).outcome == "displaced"


@pytest.mark.parametrize(
    ("is_leaf", "changes", "field"),
    [
        (True, {"stride": [2, 1]}, "stride"),
        (True, {"contiguous": False}, "contiguous"),
        (True, {"version": 1, "offset": 3}, None),
        (True, {"version": 1, "stride": [2, 1]}, "stride"),
        (False, {"version": 1, "offset": 3, "contiguous": False, "stride": [2, 1]}, None),
    ],
)
def test_the_layout_of_the_grad_of_a_leaf_is_compared(is_leaf, changes, field):
    program = Program((Statement("t1 = torch.ones((2, 1))", "ones", ("t1",)),))

    def of_leaf(**changes):
        held = {**TENSOR, "is_leaf": is_leaf}
        return {"statements": [{"t1": held}], "end": {"t1": held, "t1.grad": {**TENSOR, **changes}}}

    difference = compare(program, of_leaf(), of_leaf(**changes)).difference
    assert (difference and (difference.name, difference.field)) == (field and ("t1.grad", field))


def test_a_gradient_read_from_a_leaf_is_one():
    statements = (
        Statement("t1 = torch.ones((2, 1))", "ones", ("t1",)),
        Statement("with torch.no_grad(): g1 = t1.grad", "grad", ("g1",)),
        Statement("t2 = g1[0]", "slice", ("t2",)),
    )

    def read(view, **changes):
        leaf = {**TENSOR, "is_leaf": True}
        return {
            "statements": [{"t1": leaf}, {"g1": {**TENSOR, **changes}}, {"t2": {**TENSOR, **view}}],
            "end": {},
        }

    program = Program(statements)
    assert compare(program, read({}), read({}, stride=[2, 1])).difference.name == "g1"
    assert compare(program, read({}), read({"offset": 3}, offset=2)).outcome == "same"
    assert compare(program, read({}), read({"offset": 3})).difference.name == "t2"
    assert compare(program, read({}), read({"stride": [2, 1]}, offset=2)).difference.name == "t2"


def test_of_a_vector_times_a_matrix_the_version_alone_is_not_compared():
    def product(shape, **changes):
        return {
            "statements": [{"t1": {**TENSOR, "shape": shape, "stride": [1] * len(shape), **changes}}],
            "end": {},
        }

    program = Program((Statement("t1 = t2 @ t3", "matmul", ("t1",)),))
    assert compare(program, product([2]), product([2], version=1)).outcome == "same"
    assert compare(program, product([2]), product([2], stride=[2])).difference.field == "stride"
    assert compare(program, product([2, 1]), product([2, 1], version=1)).difference.field == "version"


def test_values_at_the_end_are_compared():
    other = transcript()
    other["end"]["t1"]["value"] = [[1.0001], [math.nan]]
    verdict = compare(PROGRAM, transcript(), other)
    assert (verdict.outcome, verdict.difference.field, verdict.difference.index) == ("different", "value", 1)


@pytest.mark.parametrize(
    ("left", "right", "dtype", "expected"),
    [
        ([1.0], [1.0 + 1e-6], "float32", True),
        ([1.0], [1.0 + 2e-5], "float32", False),
        ([1.0], [1.0 + 1e-6], "float64", False),
        ([math.nan], [math.nan], "float32", True),
        ([math.nan], [0.0], "float32", False),
        ([math.inf], [-math.inf], "float32", False),
        ([math.inf], [math.inf], "float32", True),
        ([1e30], [math.inf], "float32", False),
        ([1], [1.0], "int64", False),
        ([True], [1], "bool", False),
        ([1, 2], [1], "int64", False),
    ],
)
def test_closeness(left, right, dtype, expected):
    assert close(left, right, dtype) is expected


def errors(*raised):
    return {"statements": [{"raises": list(raised)} if raised else {}], "end": {}}


def test_types_of_errors_are_compared_and_texts_collected():
    program = Program((Statement("t1.sum(7)", "sum"),))
    verdict = compare(program, errors("IndexError", "a"), errors("IndexError", "b"))
    assert (verdict.outcome, verdict.messages) == ("same", [("sum", "a", "b")])
    assert compare(program, errors("IndexError", "a"), errors("RuntimeError", "a")).outcome == "different"
    assert compare(program, errors(), errors("RuntimeError", "a")).outcome == "different"
    assert compare(program, errors("RuntimeError", "a"), errors()).outcome == "different"
    assert compare(program, errors(), errors("NotImplementedError", "sum")).outcome == "unsupported"


def test_an_error_that_comes_at_the_next_read_is_deferred():
    program = Program((Statement("t2 = t1[t0]", "index", ("t2",)), Statement("t2.tolist()", "read")))
    late = {"statements": [{}, {"raises": ["IndexError", "out of range"]}], "end": {}}
    expected = {"statements": [{"raises": ["IndexError", "out of range"]}, {}], "end": {}}
    assert compare(program, expected, late).outcome == "deferred"
    never = {"statements": [{}, {}], "end": {}}
    assert compare(program, expected, never).outcome == "different"


def test_ill_conditioned_values_swing_as_far_as_they_differ():
    found = Difference(1, "end", "value", "t1", [1.0, 2.0], [1.001, 2.0])
    expected = {"dtype": "float32", "value": [1.0, 2.0]}
    assert ill_conditioned(found, expected, {"value": [1.0002, 2.0]})
    assert not ill_conditioned(found, expected, {"value": [1.0000001, 2.0]})
