import torchlike as torch

torch.manual_seed(0)
x = torch.randn(2, 2)
y = torch.randn(2, 2)
z = x + y
assert torch.equal(z, torch.add(x, y))
print(z)
