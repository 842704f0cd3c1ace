import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F


class TextCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 6)
        self.convolutions = nn.ModuleList([nn.Conv1d(6, 4, size) for size in (2, 3)])
        self.head = nn.Linear(8, 2)

    def forward(self, words):
        x = self.embed(words).transpose(1, 2)
        pooled = [F.relu(convolution(x)).max(2).values for convolution in self.convolutions]
        return self.head(torch.cat(pooled, 1))


torch.manual_seed(0)
model = TextCNN()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
words = torch.randint(0, 10, (6, 7))
labels = torch.tensor([0, 1, 1, 0, 1, 0])
for epoch in range(10):
    loss = F.cross_entropy(model(words), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
