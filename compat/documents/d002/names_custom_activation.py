import torchlike as torch
import torchlike.nn as nn


class Swish(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)


class MaxWithZero(nn.Module):
    def forward(self, x):
        return torch.max(torch.zeros_like(x), x)


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), Swish(), nn.Linear(4, 2), MaxWithZero())
x = torch.randn(5, 3)
y = model(x)
y.sum().backward()
print(y)
print(model[1].beta.grad)
x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
torch.relu(x).sum().backward()
print(x.grad)
