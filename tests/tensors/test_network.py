"""Drawn masks and running statistics, against PyTorch's frozen answers."""

import json
from pathlib import Path

import numpy as np
import pytest

import torchlike as torch
import torchlike.nn  # noqa: F401 - the cases name torch.nn.functional
from tests.tensors.network_cases import CASES

ANSWERS = json.loads((Path(__file__).parent / "frozen" / "network.json").read_text(encoding="utf-8"))


def test_no_answer_is_left_over():
    assert ANSWERS.keys() == CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_as_in_pytorch(name):
    found, expected = CASES[name](torch), ANSWERS[name]
    assert found.keys() == expected.keys()
    narrow = "float16" in name
    for key, value in expected.items():
        if (
            key in ("y", "grad", "out", "mean", "var", "seen by a view", "rows", "table")
            and "finite" not in name
        ):
            # A half type's gradient is rounded once here, after each of its steps there.
            tolerance = 2e-2 if narrow and key == "grad" else 1e-3 if narrow else 2e-6
            np.testing.assert_allclose(found[key], value, rtol=tolerance, atol=tolerance, err_msg=key)
        else:
            assert found[key] == value, key
