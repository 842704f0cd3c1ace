"""`torch.ops.aten`: PyTorch's overloads, by what is built in."""

import json

import pytest

import torchlike as torch
from tests.library import aten_answers
from torchlike import names
from torchlike.library import aten_overloads
from torchlike.library.function_schema import parse
from torchlike.operators.declaration import OPERATORS

FROZEN = json.loads(aten_answers.FROZEN.read_text())
x = torch.arange(4.0)


def served():
    packets = {base: getattr(torch.ops.aten, base) for base, _ in aten_answers.overloads()}
    return [f"{base}.{name}" for base, name in aten_answers.overloads() if name in packets[base]._overloads]


SERVED = served()


def test_most_that_are_here_under_a_name_are_there():
    assert len(SERVED) > 500
    assert {"add.Tensor", "add.Scalar", "mul.Tensor", "sum.dim_IntList", "max.dim", "relu_.default"} <= set(
        SERVED
    )


@pytest.mark.parametrize("name", SERVED)
def test_as_in_pytorch(name):
    base, _, overload = name.rpartition(".")
    assert aten_answers.answer(torch, base, overload) == FROZEN[name]


def test_every_built_in_name_of_pytorchs_has_its_schemas():
    ours = {name.partition(".")[0] for name in OPERATORS.builtin}
    lacking = {
        name for name in ours - set(aten_overloads.names()) if names.in_pytorch("torch.ops.aten", name)
    }
    assert not lacking, "run `python -m compat.freeze_aten`"


def test_schemas_are_printed_as_pytorch_prints_them():
    count = 0
    for base, texts in aten_overloads._frozen().items():
        for text, schema in zip(texts, aten_overloads.schemas(base).values(), strict=True):
            if schema is not None:
                assert str(parse(text)) == text
                count += 1
    assert count > 1300


def test_an_overload():
    op = torch.ops.aten.add.Tensor
    assert repr(op) == "<OpOverload(op='aten.add', overload='Tensor')>"
    assert str(op._schema) == "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"
    assert op(x, x, alpha=2).tolist() == [0.0, 3.0, 6.0, 9.0]
    assert op(self=x, other=2).tolist() == [2.0, 3.0, 4.0, 5.0]
    assert op.name() == "aten::add.Tensor"
    assert op.overloadpacket is torch.ops.aten.add


def test_overloads_take_what_their_schemas_say():
    assert torch.ops.aten.mul.Scalar(x, 2).tolist() == [0.0, 2.0, 4.0, 6.0]
    with pytest.raises(RuntimeError, match="Expected a value of type 'number' for argument 'other'"):
        torch.ops.aten.mul.Scalar(x, x)
    with pytest.raises(RuntimeError, match="Expected a value of type 'Tensor' for argument 'other'"):
        torch.ops.aten.eq.Tensor(x, 2)
    assert torch.ops.aten.sum.dim_IntList(x, [0]).item() == torch.ops.aten.sum(x, 0).item() == 6.0


def test_results_are_plain():
    assert type(torch.ops.aten.max.dim(x, 0)) is tuple
    assert type(torch.ops.aten.split.Tensor(x, 2)) is list


def test_gradients_and_writes():
    w = torch.ones(2, requires_grad=True)
    y = torch.ops.aten.exp(w)
    assert y.grad_fn.name() == "ExpBackward0"
    assert torch.ops.aten.mul_.Tensor(y, y) is y
    z = torch.ones(2)
    assert torch.ops.aten.add_(z, 1) is z
    assert z.tolist() == [2.0, 2.0]


def test_no_overload_fits():
    with pytest.raises(RuntimeError) as caught:
        torch.ops.aten.add(x, "a")
    lines = str(caught.value).splitlines()
    assert lines[0] == "Overloaded torch operator invoked from Python failed to match any schema:"
    assert "Declaration: aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor" in lines


def test_what_is_missing_says_so():
    assert "out" in torch.ops.aten.add.overloads()
    with pytest.raises(NotImplementedError, match=r"torch.ops.aten.add.out"):
        _ = torch.ops.aten.add.out
    with pytest.raises(NotImplementedError, match=r"torch.ops.aten.add.out"):
        torch.ops.aten.add(x, x, out=torch.empty(4))
    with pytest.raises(NotImplementedError, match=r"torch.ops.aten.fft_fft"):
        _ = torch.ops.aten.fft_fft
    with pytest.raises(AttributeError, match="The underlying op of 'aten.add' has no overload name 'nosuch'"):
        _ = torch.ops.aten.add.nosuch
    for name in ("nosuch", "_sum_to_size"):
        with pytest.raises(AttributeError, match=f"'_OpNamespace' 'aten' object has no attribute '{name}'"):
            getattr(torch.ops.aten, name)
    assert not hasattr(torch.ops.aten, "fft_fft")
    assert "add" in dir(torch.ops.aten)
    assert "_sum_to_size" not in dir(torch.ops.aten)
