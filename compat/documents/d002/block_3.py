import torchlike as torch
import torchlike.nn as nn

class CustomModule(nn.Module):
    def __init__(self):
        super(CustomModule, self).__init__()
        self.conv = nn.Conv2d(3, 64, 3, 1, 1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2, 2)

    def forward(self, x):
        x = self.conv(x)
        x = self.relu(x)
        x = self.pool(x)
        return x
