import torchlike as torch
from torchlike.optim import Optimizer


class SignMomentum(Optimizer):
    def __init__(self, params, lr=0.01, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is None:
                    continue
                state = self.state[param]
                if not state:
                    state["average"] = torch.zeros_like(param)
                state["average"].mul_(group["momentum"]).add_(param.grad, alpha=1 - group["momentum"])
                param.add_(state["average"].sign(), alpha=-group["lr"])
        return loss


torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = SignMomentum([{"params": [model.weight]}, {"params": [model.bias], "lr": 0.1}])
x = torch.randn(8, 3)
target = x.sum(1, keepdim=True)


def closure():
    optimizer.zero_grad()
    loss = (model(x) - target).square().mean()
    loss.backward()
    return loss


for _ in range(20):
    loss = optimizer.step(closure)
print(f"{loss.item():.4f}")
print(model.weight)
print(optimizer)
restored = SignMomentum([{"params": [model.weight]}, {"params": [model.bias], "lr": 0.1}])
restored.load_state_dict(optimizer.state_dict())
print(sorted(restored.state_dict()["state"]))
