import torchlike as torch
import torchlike.optim as optim

inputs = torch.randn(64, 1, 32, 32)
targets = torch.randint(0, 10, (64,))

criterion = F.cross_entropy
optimizer = optim.SGD(net.parameters(), lr=0.01)

for epoch in range(10):
    optimizer.zero_grad()
    outputs = net(inputs)
    loss = criterion(outputs, targets)
    loss.backward()
    optimizer.step()
