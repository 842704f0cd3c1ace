import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F

torch.manual_seed(0)
cells, classes = 4, 3
model = nn.Sequential(
    nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
    nn.BatchNorm2d(8),
    nn.LeakyReLU(0.1),
    nn.Conv2d(8, 16, 3, stride=2, padding=1),
    nn.SiLU(),
    nn.Upsample(scale_factor=2, mode="nearest"),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 5 + classes, 1),
)
images = torch.randn(2, 3, 16, 16)
boxes = torch.tensor([[0, 1, 2, 0.3, 0.6, 0.5, 0.4, 1], [1, 3, 0, 0.8, 0.2, 0.2, 0.9, 2]])
which = boxes[:, :3].long()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(6):
    grid = model(images).permute(0, 2, 3, 1)
    found = grid[which[:, 0], which[:, 1], which[:, 2]]
    there = torch.zeros(2, cells, cells)
    there[which[:, 0], which[:, 1], which[:, 2]] = 1.0
    place = F.mse_loss(torch.sigmoid(found[:, :2]), boxes[:, 3:5])
    size = F.smooth_l1_loss(torch.exp(found[:, 2:4]), boxes[:, 5:7])
    objectness = F.binary_cross_entropy_with_logits(grid[..., 4], there)
    kind = F.cross_entropy(found[:, 5:], boxes[:, 7].long())
    loss = 5 * (place + size) + objectness + kind
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step}: {loss.item():.4f}")
with torch.no_grad():
    scores = torch.sigmoid(model(images)[:, 4]).flatten()
best = scores.topk(3)
print(best.values, best.indices)
