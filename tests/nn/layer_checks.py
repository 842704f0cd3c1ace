"""The frozen answers of PyTorch, and how ours are compared with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchlike as torch
from tests.nn import layer_cases
from tests.nn.layer_answers import answer
from tests.nn.outcomes import outcome
from torchlike import nn

FROZEN = Path(__file__).parent / "frozen"
# Functions that are not there yet, and what needs them; strict, so that the entry goes when the function comes.
MISSING = {
    "torch.linalg.qr": ("nn.init.orthogonal_(torch.empty(",),
}
NAMES = {"torch": torch, "nn": nn, "np": np, "__name__": __name__}


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((FROZEN / f"{name}.json").read_text(encoding="utf-8"))


def layers(family: str) -> list:
    """A parameter for each layer of a family: its case and PyTorch's answer."""
    frozen = load(f"layers_{family}")
    cases = layer_cases.CASES[family]
    assert [case[0] for case in cases] == [wanted["source"] for wanted in frozen], "python -m tests.nn.freeze"
    return [
        pytest.param(*pair, id=pair[0][0], marks=_marks(pair[0][0]))
        for pair in zip(cases, frozen, strict=True)
    ]


def lines(family: str, preamble: str = "") -> list:
    """A parameter for each line of a family: what PyTorch makes of it, after the lines of the preamble."""
    return [
        pytest.param({"preamble": preamble, **wanted}, id=_shortened(wanted["source"]))
        for wanted in load(f"lines_{family}")
    ]


def draws() -> list:
    """A parameter for each initializer: what PyTorch draws with it."""
    return [
        pytest.param(wanted, id=wanted["source"], marks=_marks(wanted["source"]))
        for wanted in load("draws_initializers")
    ]


def _marks(source: str) -> list:
    return [
        pytest.mark.xfail(raises=NotImplementedError, strict=True, reason=f"{name} is missing")
        for name, users in MISSING.items()
        if source.startswith(users)
    ]


def _shortened(source: str) -> str:
    return source.splitlines()[0][:80]


def _same(found: dict[str, list], wanted: dict[str, list]) -> None:
    """First values are drawn, not computed: all digits but the last are the same."""
    assert list(found) == list(wanted)
    for name in wanted:
        np.testing.assert_allclose(np.array(found[name]), np.array(wanted[name]), rtol=1.3e-7, atol=1e-8)


def _close(found: list, wanted: list) -> None:
    """Sums are added up in another order than PyTorch's, so the last digits of their terms may differ."""
    found, wanted = np.array(found), np.array(wanted)
    largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=5e-7 * largest)


def check_layer(case: tuple, wanted: dict[str, Any]) -> None:
    """Text, first values, output, gradients and buffers of a layer."""
    found = answer(case, NAMES)
    assert found["text"] == wanted["text"]
    _same(found["state"], wanted["state"])
    assert found.keys() == wanted.keys()
    assert found.get("dtypes") == wanted.get("dtypes")
    for outputs in ("outputs", "gradients"):
        for one, other in zip(found.get(outputs, []), wanted.get(outputs, []), strict=True):
            _close(one, other)
    for tensors in ("state_after", "parameter_gradients"):
        for name, other in wanted.get(tensors, {}).items():
            _close(found[tensors][name], other)


def check_line(wanted: dict[str, Any]) -> None:
    """The value, error and warnings of a line."""
    torch.manual_seed(0)
    found = outcome(wanted["preamble"] + wanted["source"], dict(NAMES))
    assert found == {name: wanted[name] for name in ("value", "error", "warnings") if name in wanted}


def check_draw(wanted: dict[str, Any]) -> None:
    """The numbers that an initializer draws after a seed."""
    torch.manual_seed(0)
    found = eval(wanted["source"], dict(NAMES)).tolist()
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if "orthogonal" in wanted["source"] else {"rtol": 2.5e-7}
    np.testing.assert_allclose(np.array(found), np.array(wanted["value"]), **tolerance)
