import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
x = torch.randn(2, 3)
_traced = torch.jit.trace(model, x)
y = _traced(x)
assert torch.equal(y, model(x))
loss = y.square().sum()
loss.backward()
print(y)
print(model[0].bias.grad)
