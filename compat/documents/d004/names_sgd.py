import torchlike as torch

x_train = torch.tensor([[1.0], [2.0], [3.0]])
y_train = torch.tensor([[2.0], [4.0], [6.0]])
criterion = torch.nn.MSELoss()
variants = [
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1, "momentum": 0.5, "dampening": 0.2},
    {"maximize": True},
]
for options in variants:
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, **options)
    for _ in range(20):
        loss = criterion(model(x_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(options, f"{loss.item():.5g} {model.weight.item():.5g}")
print(optimizer)
