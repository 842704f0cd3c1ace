"""Hooks against PyTorch's frozen outcomes."""

from tests.autograd import hook_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(hook_cases)
