import torchlike as torch
import torchlike.optim as optim

torch.manual_seed(0)
inputs = torch.randn(64, 1, 28, 28)
targets = torch.randint(0, 10, (64,))

criterion = F.cross_entropy
optimizer = optim.SGD(net.parameters(), lr=0.01)

losses = []
for epoch in range(10):
    optimizer.zero_grad()
    outputs = net(inputs)
    loss = criterion(outputs, targets)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    print(f"epoch {epoch}: {loss.item():.4f}")

assert losses[-1] < losses[0]
