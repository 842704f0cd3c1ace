import torchlike as torch

# 创建两个 Tensor
x = torch.randn(2, 2)
y = torch.randn(2, 2)

# 实现加法计算
z = x + y

# 打印结果
print(z)
