import torchlike as torch

torch.manual_seed(0)
root = torch.randn(4, 4)
matrix = (root @ root.T).requires_grad_()
vector = torch.ones(4)
steps = 0
while True:
    following = matrix @ vector
    following = following / following.norm()
    steps += 1
    if (following - vector).abs().max() < 1e-4 or steps == 40:
        break
    vector = following if steps % 2 else 0.5 * (vector + following)
assert 1 < steps < 40
print(steps)
following.sum().backward()
print(following)
print(matrix.grad)
