"""The suite itself: a wrong outcome is a difference, whatever is wrong with it."""

import copy
import json
from dataclasses import replace

import pytest

from compat import __main__ as command
from compat.imports import to_torch, to_torchlike
from compat.outcome import differences
from compat.rows import StaleOutcome, judge, load, rows

ROWS = {row.id: row for row in rows()}


def edit(outcome: dict, path: str, change) -> dict:
    """Return a copy of an outcome with the entry at `path` changed, or removed where `change` is None."""
    edited = copy.deepcopy(outcome)
    *way, last = path.split("/")
    holder = edited
    for step in way:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    key = int(last) if isinstance(holder, list) else last
    if change is None:
        del holder[key]
    else:
        holder[key] = change(holder[key])
    return edited


@pytest.mark.parametrize(
    ("row", "path", "change"),
    [
        ("000/block_2_as_meant", "text", lambda text: text.replace("2.", "3.")),
        ("000/block_2_as_meant", "text", str.rstrip),
        ("000/block_2_as_meant", "text", lambda text: ""),
        ("000/block_2_as_meant", "kind", lambda kind: "value"),
        ("000/block_2_as_meant", "names/x/grad/values/0", lambda number: number + 1e-4),
        ("000/block_2_as_meant", "names/x/grad", None),
        ("000/block_2_as_meant", "names/y/grad_fn", lambda name: "MulBackward0"),
        ("000/block_2_as_meant", "names/y/grad_fn", lambda name: None),
        ("000/block_2_as_meant", "names/x", None),
        ("001/block_0", "names/z/values/3", lambda number: number * (1 + 3e-5)),
        ("001/block_0", "names/z/values/3", lambda number: float("nan")),
        ("001/block_0", "names/z/values/3", lambda number: float("inf")),
        ("001/block_0", "names/z/values", lambda numbers: numbers[:3]),
        ("001/block_0", "names/z/shape", lambda shape: [4]),
        ("001/block_0", "names/z/dtype", lambda dtype: "torch.float64"),
        ("001/block_0", "names/z/device", lambda device: "cuda:0"),
        ("001/block_0", "names/z/requires_grad", lambda flag: True),
        ("001/block_0", "warnings", lambda said: [*said, "UserWarning: look out"]),
        ("003/block_1", "error", lambda error: None),
        ("003/block_1", "error/type", lambda name: "ValueError"),
        ("003/block_1", "error/builtin", lambda name: "Exception"),
        ("003/block_1", "error/message", lambda message: message + "."),
        ("003/block_1_as_meant", "names/targets/values/9", lambda number: number + 1),
        ("003/block_1_as_meant", "names/inputs/grad/norm", lambda norm: norm * 1.001),
        ("003/block_3_as_meant", "names/losses/items/9", lambda loss: loss + 1e-4),
        ("003/block_3_as_meant", "names/losses/items", lambda losses: losses[:9]),
        ("003/block_3_as_meant", "names/net/state/conv1.weight/values/7", lambda number: number + 1e-4),
        ("003/block_3_as_meant", "names/net/grads/conv1.weight", None),
        ("003/block_3_as_meant", "names/net/training", lambda flag: not flag),
        ("003/block_3_as_meant", "names/optimizer/text", lambda text: text.replace("0.01", "0.1")),
        ("004/names_adam", "names/optimizer/state/items/0/items/exp_avg/values/0", lambda number: number * 2),
        ("002/block_3", "names/CustomModule/bases", lambda bases: ["object"]),
    ],
)
def test_a_wrong_outcome_differs(row, path, change):
    right = ROWS[row].expected_outcome()
    assert judge(ROWS[row], right, copy.deepcopy(right)).status == "same"
    wrong = edit(right, path, change)
    assert judge(ROWS[row], right, wrong).status == "differs"
    assert judge(ROWS[row], wrong, right).status == "differs"


