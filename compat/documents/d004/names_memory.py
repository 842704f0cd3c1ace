import torchlike as torch
import torchlike.nn as nn
from torchlike.utils.checkpoint import checkpoint

torch.manual_seed(0)
block = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 4))
x = torch.randn(3, 4, requires_grad=True)
y = checkpoint(block, x, use_reentrant=False)
y.square().sum().backward()
print(y)
print(x.grad)
optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
optimizer.zero_grad(set_to_none=True)
for part in torch.randn(4, 2, 4).unbind():
    (block(part).square().mean() / 4).backward()
optimizer.step()
print(block[0].bias)
