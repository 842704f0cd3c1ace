"""`torchlike/nn/rnn.py` against PyTorch."""

from __future__ import annotations

import pytest

from tests.nn.layer_checks import check_layer, check_line, layers, lines
from tests.nn.recurrent_cases import PREAMBLE


@pytest.mark.parametrize(("case", "wanted"), layers("rnn"))
def test_a_layer_answers_as_in_pytorch(case, wanted):
    check_layer(case, wanted)


@pytest.mark.parametrize("wanted", lines("rnn", PREAMBLE))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)
