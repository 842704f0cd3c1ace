"""The engine with its limits made small, so that tiny programs reach what otherwise only large ones do.

Every array is worth donating, a dozen operators make a long trace, seams are looked for after two operators, and a
program is compiled anew for almost every set of results. Each program is the body of a loop, which runs several
times, so that plans are found again, taken for loops, and compiled whole.
"""

from __future__ import annotations

import random

ITERATIONS = 3
REPEATS = 2


def shrink_limits(seed: int = 0) -> None:
    """Make the engine's limits small; which ones, and how small, depends on the seed."""
    from torchlike.engine import blocks, plans, programs, rhythm, segments

    draw = random.Random(seed)
    programs.MIN_DONATED = 0
    plans.MAX_WHOLE = draw.choice((0, 6, 12, 400))
    plans._COMPILE_EACH = draw.choice((0.001, 0.02, 0.1))
    plans._MAX_PLANS = draw.choice((2, 16, 512))
    segments._LONG = draw.choice((3, 6, 48))
    segments._CONTEXT = draw.choice((1, 2, 6))
    segments._followers.clear()
    rhythm.SOFT_LIMIT = draw.choice((4, 16, 256))
    rhythm._MIN_CUT = draw.choice((1, 8, 48))
    blocks._HOT = draw.choice((2, 3, 3000))
    blocks._MAX_VARIANTS = draw.choice((1, 2, 3))
    blocks._MAX_CODES = draw.choice((8, 64, 1024))
