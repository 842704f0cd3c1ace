import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
embed = nn.Embedding(9, 8)
transformer = nn.Transformer(8, 2, 1, 1, dim_feedforward=16, dropout=0.0, batch_first=True)
head = nn.Linear(8, 9)
parameters = [*embed.parameters(), *transformer.parameters(), *head.parameters()]
optimizer = torch.optim.SGD(parameters, lr=0.1)
source = torch.randint(0, 9, (3, 5))
target = torch.randint(0, 9, (3, 4))
mask = nn.Transformer.generate_square_subsequent_mask(3)
for epoch in range(5):
    output = transformer(embed(source), embed(target[:, :-1]), tgt_mask=mask)
    loss = nn.functional.cross_entropy(head(output).flatten(0, 1), target[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
del parameters
