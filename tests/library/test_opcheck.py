from tests.library import opcheck_cases
from tests.library.outcomes import compared

test_as_in_pytorch = compared(opcheck_cases)
