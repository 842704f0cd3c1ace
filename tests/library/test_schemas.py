from tests.library import schema_cases
from tests.library.outcomes import compared

test_as_in_pytorch = compared(schema_cases)
