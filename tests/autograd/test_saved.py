"""Saved tensors against PyTorch's frozen outcomes."""

from tests.autograd import saved_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(saved_cases)
