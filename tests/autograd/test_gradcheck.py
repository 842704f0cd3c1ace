"""`gradcheck` against PyTorch's frozen outcomes, and forward mode, which is not there."""

import pytest

import torchlike as torch
from tests.autograd import gradcheck_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(gradcheck_cases)


def test_forward_mode_says_that_it_is_not_there():
    x = torch.ones(1, dtype=torch.float64, requires_grad=True)
    with pytest.raises(NotImplementedError, match="check_forward_ad"):
        torch.autograd.gradcheck(torch.sin, (x,), check_forward_ad=True)
    with pytest.raises(NotImplementedError, match="check_fwd_over_rev"):
        torch.autograd.gradgradcheck(torch.sin, (x,), check_fwd_over_rev=True)
