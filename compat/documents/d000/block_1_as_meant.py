import torchlike as torch

x = torch.tensor([1.0], requires_grad=True)
y = x**2
assert type(y.grad_fn).__name__ == "PowBackward0"
print(y)
