import torchlike as torch
import torchlike.nn as nn


class MyLayer(nn.Module):
    def __init__(self):
        super(MyLayer, self).__init__()
        self.linear = nn.Linear(2, 2)
        self.relu = nn.ReLU()

    def forward(self, x):
        z = self.linear(x)
        h = self.relu(z)
        return h


torch.manual_seed(0)
my_layer = MyLayer()
x = torch.randn(2, 2)
y = my_layer(x)
assert (y >= 0).all()
print(y)