def test_float32_rounding_is_no_difference():
    right = ROWS["001/block_0"].expected_outcome()
    assert not differences(right, edit(right, "names/z/values/3", lambda number: number * (1 + 1e-7)))


@pytest.fixture
def missing() -> dict:
    error = {"type": "NotImplementedError", "builtin": "NotImplementedError", "message": "torch.nn.LSTM"}
    return {"kind": "error", "error": error, "text": "", "warnings": [], "names": {}}


def test_what_is_not_there_yet_is_neither_same_nor_wrong(missing):
    row = replace(ROWS["003/names_lstm_sentiment"], not_yet="torch.nn.LSTM")
    right = row.expected_outcome()
    result = judge(row, right, missing)
    assert (result.status, result.acceptable) == ("not yet", True)
    assert judge(replace(row, not_yet=""), right, missing).status == "differs"


def test_not_yet_excuses_no_other_difference(missing):
    row = replace(ROWS["003/names_lstm_sentiment"], not_yet="torch.nn.LSTM")
    right = row.expected_outcome()
    for path, value in (("error/builtin", "ValueError"), ("error/message", "torch.nn.GRU")):
        assert judge(row, right, edit(missing, path, lambda _, value=value: value)).status == "differs"
    assert judge(row, right, edit(right, "text", lambda text: text + " ")).status == "differs"
    result = judge(row, right, right)
    assert (result.status, result.acceptable) == ("works now", False)


def test_a_changed_program_needs_a_new_outcome(monkeypatch):
    monkeypatch.setattr("compat.rows.to_torch", lambda source: source + "\n")
    with pytest.raises(StaleOutcome, match="000/block_1 has changed"):
        ROWS["000/block_1"].expected_outcome()


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_fails_on_a_difference(arguments, monkeypatch, capsys):
    row = ROWS["000/block_1"]
    monkeypatch.setattr(command, "rows", lambda: [row])
    assert command.main(arguments) == 0
    assert "differs" not in capsys.readouterr().out

    wrong = edit(row.expected_outcome(), "error/message", lambda message: "name 'torchlike' is not defined")
    monkeypatch.setattr(type(row), "expected_outcome", lambda self: wrong)
    assert command.main(arguments) == 1
    printed = capsys.readouterr().out
    assert "error.message: expected" in printed
    if arguments:
        assert json.loads(printed)["counts"] == {"differs": 1}


def test_blocks_run_after_the_blocks_above_them():
    assert [path.name for path in ROWS["003/block_2"].chain] == ["block_0.py", "block_1.py", "block_2.py"]
    names = [path.name for path in ROWS["000/block_2_as_meant"].chain]
    assert names == ["block_0_as_meant.py", "block_1_as_meant.py", "block_2_as_meant.py"]
    assert [path.name for path in ROWS["003/names_cuda"].chain] == ["names_cuda.py"]


def test_each_row_has_a_namespace_of_its_own():
    library = load("torchlike")
    ROWS["001/block_0"].run(library)
    assert ROWS["000/block_2"].run(library)["error"]["message"] == "name 'y' is not defined"


@pytest.mark.parametrize(
    ("pytorch", "torchlike"),
    [
        ("import torch\n", "import torchlike as torch\n"),
        ("import torch as t\n", "import torchlike as t\n"),
        ("import torch.nn.functional as F\n", "import torchlike.nn.functional as F\n"),
        ("    from torch import nn, optim\n", "    from torchlike import nn, optim\n"),
        ("from torch.utils.data import DataLoader\n", "from torchlike.utils.data import DataLoader\n"),
        ("import torchvision\nx = 'import torch'\n", "import torchvision\nx = 'import torch'\n"),
    ],
)
def test_imports_go_both_ways(pytorch, torchlike):
    assert to_torchlike(pytorch) == torchlike
    assert to_torch(torchlike) == pytorch


def test_an_import_that_has_no_twin_is_refused():
    with pytest.raises(ValueError, match=r"import torch\.nn"):
        to_torchlike("import torch.nn\n")
