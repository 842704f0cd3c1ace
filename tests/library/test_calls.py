from tests.library import call_cases
from tests.library.outcomes import compared

test_as_in_pytorch = compared(call_cases)
