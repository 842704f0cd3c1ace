import pytest

import torchlike as torch
from torchlike import names


@pytest.mark.parametrize("name", ["fft", "distributed", "hub"])
def test_what_pytorch_has_and_we_lack_says_so(name):
    with pytest.raises(NotImplementedError, match=f"torchlike does not implement torch.{name} yet"):
        getattr(torch, name)


def test_what_pytorch_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'torch' has no attribute 'nosuchname'"):
        _ = torch.nosuchname
    assert not hasattr(torch, "nosuchname")


def test_submodules_come_on_demand():
    for name in (
        "nn",
        "optim",
        "autograd",
        "linalg",
        "special",
        "cuda",
        "accelerator",
        "backends",
        "jit",
        "version",
        "random",
    ):
        assert getattr(torch, name).__name__ == f"torchlike.{name}"


def test_the_list_of_names_knows_tensors_methods():
    assert names.in_pytorch("torch.Tensor", "cholesky")
    assert not names.in_pytorch("torch.Tensor", "nosuchmethod")


def test_who_probes_is_told_that_it_is_not_there():
    assert not hasattr(torch, "fft")
    assert not hasattr(torch.nn, "LazyLinear")
    assert getattr(torch.optim, "SparseAdam", None) is None


def test_a_tensors_missing_methods():
    x = torch.ones(2)
    with pytest.raises(NotImplementedError, match="torchlike does not implement torch.Tensor.cholesky yet"):
        x.cholesky()
    with pytest.raises(AttributeError, match="^'Tensor' object has no attribute 'nosuchmethod'$"):
        x.nosuchmethod()


@pytest.mark.parametrize("name", ["tensorboard", "benchmark", "model_zoo"])
def test_what_pytorch_imports_on_demand_is_its_own_too(name):
    with pytest.raises(NotImplementedError, match=f"torchlike does not implement torch.utils.{name} yet"):
        getattr(torch.utils, name)
