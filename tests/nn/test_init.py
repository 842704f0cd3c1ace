"""`torchlike/nn/init.py` against PyTorch."""

from __future__ import annotations

import pytest

from tests.nn.layer_checks import check_draw, check_line, draws, lines


@pytest.mark.parametrize("wanted", lines("initializers"))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)


@pytest.mark.parametrize("wanted", draws())
def test_an_initializer_draws_what_pytorch_draws(wanted):
    check_draw(wanted)
