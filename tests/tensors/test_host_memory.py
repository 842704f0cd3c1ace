"""Memory shared with NumPy, against PyTorch's frozen outcomes; and that sharing ends and costs what it must."""

import gc
import json
from pathlib import Path

import numpy as np
import pytest

import torchlike as torch
from tests.autograd.outcomes import outcomes
from tests.tensors import numpy_cases
from torchlike import errors
from torchlike.tensors import host_memory
from torchlike.tensors.host_memory import HostStorage
from torchlike.tensors.storage import Storage

EXPECTED = json.loads((Path(__file__).parent / "frozen" / "numpy_cases.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours() -> dict[str, list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        # What is warned about once has perhaps been so by another test.
        patch.setattr(errors, "_given", set())
        return outcomes(numpy_cases, torch)


@pytest.mark.parametrize("name", EXPECTED)
def test_as_in_pytorch(name, ours):
    assert "\n".join(ours[name]) == "\n".join(EXPECTED[name])


def test_every_case_has_an_outcome(ours):
    assert ours.keys() == EXPECTED.keys()


def kind(t: torch.Tensor) -> type:
    t._storage.writes  # noqa: B018 - whether memory is still shared shows when the storage is asked
    return type(t._storage)


def test_a_tensor_is_ordinary_until_it_is_shared():
    t = torch.ones(3)
    t.tolist(), t.item if t.ndim == 0 else t.sum().item()
    assert kind(t) is Storage
    n = t.numpy()
    assert kind(t) is HostStorage
    assert n.flags.writeable


def test_it_is_ordinary_again_when_nobody_else_has_the_memory():
    t = torch.zeros(2, 3)
    view = t[1]
    row = t.numpy()[1]
    row[:] = 4
    kept = row[1:]
    del row
    assert kind(t) is HostStorage
    del kept
    assert kind(t) is Storage
    assert view.tolist() == [4, 4, 4]
    assert t.tolist() == [[0, 0, 0], [4, 4, 4]]
    t.add_(1)
    assert view.tolist() == [5, 5, 5]


def test_what_nobody_wrote_to_is_held_as_before():
    t = torch.ones(3) + 1
    value = t._storage.value
    t.numpy()
    assert t._storage.value is value
    t.numpy()[0] = 5
    assert t._storage.value is not value
    assert t.tolist() == [5, 2, 2]


def test_an_array_that_is_given_away_is_not_copied():
    n = np.arange(4.0)
    address = n.__array_interface__["data"][0]
    t = torch.from_numpy(n)
    del n
    assert kind(t) is Storage
    assert t._storage.value.array.__array_interface__["data"][0] == address
    assert t.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("hold", [memoryview, lambda n: n.T, lambda n: n.ctypes, iter, lambda n: n[:0]])
def test_whatever_reaches_the_memory_keeps_it_shared(hold):
    n = np.zeros(3)
    held = hold(n)
    t = torch.from_numpy(n)
    del n
    assert kind(t) is HostStorage
    del held
    gc.collect()
    assert kind(t) is Storage


def test_a_weak_reference_keeps_it_shared():
    from weakref import ref

    n = np.zeros(3)
    again = ref(n)
    t = torch.from_numpy(n)
    del n
    assert kind(t) is HostStorage
    again()[0] = 3
    assert t.tolist() == [3, 0, 0]


def test_tensors_that_share_an_array_go_on_sharing():
    n = np.zeros(3)
    a, b = torch.from_numpy(n), torch.from_numpy(n)
    del n
    a.add_(1)
    assert b.tolist() == [1, 1, 1]
    del a
    assert kind(b) is Storage


def test_memory_of_another_library_stays_shared():
    held = bytearray(4)
    t = torch.frombuffer(held, dtype=torch.uint8)
    held[1] = 5
    assert t.tolist() == [0, 5, 0, 0]
    t[0] = 1
    assert held == bytes([1, 5, 0, 0])
    assert kind(t) is HostStorage


def whole_was_read(t: torch.Tensor) -> bool:
    return host_memory._last.__get__(t._storage) is not None


def test_a_batch_copies_no_more_than_the_batch():
    n = np.arange(20.0).reshape(10, 2)
    t = torch.from_numpy(n)
    assert (t[2:4] + 1).tolist() == [[5, 6], [7, 8]]
    assert t[torch.tensor([-1, 0])].tolist() == [[18, 19], [0, 1]]
    assert (t.t()[1][3] * 1).item() == 7
    assert len(t) == t.shape[0] == 10 and t.dtype is torch.float64
    assert not whole_was_read(t)
    assert (t + 1).sum().item() == 210
    assert whole_was_read(t)


@pytest.mark.parametrize("size", [2, 100_000])
def test_what_did_not_change_is_read_once(size):
    n = np.full(size, np.nan)
    t = torch.from_numpy(n)
    first, second = t._storage.value, t._storage.value
    assert first.get() is second.get() is t._storage.value.get()
    n[0] = 2
    third = t._storage.value
    n[0] = 3
    assert third.get() is not first.get()
    # Until an operator is recorded, what is there then counts.
    assert t._storage.value.get()[0] == third.get()[0] == 3


def test_an_operator_recorded_before_a_write_reads_what_was_there():
    n = np.ones(3)
    t = torch.from_numpy(n)
    y = (t * 2 + t[:1]).sum()
    n[:] = 100
    assert y.item() == 9


def test_memory_that_is_not_writable_keeps_what_it_holds():
    n = np.broadcast_to(np.float32(1), (2, 2))
    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.warns(UserWarning, match="NumPy array is not writable"),
    ):
        patch.setattr(errors, "_given", set())
        t = torch.from_numpy(n)
    assert t.stride() == (0, 0)
    t.t().fill_(2)
    assert (t.tolist(), n.tolist()) == ([[2, 2], [2, 2]], [[1, 1], [1, 1]])


def test_an_error_found_while_computing_leaves_the_memory_as_it_was():
    n = np.zeros(2)
    t = torch.from_numpy(n)
    index = torch.arange(2) * 3
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        t.copy_(torch.zeros(2, dtype=torch.float64)[index])
    assert n.tolist() == [0, 0]


@pytest.mark.parametrize("inplace", [False, True])
def test_a_gradient_from_a_result_that_numpy_wrote_to_is_refused(inplace):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    n = np.zeros(2, np.float32)
    y = torch.from_numpy(n).add_(w).exp_() if inplace else (w + 0).exp()
    n = n if inplace else y.detach().numpy()
    n[0] = 5
    with pytest.raises(NotImplementedError, match="the gradient of exp"):
        y.sum().backward()
