"""`torchlike/nn/conv.py` against PyTorch."""

from __future__ import annotations

import pytest

from tests.nn.layer_checks import check_layer, check_line, layers, lines


@pytest.mark.parametrize(("case", "wanted"), layers("conv"))
def test_a_layer_answers_as_in_pytorch(case, wanted):
    check_layer(case, wanted)


@pytest.mark.parametrize("wanted", lines("conv"))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)
