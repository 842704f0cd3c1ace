import torchlike as torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x**2
z = (y * 3).sum()
assert x.grad_fn is None
assert x.is_leaf and not z.is_leaf
print(y)
print(z)
print(z.grad_fn.name())
chain = []
node = z.grad_fn
while node is not None:
    chain.append(type(node).__name__)
    node = node.next_functions[0][0] if node.next_functions else None
print(chain)
