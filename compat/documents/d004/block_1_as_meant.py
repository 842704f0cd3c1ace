torch.manual_seed(0)
model = LinearRegression(1, 1)

criterion = torch.nn.MSELoss()

optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

x_train = torch.tensor([[1.0], [2.0], [3.0]])
y_train = torch.tensor([[2.0], [4.0], [6.0]])

losses = []
for epoch in range(100):
    y_pred = model(x_train)

    loss = criterion(y_pred, y_train)

    optimizer.zero_grad()
    loss.backward()

    optimizer.step()
    losses.append(loss.item())
    print(f"epoch {epoch}: {loss.item():.4f}")

assert losses[-1] < losses[0]
print(model.linear.weight, model.linear.bias)
