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
x = torch.randn(2, 3, 8, 10)
y = module(x)
assert y.shape == (2, 64, 4, 5)
assert (y >= 0).all()
print(module)
print(y[0, 0])
