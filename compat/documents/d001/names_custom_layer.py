import torchlike as torch
import torchlike.nn as nn


class Affine(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.features = features
        self.scale = nn.Parameter(torch.ones(features))
        self.shift = nn.Parameter(torch.zeros(features))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        self.calls += 1
        return x * self.scale + self.shift

    def extra_repr(self):
        return f"features={self.features}"


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), Affine(4), nn.ReLU())
model(torch.randn(2, 3))
output = model(torch.randn(2, 3))
print(model)
print(list(model.state_dict()))
print(model[1].calls)
other = nn.Sequential(nn.Linear(3, 4), Affine(4), nn.ReLU())
print(other.load_state_dict(model.state_dict()))
x = torch.randn(5, 3)
assert torch.equal(other(x), model(x))
try:
    other.load_state_dict({"0.weight": torch.zeros(4, 3)})
except RuntimeError as error:
    print(error)
