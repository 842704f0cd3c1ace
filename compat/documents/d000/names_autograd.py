import torchlike as torch

x = torch.tensor([0.5, -1.5, 2.0], requires_grad=True)
y = (torch.sin(x) * x).sum()
(first,) = torch.autograd.grad(y, x, create_graph=True)
print(first)
(second,) = torch.autograd.grad(first.sum(), x, retain_graph=True)
print(second)
torch.autograd.backward(y)
assert torch.equal(x.grad, first)
try:
    y.backward()
except RuntimeError as error:
    print(error)
