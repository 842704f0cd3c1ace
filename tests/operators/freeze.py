"""Write PyTorch's answers, with PyTorch installed: `python -m tests.operators.freeze [family ...]`."""

import sys

from .answers import main

if __name__ == "__main__":
    main(sys.argv[1:])
