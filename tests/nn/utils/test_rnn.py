"""`torchlike/nn/utils/rnn.py` against PyTorch."""

from __future__ import annotations

import pytest

from tests.nn.layer_checks import check_line, lines
from tests.nn.recurrent_cases import PREAMBLE


@pytest.mark.parametrize("wanted", lines("packing", PREAMBLE))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)
