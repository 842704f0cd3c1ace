import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
layers = nn.ModuleList([nn.Linear(2, 2)])
x = torch.randn(3, 2)


def forward(x):
    for layer in layers:
        x = torch.tanh(layer(x))
    return x


print(forward(x))
layers.append(nn.Linear(2, 4))
print(forward(x).shape)
layers[1] = nn.Linear(2, 1, bias=False)
print(forward(x))
del layers[0]
print(layers)
print(forward(x))
