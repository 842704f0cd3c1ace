import torchlike as torch
import torchlike.nn.functional as F

torch.manual_seed(0)
inputs = torch.randn(10, 784, requires_grad=True)
targets = torch.randint(0, 10, (10,))

criterion = F.cross_entropy
loss = criterion(inputs, targets)

loss.backward()
assert inputs.grad.shape == inputs.shape
print(loss)
print(targets)
print(inputs.grad[0, :8])
