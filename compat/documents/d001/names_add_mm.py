import torchlike as torch

torch.manual_seed(0)
x1 = torch.randn(2, 3)
x2 = torch.randn(2, 3)
y = torch.add(x1, x2)
print(y)
print(torch.add(x1, x2, alpha=2))
W = torch.randn(3, 2, requires_grad=True)
b = torch.zeros(2, requires_grad=True)
z = torch.mm(x1, W) + b
h = torch.relu(z)
print(h)
loss = h.mean()
loss.backward()
with torch.no_grad():
    W -= 0.1 * W.grad
print(W)
try:
    torch.mm(x1, x2)
except RuntimeError as error:
    print(error)
