import torchlike as torch
import torchlike.nn as nn


class Summary(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(12, 6)
        self.read = nn.GRU(6, 7, batch_first=True)
        self.write = nn.GRUCell(6, 7)
        self.head = nn.Linear(7, 12)

    def forward(self, words, summary):
        _, hidden = self.read(self.embed(words))
        state, scores = hidden[0], []
        for word in summary.T:
            state = self.write(self.embed(word), state)
            scores.append(self.head(state))
        return torch.stack(scores, 1)


torch.manual_seed(0)
model = Summary()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
words = torch.randint(0, 12, (4, 9))
summary = torch.randint(0, 12, (4, 4))
for epoch in range(6):
    scores = model(words, summary[:, :-1])
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), summary[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
