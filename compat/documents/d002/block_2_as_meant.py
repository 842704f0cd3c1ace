import torchlike as torch
import torchlike.nn as nn


class CustomConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, padding):
        super(CustomConv2d, self).__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)

    def forward(self, x):
        return self.conv(x)


torch.manual_seed(0)
conv = CustomConv2d(2, 4, (3, 2), stride=2, padding=(1, 0))
x = torch.randn(1, 2, 7, 8, requires_grad=True)
y = conv(x)
assert y.shape == (1, 4, 4, 4)
y.square().sum().backward()
print(y)
print(conv.conv.bias.grad)
