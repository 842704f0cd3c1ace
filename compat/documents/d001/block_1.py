import torchlike as torch
import torchlike.nn as nn

class MyLayer(nn.Module):
    def __init__(self):
        super(MyLayer, self).__init__()
        self.linear = nn.Linear(2, 2)
        self.relu = nn.ReLU()

    def forward(self, x):
        z = self.linear(x)
        h = self.relu(z)
        return h

# 创建自定义层的实例
my_layer = MyLayer()

# 使用自定义层进行前向计算
x = torch.randn(2, 2)
y = my_layer(x)

# 打印结果
print(y)
