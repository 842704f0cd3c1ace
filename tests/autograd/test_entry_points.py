"""`backward` and `grad` against PyTorch's frozen outcomes."""

import warnings

import pytest

import torchlike as torch
from tests.autograd import backward_cases
from tests.autograd.outcomes import compared
from torchlike.autograd import entry_points

test_as_in_pytorch = compared(backward_cases)


def test_a_recorded_backward_warns_of_the_cycle_once(monkeypatch):
    monkeypatch.setattr(entry_points, "_warned", False)
    x = torch.ones(1, requires_grad=True)
    with pytest.warns(
        UserWarning, match=r"^Using backward\(\) with create_graph=True will create a reference cycle"
    ):
        (x * x).backward(create_graph=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (x * x).backward(create_graph=True)
    x.grad = None
