"""Linear regression: learn y = 2x from three points. The main example."""

import torchlike as torch


class LinearRegression(torch.nn.Module):
    def __init__(self, input_dim, output_dim):
        super().__init__()
        self.linear = torch.nn.Linear(input_dim, output_dim)

    def forward(self, x):
        return self.linear(x)


torch.manual_seed(0)
model = LinearRegression(1, 1)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

x_train = torch.tensor([[1.0], [2.0], [3.0]])
y_train = torch.tensor([[2.0], [4.0], [6.0]])

for epoch in range(100):
    y_pred = model(x_train)
    loss = criterion(y_pred, y_train)

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    if epoch % 10 == 9:
        print(f"epoch {epoch + 1:3}: loss {loss.item():.4f}")

print(f"y = {model.linear.weight.item():.4f} x + {model.linear.bias.item():.4f}")
