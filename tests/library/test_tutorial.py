from tests.library import tutorial_cases
from tests.library.outcomes import compared

test_as_in_pytorch = compared(tutorial_cases)
