"""`torch.random`: forks of the default generator, as PyTorch 2.13 makes them on a machine without a GPU."""

import pytest

import torchlike as torch
from torchlike.engine import gpus


def repeats(**options) -> bool:
    """Whether the block's first number comes again behind it."""
    with torch.random.fork_rng(**options):
        inside = torch.rand(1)
    return torch.rand(1).item() == inside.item()


@pytest.mark.parametrize("options", [{}, {"devices": []}, {"device_type": "cuda"}, {"device_type": "xpu"}])
def test_a_fork_puts_the_generator_back(options) -> None:
    assert repeats(**options)


@pytest.mark.parametrize("options", [{"enabled": False}, {"device_type": "meta"}])
def test_no_fork(options) -> None:
    assert not repeats(**options)


def test_a_fork_survives_an_error() -> None:
    torch.manual_seed(3)
    with pytest.raises(ValueError), torch.random.fork_rng():
        torch.rand(5)
        raise ValueError
    found = torch.rand(1).item()
    torch.manual_seed(3)
    assert torch.rand(1).item() == found


def test_the_normal_kept_for_later_is_put_back_too() -> None:
    torch.manual_seed(3)
    first = torch.randn(1).item()
    with torch.random.fork_rng():
        inside = torch.randn(3).tolist()
    assert torch.randn(3).tolist() == inside
    torch.manual_seed(3)
    assert torch.randn(1).item() == first


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"device_type": "foo"}, RuntimeError, "at start of device string: foo"),
        ({"device_type": "cpu"}, AttributeError, "module 'torch.cpu' has no attribute 'get_rng_state'"),
        ({"devices": 3}, TypeError, "'int' object is not iterable"),
    ],
)
def test_wrong_forks(options, error, text) -> None:
    with pytest.raises(error, match=text):
        repeats(**options)


def test_a_fork_of_devices_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "all", lambda: ())
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        repeats(devices=[0])


def test_no_worker_threads() -> None:
    assert torch.random.thread_safe_generator() is None
