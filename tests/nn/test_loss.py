"""`torchlike/nn/loss.py` against PyTorch."""

from __future__ import annotations

import pytest

import torchlike as torch
from tests.nn.layer_checks import check_layer, check_line, layers, lines


@pytest.mark.parametrize(("case", "wanted"), layers("loss"))
def test_a_layer_answers_as_in_pytorch(case, wanted):
    check_layer(case, wanted)


@pytest.mark.parametrize("wanted", lines("loss"))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)


def test_of_two_errors_of_one_call_the_first_alone_is_raised():
    inside = torch.tensor([0.25, 0.5])
    with pytest.raises(RuntimeError, match="all elements of input should be between 0 and 1"):
        print(torch.nn.functional.binary_cross_entropy(inside * 4 + 1, inside * 8))
    assert torch.nn.functional.binary_cross_entropy(inside * 1, inside * 1).item() > 0
