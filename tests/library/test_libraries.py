"""`Library` and the functions by name, against PyTorch's frozen outcomes; and what is ours to decide."""

import gc
import warnings

import pytest

import torchlike as torch
from tests.library import library_cases
from tests.library.outcomes import compared
from torchlike.engine import Value, aval
from torchlike.library import definitions
from torchlike.registries import registries
from torchlike.tensors.tensor import wrap

test_as_in_pytorch = compared(library_cases)

x = torch.ones(2)


@pytest.fixture
def library():
    made = torch.library.Library("of_tests", "DEF")
    yield made
    made._destroy()


def test_a_library_that_nobody_holds_takes_its_operators_along():
    made = torch.library.Library("dropped", "DEF")
    made.define("f(Tensor x) -> Tensor")
    assert registries["operator"].winner("dropped::f") is not None
    del made
    gc.collect()
    assert registries["operator"].winner("dropped::f") is None
    torch.library.Library("dropped", "DEF")._destroy()


def test_an_operator_that_was_taken_away_says_so(library):
    library.define("f(Tensor x) -> Tensor")
    op = torch.ops.of_tests.f
    library._destroy()
    with pytest.raises(RuntimeError, match="of_tests::f was taken away"):
        op(x)


def test_the_second_kernel_of_a_key_is_warned_about_once(library, monkeypatch):
    monkeypatch.setattr(definitions, "_has_warned", False)
    library.define("f(Tensor x) -> Tensor")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for by in range(3):
            library.impl("f", lambda x, by=by: x + by, "CPU")
    assert len(caught) == 1
    text = str(caught[0].message)
    assert "operator: of_tests::f(Tensor x) -> Tensor" in text
    assert "dispatch key: CPU" in text
    assert text.count(__file__) == 3
    assert torch.ops.of_tests.f(x).tolist() == [3.0, 3.0]


def test_the_latest_kernel_goes_and_the_one_before_it_is_back(library):
    library.define("f(Tensor x) -> Tensor")
    library.impl("f", lambda x: x + 1, "CPU")
    other = torch.library.Library("of_tests", "IMPL", "CPU")
    other.impl("f", lambda x: x + 2)
    assert torch.ops.of_tests.f(x).tolist() == [3.0, 3.0]
    other._destroy()
    assert torch.ops.of_tests.f(x).tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    "key", ["AutocastCPU", "FuncTorchBatched", "Functionalize", "BackendSelect", "SparseCPU"]
)
def test_keys_that_nothing_here_uses(library, key):
    library.define("f(Tensor x) -> Tensor")
    with pytest.raises(NotImplementedError, match=key):
        library.impl("f", lambda x: x, key)


def test_the_kernel_is_that_of_the_tensors_device(library):
    # As much of a tensor on an accelerator as it takes to choose a kernel.
    on_cuda = wrap(Value(aval((2,), torch.float32, torch.device("cuda", 0))))
    library.define("which(Tensor x, Tensor? y=None) -> str")
    op = torch.ops.of_tests.which
    library.impl("which", lambda x, y=None: "cpu", "CPU")
    with pytest.raises(NotImplementedError, match=r"from the 'CUDA' backend.*these backends: \[CPU\]"):
        op(on_cuda)
    torch.library.impl("of_tests::which", "cuda", lambda x, y=None: "cuda")
    assert [op(x), op(on_cuda), op(x, on_cuda), op(on_cuda, x), op(x, x)] == [
        "cpu",
        "cuda",
        "cuda",
        "cuda",
        "cpu",
    ]
    library.impl("which", lambda x, y=None: "cuda's graph", "AutogradCUDA")
    assert [op(x), op(on_cuda)] == ["cpu", "cuda's graph"]
    library.define("any(Tensor x) -> str")
    library.impl("any", lambda x: "any", "CompositeExplicitAutograd")
    assert torch.ops.of_tests.any(on_cuda) == "any"


def test_what_is_missing_says_so(library):
    library.define("f(Tensor x) -> Tensor")
    with pytest.raises(NotImplementedError, match="with_keyset"):
        library.impl("f", lambda keys, x: x, "CPU", with_keyset=True)
    with pytest.raises(NotImplementedError, match="fallthrough_kernel under CPU"):
        library.impl("f", torch.library.fallthrough_kernel, "CPU")
    with pytest.raises(NotImplementedError, match="Library.fallback"):
        torch.library.Library("_", "IMPL").fallback(lambda *a: None, "CPU")
    with pytest.raises(NotImplementedError, match="type Dict in a schema"):
        library.define("g(Dict(str, Tensor) x) -> Tensor")
    with pytest.raises(NotImplementedError, match="torch.ops.load_library"):
        torch.ops.load_library("a.so")
    with pytest.raises(NotImplementedError, match="Library.register_symm_mem_args"):
        library.register_symm_mem_args("f", ["x"])
    for name in ("register_autocast", "register_torch_dispatch", "triton_op", "wrap_triton", "get_kernel"):
        with pytest.raises(NotImplementedError, match=f"torch.library.{name}"):
            getattr(torch.library, name)
    with pytest.raises(AttributeError, match="module 'torch.library' has no attribute 'nosuch'"):
        _ = torch.library.nosuch


@pytest.mark.parametrize("name", ["aten::sin", "aten::reshape"])
def test_built_in_operators_are_not_for_registering(name):
    namespace, own = name.split("::")
    with pytest.raises(NotImplementedError, match=name):
        torch.library.impl(name, "cpu", lambda x: x)
    with pytest.raises(NotImplementedError, match=name):
        torch.library.register_fake(name, lambda x: x)
    with pytest.raises(NotImplementedError, match=name):
        torch.library.register_autograd(name, lambda ctx, g: g)
    with pytest.raises(RuntimeError, match=f"{name}.*multiple times.*torchlike.builtin.operators"):
        torch.library.Library(namespace, "FRAGMENT").define(f"{own}(Tensor self) -> Tensor")


def test_a_new_operator_among_the_built_in_ones():
    made = torch.library.Library("aten", "FRAGMENT")
    made.define("of_tests(Tensor x) -> Tensor")
    made.impl("of_tests", lambda x: x * 5)
    assert torch.ops.aten.of_tests(x).tolist() == [5.0, 5.0]
    made._destroy()
    assert not hasattr(torch.ops.aten, "of_tests")


def test_a_name_is_free_again_once_the_registry_was_emptied(library):
    with registries["operator"].empty():
        library.define("f(Tensor x) -> Tensor")
    library.define("f(Tensor x, int n) -> Tensor")
    assert str(torch.ops.of_tests.f.default._schema) == "of_tests::f(Tensor x, int n) -> Tensor"


def test_a_batching_rule_is_kept_for_vmap_to_find(library):
    library.define("f(Tensor x) -> Tensor")

    @torch.library.register_vmap("of_tests::f")
    def rule(info, in_dims, x):
        return x, in_dims[0]

    assert definitions.registered("of_tests::f").vmaps[-1].function(None, (0,), x)[1] == 0
    with pytest.raises(NotImplementedError, match="torch.vmap"):
        _ = torch.vmap
