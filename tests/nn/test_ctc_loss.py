"""`torchlike/tensors/ctc_loss.py` against PyTorch."""

from __future__ import annotations

import pytest

import torchlike as torch
from tests.nn.ctc_cases import PREAMBLE
from tests.nn.layer_checks import check_line, lines

F = torch.nn.functional


@pytest.mark.parametrize("wanted", lines("ctc_loss", PREAMBLE))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_that_is_no_class_is_refused(label):
    # PyTorch reads whatever lies before or behind the classes.
    with pytest.raises(IndexError, match=f"Target {label} is out of bounds"):
        F.ctc_loss(torch.zeros(6, 1, 4), torch.tensor([[1, label]]), [6], [2])
    # What is beyond a target's length is not looked at.
    F.ctc_loss(torch.zeros(6, 1, 4), torch.tensor([[1, label]]), [6], [1])


def test_lengths_have_to_fit():
    with pytest.raises(RuntimeError, match="Expected input_lengths to have value at most 6, but got value 7"):
        F.ctc_loss(torch.zeros(6, 1, 4), torch.tensor([[1, 2]]), [7], [2])
    with pytest.raises(TypeError, match="argument 'input_lengths' must be tuple of ints"):
        F.ctc_loss(torch.zeros(6, 1, 4), torch.tensor([[1, 2]]), [6.0], [2])
