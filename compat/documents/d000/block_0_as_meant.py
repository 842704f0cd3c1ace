import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super(Linear, self).__init__()
        self.weight = nn.Parameter(torch.Tensor(out_features, in_features))
        self.bias = nn.Parameter(torch.Tensor(out_features))

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)


torch.manual_seed(0)
layer = Linear(3, 2)
nn.init.uniform_(layer.weight, -1, 1)  # torch.Tensor(2, 3) is memory as it was found
nn.init.uniform_(layer.bias, -1, 1)
x = torch.randn(4, 3)
y = layer(x)
assert torch.allclose(y, x @ layer.weight.T + layer.bias)
assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
print(layer)
print([(name, tuple(parameter.shape)) for name, parameter in layer.named_parameters()])
print(y)
