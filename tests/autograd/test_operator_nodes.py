"""Graphs against PyTorch's frozen outcomes."""

from tests.autograd import node_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(node_cases)
