"""Jacobians and Hessians against PyTorch's frozen outcomes, and forward mode, which is not there."""

import pytest

import torchlike as torch
from tests.autograd import functional_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(functional_cases)


def test_forward_mode_says_that_it_is_not_there():
    with pytest.raises(NotImplementedError, match="forward-mode"):
        torch.autograd.functional.jacobian(torch.sin, torch.ones(2), strategy="forward-mode", vectorize=True)
    with pytest.raises(NotImplementedError, match="dual_level"):
        torch.autograd.forward_ad.dual_level()
