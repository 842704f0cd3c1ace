import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
_compiled = torch.compile(model)


@torch.compile
def _scaled(x, factor):
    return (x * factor).sum()


optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(8, 3)
losses = []
for step in range(5):
    loss = _scaled(_compiled(x).square(), 0.5)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    print(f"step {step}: {loss.item():.4f}")
del loss  # its grad_fn names the compiler
assert torch.allclose(_compiled(x), model(x))
