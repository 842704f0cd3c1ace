"""Programs that save and load against PyTorch's frozen outcomes."""

from tests.autograd.outcomes import compared
from tests.serialization import archive_cases

test_as_in_pytorch = compared(archive_cases)
