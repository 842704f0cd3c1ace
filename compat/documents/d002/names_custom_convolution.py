import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F


class UnfoldedConv2d(nn.Module):
    """A convolution from its definition: a sum over the window of the input times the kernel."""

    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.kernel_size = kernel_size
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kernel_size, kernel_size))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, x):
        size = self.kernel_size
        rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
        windows = F.unfold(x, size)
        return (self.weight.flatten(1) @ windows).view(x.shape[0], -1, rows, columns)


torch.manual_seed(0)
layer = UnfoldedConv2d(2, 3, 3)
x = torch.randn(2, 2, 6, 5)
y = layer(x)
assert torch.allclose(y, F.conv2d(x, layer.weight), atol=1e-5)
y.square().mean().backward()
print(y[0])
print(layer.weight.grad[0])
