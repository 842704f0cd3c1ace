"""`torch.accelerator` where there is none, as in PyTorch 2.13.0 without one."""

import pytest

import torchlike as torch

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="what PyTorch says where there is no GPU")


def test_without_an_accelerator():
    assert not torch.accelerator.is_available()
    assert torch.accelerator.device_count() == 0
    assert torch.accelerator.current_accelerator() is None
    assert torch.accelerator.current_accelerator(check_available=True) is None


@pytest.mark.parametrize(
    "name",
    [
        "current_device_index",
        "synchronize",
        "empty_cache",
        "memory_allocated",
        "max_memory_allocated",
        "memory_reserved",
    ],
)
def test_what_needs_one_raises_as_in_pytorch(name):
    with pytest.raises(RuntimeError) as raised:
        getattr(torch.accelerator, name)()
    assert str(raised.value) == "Cannot access accelerator device when none is available."


def test_what_is_missing_says_so():
    with pytest.raises(NotImplementedError, match=r"torch\.accelerator\.set_device_index"):
        torch.accelerator.set_device_index(0)
    with pytest.raises(AttributeError, match="module 'torch.accelerator' has no attribute 'gpu'"):
        _ = torch.accelerator.gpu
