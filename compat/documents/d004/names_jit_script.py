import torchlike as torch
import torchlike.nn as nn


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        if x.sum() > 0:
            return torch.relu(self.linear(x))
        return -self.linear(x)


@torch.jit.script
def power(x, n: int):
    result = torch.ones_like(x)
    for _ in range(n):
        result = result * x
    return result


torch.manual_seed(0)
_gate = Gate()
_scripted = torch.jit.script(_gate)
for x in [torch.tensor([[1.0, 2.0]]), torch.tensor([[-1.0, -2.0]])]:
    assert torch.equal(_scripted(x), _gate(x))
    print(_scripted(x).detach())
print(power(torch.tensor([1.0, 2.0, 3.0]), 3))
del power
