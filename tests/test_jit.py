import pytest

import torchlike as torch
from torchlike import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def forward(self, x):
        return self.body(x)


def same(a, b):
    return a.tolist() == b.tolist()


def test_a_scripted_module_is_the_module():
    torch.manual_seed(0)
    net = Net()
    scripted = torch.jit.script(net)
    x = torch.randn(3, 2)
    assert same(scripted(x), net(x))
    assert isinstance(scripted, nn.Module) and not isinstance(scripted, Net)
    assert list(scripted.state_dict()) == ["body.0.weight", "body.0.bias"]
    assert scripted.original_name == "Net"
    with torch.no_grad():
        net.body[0].weight.zero_()
    assert same(scripted(x), net(x))
    scripted.eval()
    assert not net.training and not scripted.training


def test_the_text_of_scripted_and_traced_modules():
    assert repr(torch.jit.script(Net())) == (
        "RecursiveScriptModule(\n"
        "  original_name=Net\n"
        "  (body): RecursiveScriptModule(\n"
        "    original_name=Sequential\n"
        "    (0): RecursiveScriptModule(original_name=Linear)\n"
        "    (1): RecursiveScriptModule(original_name=ReLU)\n"
        "  )\n"
        ")"
    )
    assert repr(torch.jit.trace(Net(), torch.randn(1, 2))).splitlines()[:3] == [
        "Net(",
        "  original_name=Net",
        "  (body): Sequential(",
    ]


def test_functions():
    @torch.jit.script
    def double(x):
        return x * 2

    assert double.name == "double"
    assert double(torch.tensor([1.0])).tolist() == [2.0]
    traced = torch.jit.trace(lambda x, y: x + y, (torch.zeros(1), torch.zeros(1)))
    assert traced(torch.ones(1), torch.ones(1)).tolist() == [2.0]


def test_what_needs_the_intermediate_representation_raises():
    scripted = torch.jit.script(Net())
    with pytest.raises(NotImplementedError, match="torch.jit.ScriptModule.graph"):
        _ = scripted.graph
    with pytest.raises(NotImplementedError, match="torch.jit.save"):
        torch.jit.save(scripted, "net.pt")


def test_what_is_no_callable_is_refused():
    with pytest.raises(TypeError, match="<class 'int'> is a built-in class"):
        torch.jit.script(3)
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        torch.jit.trace(Net(), 3)
