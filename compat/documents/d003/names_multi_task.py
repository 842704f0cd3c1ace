import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F


class MultiTask(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(8, width) for width in tasks])

    def forward(self, x):
        features = self.trunk(x)
        return [head(features) for head in self.heads]


torch.manual_seed(1)
model = MultiTask([3, 1])
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
x = torch.randn(20, 6)
classes = torch.randint(0, 3, (20,))
values = x.sum(1, keepdim=True)
for _ in range(30):
    logits, predicted = model(x)
    losses = [F.cross_entropy(logits, classes), F.mse_loss(predicted, values)]
    optimizer.zero_grad()
    sum(losses).backward()
    optimizer.step()
    print(" ".join(f"{loss.item():.4f}" for loss in losses))
print(model)
del losses
