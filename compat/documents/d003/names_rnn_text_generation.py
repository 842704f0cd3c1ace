import torchlike as torch
import torchlike.nn as nn


class CharacterModel(nn.Module):
    def __init__(self, words, width):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.rnn = nn.RNN(width, width, batch_first=True)
        self.head = nn.Linear(width, words)

    def forward(self, x, hidden=None):
        output, hidden = self.rnn(self.embed(x), hidden)
        return self.head(output), hidden


torch.manual_seed(0)
text = torch.tensor([[0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3]])
model = CharacterModel(5, 8)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(20):
    logits, _ = model(text[:, :-1])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
hidden, symbol, generated = None, text[:, :1], []
for _ in range(8):
    logits, hidden = model(symbol, hidden)
    symbol = logits[:, -1].argmax(-1, keepdim=True)
    generated.append(symbol.item())
print(generated)
