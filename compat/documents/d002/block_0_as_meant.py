import torchlike as torch
import torchlike.nn as nn


class CustomConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, padding):
        super(CustomConv2d, self).__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)

    def forward(self, x):
        return self.conv(x)


torch.manual_seed(0)
conv = CustomConv2d(3, 8, 3, 1, 1)
x = torch.randn(2, 3, 6, 6)
y = conv(x)
assert y.shape == (2, 8, 6, 6)
print(conv)
print(y[0, 0])
