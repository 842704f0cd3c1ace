"""`torch.autograd.graph` and `Variable` against PyTorch's frozen outcomes."""

from tests.autograd import graph_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(graph_cases)
