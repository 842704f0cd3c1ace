import torchlike as torch
import torchlike.nn.functional as F

inputs = torch.randn(10, 784)
targets = torch.randint(0, 10, (10,))

criterion = F.cross_entropy
loss = criterion(inputs, targets)

loss.backward()
