import torchlike as torch


class MyOptimizer(torch.optim.Optimizer):
    def __init__(self, params, lr=0.01):
        super(MyOptimizer, self).__init__(params, {"lr": lr})

    def step(self, closure=None):
        for param in self.param_groups[0]["params"]:
            if closure is not None:
                param.data.add_(-closure(param))


def closure(param):
    return param * 0.1


torch.manual_seed(0)
params = [torch.randn(2, 2)]
optimizer = MyOptimizer(params)

for i in range(100):
    optimizer.step(closure)

print(params[0])
