import torchlike as torch
import torchlike.nn as nn


class TreeNet(nn.Module):
    """A network over a tree: its structure is the sample's."""

    def __init__(self, words, width):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.join = nn.Linear(2 * width, width)
        self.score = nn.Linear(width, 1)

    def node(self, tree):
        if isinstance(tree, int):
            return self.embed(torch.tensor(tree))
        left, right = tree
        return torch.tanh(self.join(torch.cat([self.node(left), self.node(right)])))

    def forward(self, tree):
        return self.score(self.node(tree))


torch.manual_seed(0)
model = TreeNet(5, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
samples = [((0, 1), 1.0), (((2, 3), 1), 0.0), ((0, (1, (2, 4))), 1.0), (3, 0.0)]
for epoch in range(5):
    total = 0.0
    for tree, label in samples:
        loss = nn.functional.binary_cross_entropy_with_logits(model(tree), torch.tensor([label]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total:.4f}")
