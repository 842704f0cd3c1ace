import pytest

import torchlike as torch
from torchlike import nn


def test_a_compiled_module_is_the_module():
    torch.manual_seed(0)
    net = nn.Linear(2, 2)
    compiled = torch.compile(net)
    x = torch.randn(3, 2)
    assert compiled(x).tolist() == net(x).tolist()
    assert compiled._orig_mod is net
    assert list(compiled.state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"]
    assert repr(compiled) == (
        "OptimizedModule(\n  (_orig_mod): Linear(in_features=2, out_features=2, bias=True)\n)"
    )
    assert compiled.in_features == 2


def test_a_compiled_function_is_the_function():
    @torch.compile(fullgraph=True)
    def triple(x):
        return x * 3

    assert triple.__name__ == "triple"
    assert triple(torch.ones(1)).tolist() == [3.0]


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"mode": "foo"}, RuntimeError, "Unrecognized mode=foo, should be one of: default, lite"),
        ({"mode": "default", "options": {"a": 1}}, RuntimeError, "Either mode or options can be specified"),
        ({"backend": "foo"}, RuntimeError, "Invalid backend: 'foo'"),
        ({"options": {"a": 1}}, NotImplementedError, r"none of \['a'\]"),
        ({"backend": lambda graph, inputs: graph}, NotImplementedError, "a backend of your own"),
    ],
)
def test_arguments_that_are_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        torch.compile(nn.Linear(1, 1), **arguments)


def test_only_callables_compile():
    with pytest.raises(
        AssertionError, match="A callable function is expected, but <class 'int'> is provided."
    ):
        torch.compile(3)
