import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F


class MixedPool2d(nn.Module):
    """A learnt mixture of the maximum and the mean of each window."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        self.mixture = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        share = torch.sigmoid(self.mixture)
        return share * F.max_pool2d(x, self.size) + (1 - share) * F.avg_pool2d(x, self.size)


class WindowMax(nn.Module):
    def forward(self, x):
        return x.unfold(2, 2, 2).unfold(3, 2, 2).amax((-2, -1))


torch.manual_seed(0)
x = torch.randn(1, 2, 4, 6, requires_grad=True)
pool = MixedPool2d(2)
y = pool(x)
y.sum().backward()
print(y)
print(pool.mixture.grad)
print(x.grad)
assert torch.equal(WindowMax()(x), F.max_pool2d(x, 2))
