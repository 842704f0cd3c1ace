"""Custom operators against PyTorch's frozen outcomes, and what is ours to decide."""

import gc

import numpy as np
import pytest

import torchlike as torch
from tests.library import custom_op_cases
from tests.library.outcomes import compared
from torchlike.operators.declaration import OPERATORS
from torchlike.registries import Claim, NameClash

test_as_in_pytorch = compared(custom_op_cases)


def twice(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy(force=True) * 2)


def test_the_registry_says_where_an_operator_was_defined():
    torch.library.custom_op("ours::located", twice, mutates_args=())
    line = twice.__code__.co_firstlineno
    owner = OPERATORS.winner("ours::located").owner
    assert owner.startswith(f"torch.library ({__file__}:")
    assert int(owner.rstrip(")").rpartition(":")[2]) > line


def test_an_operator_that_a_plugin_has_too_is_a_clash():
    op = torch.library.custom_op("ours::contested", twice, mutates_args=())
    claim = Claim("ours::contested", op, "plugin 'p'")
    OPERATORS.add([claim])
    try:
        with pytest.raises(NameClash, match=r"by torch.library \(.*\) and by plugin 'p'"):
            torch.ops.ours.contested(torch.ones(2))
    finally:
        OPERATORS.remove([claim])
    assert torch.ops.ours.contested(torch.ones(2)).tolist() == [2.0, 2.0]


def test_an_operator_in_a_training_step():
    op = torch.library.custom_op("ours::trained", twice, mutates_args=())
    op.register_autograd(lambda ctx, g: g * 2)
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.125)
    for _ in range(5):
        optimizer.zero_grad()
        (op(w) * torch.arange(3.0)).sum().backward()
        optimizer.step()
    assert w.tolist() == (1 - 5 * 0.125 * 2 * np.arange(3.0)).tolist()


def test_an_operator_outlives_its_object():
    torch.library.custom_op("ours::kept", twice, mutates_args=())
    gc.collect()
    assert torch.ops.ours.kept(torch.ones(1)).item() == 2.0


def test_a_captured_tensor_keeps_its_graph():
    w = torch.ones(2, requires_grad=True)
    inner = w * 3

    def fn(x: torch.Tensor) -> torch.Tensor:
        return inner

    out = torch.library.custom_op("ours::captured", fn, mutates_args=())(torch.ones(2))
    assert not out.requires_grad
    inner.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("name", ["register_torch_dispatch", "register_autocast", "register_effect"])
def test_what_is_missing_says_so(name):
    op = torch.library.custom_op("ours::lacks", twice, mutates_args=())
    with pytest.raises(NotImplementedError, match=f"CustomOpDef.{name}"):
        getattr(op, name)


def test_switching_a_kernel_that_is_not_there_is_logged(caplog):
    op = torch.library.custom_op("ours::logged", twice, mutates_args=())
    with op.set_kernel_enabled("cuda", enabled=False):
        pass
    with op.set_kernel_enabled("cpu", enabled=True):
        pass
    assert [r.getMessage() for r in caplog.records] == [
        "Attempted to disable kernel for cuda but no kernel was registered for this device type.",
        "Attempted to enable kernel for cpu but no kernel was registered for this device type.",
        "Attempted to enable kernel for cpu but it was already enabled.",
    ]
