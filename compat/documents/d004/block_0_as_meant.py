import torchlike as torch


class LinearRegression(torch.nn.Module):
    def __init__(self, input_dim, output_dim):
        super(LinearRegression, self).__init__()
        self.linear = torch.nn.Linear(input_dim, output_dim)

    def forward(self, x):
        return self.linear(x)


torch.manual_seed(0)
model = LinearRegression(1, 1)
y_pred = model(torch.tensor([[1.0], [2.0], [3.0]]))
assert y_pred.shape == (3, 1)
print(model)
print(y_pred)
