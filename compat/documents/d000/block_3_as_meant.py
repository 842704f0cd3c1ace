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
layer = Linear(5, 1)
nn.init.normal_(layer.weight)
nn.init.zeros_(layer.bias)
x = torch.randn(2, 7, 5)
layer(x).sum().backward()
assert torch.allclose(layer.weight.grad, x.sum((0, 1)).reshape(1, 5))
print(layer.weight.grad)
print(layer.bias.grad)
