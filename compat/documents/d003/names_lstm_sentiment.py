import torchlike as torch
import torchlike.nn as nn


class Sentiment(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 6, padding_idx=0)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(10, 2)

    def forward(self, words):
        output, (hidden, cell) = self.lstm(self.embed(words))
        return self.head(torch.cat([hidden[-2], hidden[-1]], 1))


torch.manual_seed(0)
model = Sentiment()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
words = torch.randint(1, 10, (6, 7))
words[2, 4:] = 0
labels = torch.tensor([0, 1, 0, 1, 1, 0])
for epoch in range(10):
    loss = nn.functional.cross_entropy(model(words), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
print(model)
