"""Anomaly mode against PyTorch's frozen outcomes, and for derivatives of derivatives."""

import warnings

import pytest

import torchlike as torch
from tests.autograd import anomaly_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(anomaly_cases)


def test_a_gradients_own_gradient_names_the_forward_and_the_first_pass():
    x = torch.tensor([0.0], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first = (x**1.5).sum()
        (g,) = torch.autograd.grad(first, x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="returned nan values in its 0th output"):
            torch.autograd.grad((h * 0).sum(), x)
    said = [str(w.message) for w in caught]
    assert "(h,) = torch.autograd.grad(g.sum(), x, create_graph=True)" in said[0]
    assert "(g,) = torch.autograd.grad(first, x, create_graph=True)" in said[1]
    assert "first = (x**1.5).sum()" in said[2]
    assert said[1].startswith("\n\nPrevious calculation was induced by ")
