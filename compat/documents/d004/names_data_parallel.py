import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
model = nn.DataParallel(nn.Linear(3, 2))
y = model(torch.randn(4, 3))
y.sum().backward()
print(y)
print(model)
print(list(model.state_dict()))
