"""What holds for every test."""

import gc

# Compiling makes and drops millions of objects, of which few are in a cycle.
_OFTEN = 50_000


def pytest_collection() -> None:
    """Let the garbage collector rest until all tests are there."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From then on let it pass over them, and come less often.

    It would go through JAX's modules and all tests again and again: a tenth of the time.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OFTEN, 20, 20)
