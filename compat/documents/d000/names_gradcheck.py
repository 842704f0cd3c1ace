import torchlike as torch
import torchlike.nn as nn
import torchlike.nn.functional as F


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features, dtype=torch.float64))
        self.bias = nn.Parameter(torch.randn(out_features, dtype=torch.float64))

    def forward(self, input):
        return F.linear(input, self.weight, self.bias)


class WrongCube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 2 * x**2


torch.manual_seed(0)
layer = Linear(3, 2)
x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
print(torch.autograd.gradcheck(layer, (x,)))
print(torch.autograd.gradgradcheck(layer, (x,)))
print(torch.autograd.gradcheck(WrongCube.apply, (x,), raise_exception=False))
try:
    torch.autograd.gradcheck(WrongCube.apply, (x,))
except RuntimeError as error:
    print(type(error).__name__, str(error).splitlines()[0])
