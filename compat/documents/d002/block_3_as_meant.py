import torchlike as torch
import torchlike.nn as nn


class CustomModule(nn.Module):
    def __init__(self):
        super(CustomModule, self).__init__()
        self.conv = nn.Conv2d(3, 64, 3, 1, 1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2, 2)

    def forward(self, x):
        x = self.conv(x)
        x = self.relu(x)
        x = self.pool(x)
        return x


torch.manual_seed(0)
module = CustomModule()
x = torch.randn(1, 3, 4, 4, requires_grad=True)
y = module(x)
assert y.shape == (1, 64, 2, 2)
y.sum().backward()
print(x.grad[0, 0])
print(sum(parameter.numel() for parameter in module.parameters()))
