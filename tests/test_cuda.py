import pytest

import torchlike as torch

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="what PyTorch says where there is no GPU")


def test_without_a_gpu():
    assert torch.cuda.device_count() == 0
    assert not torch.cuda.is_initialized()
    assert (
        torch.cuda.memory_allocated()
        == torch.cuda.max_memory_allocated()
        == torch.cuda.memory_reserved()
        == 0
    )
    torch.cuda.manual_seed_all(0)
    torch.cuda.empty_cache()


@pytest.mark.parametrize(
    "call",
    [
        torch.cuda.init,
        torch.cuda.current_device,
        torch.cuda.get_device_name,
        torch.cuda.synchronize,
        lambda: torch.zeros(1).cuda(),
        lambda: torch.zeros(1).to("cuda:0"),
        lambda: torch.zeros(1, device="cuda"),
        lambda: torch.nn.Linear(1, 1).cuda(),
    ],
)
def test_what_needs_one_raises_as_in_pytorch(call):
    with pytest.raises(AssertionError) as raised:
        call()
    assert str(raised.value) == "Torch not compiled with CUDA enabled"
    assert "JAX sees no GPU" in raised.value.__notes__[0]


def test_backends_flags_keep_what_is_written():
    import torchlike.backends.cudnn as cudnn

    assert cudnn is torch.backends.cudnn
    assert not cudnn.is_available() and cudnn.version() is None
    before = cudnn.benchmark
    cudnn.benchmark = True
    assert cudnn.benchmark is True
    cudnn.benchmark = before
    with pytest.raises(AttributeError, match="has no attribute 'nosuchflag'"):
        cudnn.nosuchflag = True
    assert torch.backends.cuda.matmul.allow_tf32 is False
    assert not torch.backends.mps.is_available()
